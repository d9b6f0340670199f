import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatHexDump, parseHexDump } from '../../src/shared/hexDump.ts';

function parsed(text: string): number[] {
  const result = parseHexDump(text);
  assert.ok(result.ok, JSON.stringify(result));
  return [...result.bytes];
}

describe('hex dump', () => {
  it('shows offsets, bytes and characters', () => {
    const bytes = new TextEncoder().encode('Winterthur|Zurich\n');
    assert.equal(
      formatHexDump(bytes),
      '00000000  57 69 6e 74 65 72 74 68  75 72 7c 5a 75 72 69 63  |Winterthur|Zuric|\n' +
        '00000010  68 0a                                             |h.|\n',
    );
  });

  it('shows an empty value as nothing', () => {
    assert.equal(formatHexDump(new Uint8Array(0)), '');
    assert.deepEqual(parsed(''), []);
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.deepEqual(parsed(formatHexDump(bytes)), [...bytes]);
      }),
    );
  });

  it('takes inserted and removed bytes, whatever offsets and characters say', () => {
    assert.deepEqual(parsed('00000000  01 02 ff 03  |...|\n00000010  \n00000010\n99999999  04'), [1, 2, 255, 3, 4]);
  });

  it('takes digits without offsets, in any spacing', () => {
    assert.deepEqual(parsed('deadbeef'), [0xde, 0xad, 0xbe, 0xef]);
    assert.deepEqual(parsed('DE ad\nbeef00000000ff'), [0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0, 0xff]);
  });

  it('says which line it cannot read', () => {
    assert.deepEqual(parseHexDump('00 01\n0g'), { ok: false, message: 'has something else than digits', line: 2 });
    assert.deepEqual(parseHexDump('00 0'), { ok: false, message: 'ends in half a byte', line: 1 });
  });
});
