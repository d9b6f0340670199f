import assert from 'node:assert/strict';
import { recordName, recordText } from '../../src/inspector/recordText.ts';
import { formatHexDump } from '../../src/shared/hexDump.ts';

const encoder = new TextEncoder();

describe('the value of a record as text', () => {
  it('is laid out when it is JSON, as it is when it is other text, and hexadecimal when it is none', async () => {
    assert.deepEqual(await recordText(encoder.encode('{"a":[1]}')), {
      text: '{\n  "a": [\n    1\n  ]\n}\n',
      extension: '.json',
    });
    assert.deepEqual(await recordText(encoder.encode('plain 😀')), { text: 'plain 😀', extension: '.txt' });
    const bytes = Uint8Array.from({ length: 18 }, (_, at) => 0xff - at);
    assert.deepEqual(await recordText(bytes), {
      text: formatHexDump(bytes),
      extension: '.hex.txt',
    });
    assert.equal((await recordText(new Uint8Array(0))).text, '');
  });

  it('lets other work go on while megabytes of it are written', async () => {
    const bytes = new Uint8Array(0x30_0005).fill(0xff);
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { text } = await recordText(bytes);
    isDone = true;
    assert.ok(turns >= 48, `${turns} turns`);
    const lines = text.split('\n');
    assert.equal(lines.length, 0x3_0002);
    assert.match(lines[0x1000] ?? '', /^00010000 {2}ff ff/);
    assert.match(lines.at(-2) ?? '', /^00300000 {2}ff ff ff ff ff +\|\.{5}\|$/);
  });

  it('is not laid out when that would take long', async () => {
    const json = `[${'1,'.repeat(600_000)}1]`;
    assert.deepEqual(await recordText(encoder.encode(json)), { text: json, extension: '.txt' });
  });
});

describe('the name of a record', () => {
  it('is its key, whose cut splits no character', () => {
    assert.equal(recordName(encoder.encode('a/b')), 'a∕b');
    assert.equal(recordName(new Uint8Array(0)), 'record');
    for (const start of ['', 'a', 'ab', 'abc']) {
      const name = recordName(encoder.encode(`${start}${'😀'.repeat(200)}`));
      assert.ok(name.isWellFormed() && name.endsWith('😀…'), name);
    }
  });
});
