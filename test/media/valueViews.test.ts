import assert from 'node:assert/strict';
import { readValue } from '../../media/inspector/valueViews.ts';

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
});
