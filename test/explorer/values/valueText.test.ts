import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  canShow,
  encodeValue,
  showValue,
  suitableView,
  wholeCharacters,
} from '../../../src/explorer/values/valueText.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

function saved(text: string, shown: Parameters<typeof encodeValue>[1]): string {
  const encoded = encodeValue(text, shown);
  assert.ok(encoded.ok, JSON.stringify(encoded));
  return textOf(encoded.value);
}

describe('value text', () => {
  it('chooses the view by content', () => {
    assert.equal(suitableView(bytesOf('{"lat":47.5}')), 'json');
    assert.equal(suitableView(bytesOf(' [1, 2]')), 'json');
    assert.equal(suitableView(bytesOf('{not json')), 'text');
    assert.equal(suitableView(bytesOf('42')), 'text');
    assert.equal(suitableView(bytesOf('Zürich\n\tline')), 'text');
    assert.equal(suitableView(bytesOf('')), 'text');
    assert.equal(suitableView(bytesOf('a\u0000b')), 'hex');
    assert.equal(suitableView(Uint8Array.of(0xff, 0xfe)), 'hex');
  });

  it('shows one-line JSON on many lines and saves it on one', () => {
    const shown = showValue(bytesOf('{"a":1,"b":[1,2]}'), 'json');
    assert.equal(shown.text, '{\n  "a": 1,\n  "b": [\n    1,\n    2\n  ]\n}');
    assert.equal(saved(shown.text.replace('"a": 1', '"a": 7'), shown), '{"a":7,"b":[1,2]}');
  });

  it('keeps the spaces of the one-line style that it found', () => {
    const shown = showValue(bytesOf('{"a": 1, "b": ", :"}'), 'json');
    assert.equal(saved(shown.text, shown), '{"a": 1, "b": ", :"}');
  });

  it('keeps JSON on many lines as it stands', () => {
    const value = '{\n\t"a":  1\n}\n';
    const shown = showValue(bytesOf(value), 'json');
    assert.equal(shown.text, value);
    assert.equal(saved(shown.text, shown), value);
  });

  it('keeps JSON with unusual spaces as it stands', () => {
    const shown = showValue(bytesOf('{ "a":1}'), 'json');
    assert.equal(shown.text, '{ "a":1}');
    assert.equal(saved(shown.text, shown), '{ "a":1}');
  });

  it('keeps long numbers, duplicate names and escapes', () => {
    const value = '{"n":12345678901234567890,"n":1.0e3,"s":"\\u00e9\\"\\\\"}';
    const shown = showValue(bytesOf(value), 'json');
    assert.equal(saved(shown.text, shown), value);
  });

  it('refuses to save broken JSON as JSON, and says what else to do', () => {
    const encoded = encodeValue('{"a":', { view: 'json', storedStyle: 'compact' });
    assert.ok(!encoded.ok);
    assert.match(encoded.message, /not valid JSON.*as text/);
    assert.equal(saved('{"a":', { view: 'text' }), '{"a":');
  });

  it('leaves out the part of a character that a limit has cut, and nothing else', () => {
    const text = 'aé東🏔';
    const value = bytesOf(text);
    for (let end = 0; end <= value.length; end++) {
      const shown = showValue(wholeCharacters(value.subarray(0, end)), 'text');
      assert.equal(shown.view, 'text', `${end} bytes`);
      assert.ok(text.startsWith(shown.text) && end - bytesOf(shown.text).length < 4);
    }
    assert.equal(showValue(wholeCharacters(bytesOf('abc')), 'text').text, 'abc');
  });

  it('falls back to a view that can show the value', () => {
    assert.equal(showValue(bytesOf('plain'), 'json').view, 'text');
    assert.equal(showValue(Uint8Array.of(0xc3), 'json').view, 'hex');
    assert.equal(showValue(Uint8Array.of(0xc3), 'text').view, 'hex');
    assert.ok(canShow(bytesOf('plain'), 'text'));
    assert.ok(!canShow(bytesOf('plain'), 'json'));
  });

  it('marks text with mixed line endings as lossy', () => {
    assert.equal(showValue(bytesOf('a\r\nb\n'), 'text').lossy, true);
    assert.equal(showValue(bytesOf('a\rb'), 'text').lossy, true);
    assert.equal(showValue(bytesOf('a\r\nb\r\n'), 'text').lossy, false);
    assert.equal(showValue(bytesOf('a\nb'), 'text').lossy, false);
  });

  it('keeps a byte order mark', () => {
    const value = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
    const shown = showValue(value, 'text');
    const encoded = encodeValue(shown.text, shown);
    assert.deepEqual(encoded, { ok: true, value });
  });

  it('gives back every value that nobody edited, in every view', () => {
    const values = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary' }).map(bytesOf),
      fc.json().map(bytesOf),
      fc.json().map((json) => bytesOf(JSON.stringify(JSON.parse(json), undefined, 3))),
    );
    const views = fc.constantFrom('json', 'text', 'hex');
    fc.assert(
      fc.property(values, views, (value, view) => {
        const shown = showValue(value, view);
        const encoded = encodeValue(shown.text, shown);
        assert.ok(encoded.ok);
        assert.deepEqual(encoded.value, value);
      }),
    );
  });
});
