import assert from 'node:assert/strict';
import { parsePlace } from '../../src/inspector/placeInput.ts';

describe('place input', () => {
  for (const [text, target] of [
    ['1024', { kind: 'offset', offsetBytes: 1024 }],
    ['0x4F1A20', { kind: 'offset', offsetBytes: 0x4f1a20 }],
    ['-100', { kind: 'offset', offsetBytes: -100 }],
    ['-0x10', { kind: 'offset', offsetBytes: -16 }],
    ['1,048,576', { kind: 'offset', offsetBytes: 1_048_576 }],
    ['50%', { kind: 'percent', percent: 50 }],
    ['#12', { kind: 'row', row: 12 }],
    ['seq:918,221', { kind: 'sequence', sequence: 918_221 }],
    ['2026-11-22T20:14:31Z', { kind: 'time', timeMs: Date.UTC(2026, 10, 22, 20, 14, 31) }],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parsePlace(text), { ok: true, target }));
  }

  for (const text of ['', 'somewhere', '0xZZ', '120%', '1.5', '99999999999999999999']) {
    it(`refuses "${text}"`, () => assert.equal(parsePlace(text).ok, false));
  }
});
