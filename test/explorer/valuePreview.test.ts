import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { decodeStart, PREVIEW_BYTES, previewValue, type ValuePreview } from '../../src/explorer/valuePreview.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function preview(value: Uint8Array): ValuePreview {
  return previewValue(value.subarray(0, PREVIEW_BYTES), value.length);
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

  it('takes nothing but a cut character off the end before it says what a value is', () => {
    const value = bytesOf('x'.repeat(200));
    value[PREVIEW_BYTES - 1] = 0xff;
    assert.equal(preview(value).kind, 'binary');
  });

  it('asks no decoder about bytes that are not UTF-8', () => {
    const decode = mock.method(TextDecoder.prototype, 'decode');
    try {
      assert.equal(preview(new Uint8Array(100).fill(0xff)).kind, 'binary');
      assert.equal(decode.mock.callCount(), 0);
      assert.equal(preview(bytesOf('text')).line, 'text');
      assert.equal(decode.mock.callCount(), 1, 'once for kind and line');
    } finally {
      decode.mock.restore();
    }
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
