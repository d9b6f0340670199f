/**
 * Text lines `key=value`, and `-key` for a key that is taken away; any other line is damage. Where the first line is
 * `unreadable-while=<path>`, no more than the beginning can be read as long as a file of that path exists.
 */

const fs = require('node:fs');

const OBSTACLE = /^unreadable-while=(.*)/;
/** More than the first piece of an index, and what is read of its rows for a page. */
const READABLE_BYTES = 0x2_0000;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const MINUS = 0x2d;
const SET = 0;
const UNSET = 1;

module.exports = ({ LogRecord }) => {
  /** This module is loaded for one file. */
  let obstacle = '';

  class LineScan {
    wantBytes = 1;
    #sizeBytes;

    constructor({ offsetBytes, fileSizeBytes }) {
      this.wantOffsetBytes = offsetBytes;
      this.#sizeBytes = fileSizeBytes;
    }

    get done() {
      return this.wantOffsetBytes >= this.#sizeBytes;
    }

    truncate(sizeBytes) {
      this.#sizeBytes = Math.min(this.#sizeBytes, sizeBytes);
    }

    feed(bytes, sink) {
      const base = this.wantOffsetBytes;
      if (base === 0) obstacle = OBSTACLE.exec(Buffer.from(bytes.subarray(0, 1000)).toString())?.[1] ?? '';
      if (base + bytes.length > READABLE_BYTES && fs.existsSync(obstacle)) throw new Error('EIO: i/o error, read');
      for (let at = 0; at < bytes.length; ) {
        const newline = bytes.indexOf(NEWLINE, at);
        const atEnd = base + bytes.length >= this.#sizeBytes;
        if (newline < 0 && !atEnd) {
          this.wantBytes = Math.min(this.#sizeBytes - this.wantOffsetBytes, 2 * (bytes.length - at) + 1);
          return;
        }
        const end = newline < 0 ? bytes.length : newline + 1;
        this.#line(bytes, at, end, base + at, sink);
        at = end;
        this.wantOffsetBytes = base + end;
        this.wantBytes = 1;
      }
    }

    #line(bytes, start, end, offsetBytes, sink) {
      const line = bytes.subarray(start, end);
      const sizeBytes = end - start;
      const record = Object.assign(new LogRecord(), { offsetBytes, sizeBytes, bytes, recordStart: start });
      const equals = line.indexOf(EQUALS);
      if (line[0] === MINUS) {
        sink.record(Object.assign(record, { operation: UNSET, keyStart: start + 1, keyLength: sizeBytes - 2 }));
      } else if (equals >= 0) {
        Object.assign(record, { operation: SET, keyStart: start, keyLength: equals });
        sink.record(Object.assign(record, { valueStart: start + equals + 1, valueLength: sizeBytes - equals - 2 }));
      } else {
        sink.damage({ offsetBytes, sizeBytes, reason: 'no sign', message: 'a line without =', reachesEnd: false });
      }
    }
  }

  function describe({ sizeBytes }, bytes) {
    const field = (name, role, offsetBytes, endBytes, colourGroup) => ({
      ...{ name, role, offsetBytes, sizeBytes: endBytes - offsetBytes, colourGroup, meaning: '', problem: false },
      ...{ type: 'bytes', value: Buffer.from(bytes.subarray(offsetBytes, endBytes)).toString() },
    });
    if (bytes[0] === MINUS) return [field('name', 'key', 1, sizeBytes - 1, 0)];
    const equals = bytes.indexOf(EQUALS);
    return equals < 0
      ? []
      : [field('name', 'key', 0, equals, 0), field('content', 'value', equals + 1, sizeBytes - 1, 1)];
  }

  const lines = {
    id: 'test.lines',
    name: 'Lines',
    detect: ({ fileName }) => fileName.endsWith('.lines'),
    open: () => ({
      facts: [{ label: 'kind', value: 'text', tone: 'plain' }],
      columns: ['operation', 'key', 'value'],
      operations: ['set', 'unset'],
      scan: (start) => new LineScan(start),
      describe,
      guess: () => undefined,
    }),
  };
  return [lines];
};
