import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { bytesAs } from '../../media/inspector/bytesAsText.ts';

/** Every byte, from a different one on for each size. */
function bytesOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => index * 7 + sizeBytes);
}

describe('bytes in other notations', () => {
  const sizes = [...Array(60).keys(), 1023, 1024, 3000];

  it('are hexadecimal digits', () => {
    for (const size of sizes) {
      const digits = Buffer.from(bytesOf(size)).toString('hex').toUpperCase();
      assert.equal(bytesAs('hex', bytesOf(size)), (digits.match(/../g) ?? []).join(' '));
    }
  });

  it('are Base64 with padding', () => {
    for (const size of sizes) {
      assert.equal(bytesAs('base64', bytesOf(size)), Buffer.from(bytesOf(size)).toString('base64'));
    }
  });

  it('are a C array of all bytes, twelve in a line', () => {
    for (const size of sizes) {
      const text = bytesAs('c', bytesOf(size));
      const [, stated, body] = /^const unsigned char data\[(\d+)\] = \{\n([\s\S]*)\n\};\n$/.exec(text) ?? [];
      assert.equal(Number(stated), size);
      const lines = body === '' ? [] : (body as string).split('\n');
      for (const [index, line] of lines.entries()) {
        const isLast = index === lines.length - 1;
        assert.match(
          line,
          isLast ? /^ {2}(0x[\dA-F]{2}, ){0,11}0x[\dA-F]{2},$/ : /^ {2}(0x[\dA-F]{2}, ){11}0x[\dA-F]{2},$/,
        );
      }
      const numbers = lines.flatMap((line) => line.trim().slice(0, -1).split(', ').map(Number));
      assert.deepEqual(numbers, [...bytesOf(size)]);
    }
  });

  it('are text with its byte order mark', () =>
    assert.equal(bytesAs('text', Buffer.from('\ufeffZürich')), '\ufeffZürich'));

  it('are JSON: a string where they are text, otherwise an array of numbers', () => {
    for (const size of sizes) {
      const bytes = Uint8Array.from([0xff, ...bytesOf(size)]);
      assert.equal(bytesAs('json', bytes), JSON.stringify([...bytes]));
    }
    for (const text of ['', 'a"\n', 'Zürich \u202e😀']) {
      assert.equal(bytesAs('json', Buffer.from(text)), JSON.stringify(text));
    }
  });
});
