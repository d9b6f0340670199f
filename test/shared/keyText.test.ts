import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatKey, parseKeyText } from '../../src/shared/keyText.ts';

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
