import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatKey, formatKeyLabel, parseKeyText } from '../../src/shared/keyText.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('key text', () => {
  it('shows printable UTF-8 as it is', () => {
    assert.equal(formatKey(bytesOf('CH/ZH/Zürich 東京 🏔')), 'CH/ZH/Zürich 東京 🏔');
  });

  it('escapes bytes that are not UTF-8, and keeps the characters around them', () => {
    assert.equal(formatKey(Uint8Array.of(0x61, 0xff, 0xc3, 0xbc, 0xc3)), 'a\\xFFü\\xC3');
  });

  it('escapes what cannot be seen', () => {
    assert.equal(formatKey(bytesOf('a\u0000b\n\u200b\u202e')), 'a\\x00b\\x0A\\xE2\\x80\\x8B\\xE2\\x80\\xAE');
    assert.equal(formatKey(bytesOf('\ufeffa')), '\\xEF\\xBB\\xBFa');
  });

  it('escapes backslashes and the spaces at the ends', () => {
    assert.equal(formatKey(bytesOf('C:\\dir')), 'C:\\\\dir');
    assert.equal(formatKey(bytesOf(' a b ')), '\\x20a b\\x20');
    assert.equal(formatKey(bytesOf(' ')), '\\x20');
  });

  it('tells valid characters from invalid bytes as a decoder does', () => {
    const bytes = fc.uint8Array({ maxLength: 12 }).map((tail) => Uint8Array.of(...tail, 0xff));
    const nearlyValid = fc.tuple(fc.constantFrom(0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xc2), bytes);
    const lead = nearlyValid.map(([first, tail]) => Uint8Array.of(first, ...tail.map((byte) => byte | 0x80), 0xff));
    fc.assert(
      fc.property(fc.oneof(bytes, lead), (key) => {
        const escapes = formatKey(key).match(/\\\\|\\x[0-9A-F]{2}/g) ?? [];
        const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(key);
        // Every invalid byte is escaped by itself, a decoder may put one mark for several.
        const marks = [...decoded].filter((character) => character === '\ufffd').length;
        assert.ok(escapes.length >= marks, decoded);
        const parsed = parseKeyText(formatKey(key));
        assert.deepEqual(parsed, { ok: true, key });
      }),
      { numRuns: 2000 },
    );
    for (const invalid of ['c080', 'e08080', 'eda080', 'f08080af', 'f4908080', 'f5808080', 'e6b1']) {
      const key = Uint8Array.from(Buffer.from(invalid, 'hex'));
      assert.equal(formatKey(key), invalid.toUpperCase().replaceAll(/../g, '\\x$&'));
    }
  });

  it('cuts long keys for lists, between characters', () => {
    const short = bytesOf('k'.repeat(256));
    assert.equal(formatKeyLabel(short), formatKey(short));
    assert.equal(formatKeyLabel(bytesOf('k'.repeat(257))), `${'k'.repeat(256)}…`);
    for (const [character, size] of [
      ['é', 2],
      ['東', 3],
      ['🏔', 4],
    ] as const) {
      for (let padding = 0; padding < size; padding++) {
        const key = bytesOf('x'.repeat(padding) + character.repeat(200));
        const count = Math.floor((256 - padding) / size);
        assert.equal(formatKeyLabel(key), `${'x'.repeat(padding)}${character.repeat(count)}…`);
      }
    }
    const binary = new Uint8Array(1000).fill(0xbf);
    assert.ok(formatKeyLabel(binary).startsWith('\\xBF'));
  });

  it('reads escapes in any case', () => {
    assert.deepEqual(parseKeyText('\\xff\\xFf\\\\é'), { ok: true, key: Uint8Array.of(0xff, 0xff, 0x5c, 0xc3, 0xa9) });
  });

  it('says where a backslash starts no escape', () => {
    for (const text of ['ab\\', 'ab\\n', 'ab\\xf', 'ab\\xgg', 'ab\\u0041']) {
      const parsed = parseKeyText(text);
      assert.ok(!parsed.ok, text);
      assert.equal(parsed.at, 2);
      assert.match(parsed.message, /position 3/);
    }
  });

  it('gives back every key', () => {
    const keys = fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.string({ unit: 'binary' }).map(bytesOf));
    fc.assert(
      fc.property(keys, (key) => {
        assert.deepEqual(parseKeyText(formatKey(key)), { ok: true, key });
      }),
      { numRuns: 1000 },
    );
  });
});
