import assert from 'node:assert/strict';
import { boundsOf, prefixEnd } from '../../src/engine/keyRange.ts';

describe('key range', () => {
  it('finds the end of a prefix and leaves the prefix as it is, also when it is a Buffer', () => {
    const prefix = Buffer.from([0x61, 0x62, 0xff]);
    assert.deepEqual(prefixEnd(prefix), Uint8Array.of(0x61, 0x63));
    assert.deepEqual([...prefix], [0x61, 0x62, 0xff]);
    assert.equal(prefixEnd(Uint8Array.of(0xff, 0xff)), undefined);
  });

  it('prefers gte to gt and lte to lt, as abstract-level does', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => new TextEncoder().encode(text)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    assert.deepEqual(boundsOf({ gt: b, gte: a, lt: c, lte: d }), {
      lower: { key: a, isIncluded: true },
      upper: { key: d, isIncluded: true },
    });
  });

  it('narrows bounds by a prefix', () => {
    const prefix = new TextEncoder().encode('m');
    const upper = { key: new TextEncoder().encode('n'), isIncluded: false };
    assert.deepEqual(boundsOf({ prefix }), { lower: { key: prefix, isIncluded: true }, upper });
    const gt = new TextEncoder().encode('mm');
    assert.deepEqual(boundsOf({ prefix, gt, lt: new TextEncoder().encode('z') }), {
      lower: { key: gt, isIncluded: false },
      upper,
    });
  });
});
