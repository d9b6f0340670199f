import assert from 'node:assert/strict';
import { numbersSource, readText, readValue } from '../../media/inspector/valueViews.ts';

/** Turns the direction of all text behind it. */
const OVERRIDE = '\u202e';

describe('a value as text', () => {
  const encoder = new TextEncoder();

  for (const [what, bytes, whole, text] of [
    ['text', encoder.encode(`a${OVERRIDE}b\0`), true, 'a\\u{202e}b\\u{0}'],
    ['the beginning of text', encoder.encode(`a${OVERRIDE}b\0`), false, 'a\\u{202e}b\\u{0}'],
    ['JSON', encoder.encode(`["${OVERRIDE}"]`), true, '[\n  "\\u{202e}"\n]'],
    ['bytes that are no text', Uint8Array.of(0xff, ...encoder.encode(`a${OVERRIDE}b\0`)), true, '�a\\u{202e}b\\u{0}'],
  ] as const) {
    it(`shows marks that turn its direction and control characters as escapes: ${what}`, () =>
      assert.equal(readValue(bytes, whole).text, text));
  }

  it('keeps numbers of JSON that a number of JavaScript cannot hold, and names that are there twice', () => {
    const { text, kind } = readValue(encoder.encode('{"id":12345678901234567890,"id":1.0}'), true);
    assert.equal(text, '{\n  "id": 12345678901234567890,\n  "id": 1.0\n}');
    assert.equal(kind, 'JSON');
  });

  it('shows JSON as it stands when text is asked for', () =>
    assert.deepEqual(readText(encoder.encode('{"a":[1]}'), true), { text: '{"a":[1]}', kind: 'text' }));

  for (const [what, bytes, text] of [
    ['nothing but that', [0xc3], '�'],
    ['text', [0x61, 0xe2, 0x82], 'a�'],
    ['JSON', [0x7b, 0x7d, 0xe2], '{}�'],
  ] as const) {
    it(`is not valid UTF-8 where it ends within a character: ${what}`, () => {
      const shown = { text, kind: 'not valid UTF-8; other bytes are shown as �' };
      assert.deepEqual(readValue(Uint8Array.from(bytes), true), shown);
      assert.deepEqual(readText(Uint8Array.from(bytes), true), shown);
    });
  }

  it('leaves out the character within which its beginning was cut', () => {
    const cut = encoder.encode('a€').subarray(0, 2);
    assert.deepEqual(readValue(cut, false), { text: 'a', kind: 'text' });
    assert.deepEqual(readText(cut, false), { text: 'a', kind: 'text' });
    assert.equal(readText(Uint8Array.of(0xff, ...cut), false).text, '�a');
  });

  it('shows a byte order mark', () => {
    const marked = encoder.encode('\ufeff{}');
    const shown = { text: '\\u{feff}{}', kind: 'text' };
    assert.deepEqual(readValue(marked, true), shown);
    assert.deepEqual(readText(marked, true), shown);
    assert.equal(readText(Uint8Array.of(...marked, 0xff), true).text, '\\u{feff}{}�');
  });

  it('shows the beginning of long JSON and text, and says so', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ index }));
    const json = readValue(encoder.encode(JSON.stringify(rows)), true);
    assert.equal(json.text, JSON.stringify(rows, undefined, 2).slice(0, 65_536));
    assert.equal(json.kind, 'JSON · first 65,536 characters');
    const short = readText(encoder.encode('é'.repeat(65_536)), true);
    assert.deepEqual(short, { text: 'é'.repeat(65_536), kind: 'text' });
    assert.equal(readText(encoder.encode('é'.repeat(65_537)), true).kind, 'text · first 65,536 characters');
  });

  it('takes the beginning of JSON for text', () => assert.equal(readValue(encoder.encode('[1'), false).kind, 'text'));

  it('names what is empty', () => assert.deepEqual(readValue(new Uint8Array(0), true), { text: '', kind: 'empty' }));
});

describe('bytes as numbers', () => {
  it('say what they are read from, and how much of it', () => {
    assert.equal(numbersSource('value, 5 bytes', 5, 5), 'value, 5 bytes');
    assert.equal(numbersSource('value, 21 bytes', 8, 21), 'value, 21 bytes · reads the first 8');
  });
});
