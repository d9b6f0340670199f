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
    assert.deepEqual(readText(encoder.encode('{"a":[1]}')), { text: '{"a":[1]}', kind: 'text' }));

  it('shows the beginning of long JSON and text, and says so', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ index }));
    const json = readValue(encoder.encode(JSON.stringify(rows)), true);
    assert.equal(json.text, JSON.stringify(rows, undefined, 2).slice(0, 65_536));
    assert.equal(json.kind, 'JSON · first 65,536 characters');
    const short = readText(encoder.encode('é'.repeat(65_536)));
    assert.deepEqual(short, { text: 'é'.repeat(65_536), kind: 'text' });
    assert.equal(readText(encoder.encode('é'.repeat(65_537))).kind, 'text · first 65,536 characters');
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
