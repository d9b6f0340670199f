import assert from 'node:assert/strict';
import { decodeStart, PREVIEW_BYTES, previewLine, valueKind } from '../../src/explorer/valuePreview.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function preview(value: Uint8Array): { line: string; kind: string } {
  const start = value.subarray(0, PREVIEW_BYTES);
  return { line: previewLine(start, value.length), kind: valueKind(start, value.length) };
}

describe('value preview', () => {
  it('shows short text on one line', () => {
    assert.deepEqual(preview(bytesOf(' one\n\ttwo ')), { line: 'one two', kind: 'text' });
  });

  it('cuts long text and says so', () => {
    const { line, kind } = preview(bytesOf(`{"a":"${'x'.repeat(200)}"}`));
    assert.equal(kind, 'json');
    assert.equal(line, `{"a":"${'x'.repeat(26)}…`);
  });

  it('does not take a character that the preview cuts in two for binary', () => {
    for (const padding of [0, 1, 2, 3]) {
      const value = bytesOf('x'.repeat(padding) + '東京🏔'.repeat(20));
      assert.equal(preview(value).kind, 'text');
    }
    assert.equal(decodeStart(bytesOf('é').subarray(0, 1), 1), undefined);
  });

  it('shows the first bytes of binary values', () => {
    assert.deepEqual(preview(Uint8Array.of(0, 0xff)), { line: '00 ff', kind: 'binary' });
    assert.deepEqual(preview(new Uint8Array(100)), { line: '00 00 00 00 00 00 00 00 …', kind: 'binary' });
  });

  it('leaves out marks that turn the direction of text', () => {
    assert.equal(preview(bytesOf('a\u202eb')).line, 'ab');
  });

  it('names an empty value', () => {
    assert.deepEqual(preview(bytesOf('')), { line: '(empty)', kind: 'empty' });
  });
});
