import assert from 'node:assert/strict';
import { trimmed } from '../../src/worker/packedBytes.ts';

describe('arrays that came in a message', () => {
  const message = Uint8Array.from({ length: 4096 }, (_, index) => index);

  it('are copied where they are a small part of it, also as a Node Buffer', () => {
    for (const view of [message.subarray(8, 24), Buffer.from(message.buffer, 8, 16)]) {
      const own = trimmed(view);
      assert.deepEqual([...own], [...view]);
      assert.equal(own.buffer.byteLength, 16);
    }
    const numbers = new Float64Array(message.buffer, 8, 2);
    const own = trimmed(numbers);
    assert.deepEqual(own, numbers);
    assert.equal(own.buffer.byteLength, 16);
  });

  it('are taken as they are where they are most of it', () => {
    const view = message.subarray(100);
    assert.equal(trimmed(view), view);
  });
});
