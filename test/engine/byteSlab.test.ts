import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { copyAdjacent, copyBytes } from '../../src/engine/byteSlab.ts';

describe('bytes that reads return', () => {
  const source = Uint8Array.from({ length: 10_000 }, (_, i) => i);

  it('stay what they are when another read is transferred', () => {
    const { port1, port2 } = new MessageChannel();
    try {
      const first = copyBytes(source, 0, 100);
      const second = copyBytes(source, 100, 200);
      assert.throws(() => port1.postMessage(first, [first.buffer as ArrayBuffer]), { name: 'DataCloneError' });
      assert.deepEqual(second, source.slice(100, 200));
      assert.deepEqual(copyAdjacent(source, 5, 7, 12), [source.slice(5, 7), source.slice(7, 12)]);
    } finally {
      port1.close();
      port2.close();
    }
  });

  it('can be transferred when they are large', () => {
    const { port1, port2 } = new MessageChannel();
    try {
      const large = copyBytes(source, 0, 5000);
      port1.postMessage(large, [large.buffer as ArrayBuffer]);
      assert.equal(large.length, 0);
    } finally {
      port1.close();
      port2.close();
    }
  });
});
