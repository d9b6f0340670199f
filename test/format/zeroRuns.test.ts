import assert from 'node:assert/strict';
import { ZeroRuns } from '../../src/format/zeroRuns.ts';

describe('a run of zeros', () => {
  it('ends at the first other byte, wherever it begins and wherever the bytes lie in memory', () => {
    const memory = new Uint8Array(100);
    for (let start = 0; start < 8; start++) {
      for (let length = 0; length < 60; length++) {
        const bytes = memory.subarray(start, start + length);
        for (let other = 0; other <= length; other++) {
          memory.fill(0);
          // Beside the bytes nothing counts.
          memory[start + length] = 1;
          if (other < length) bytes[other] = 0x80;
          const zeros = new ZeroRuns(bytes);
          for (let from = 0; from <= other; from++) {
            assert.equal(zeros.end(from), other, `${start} ${length} ${from}`);
          }
        }
      }
    }
  });
});
