import assert from 'node:assert/strict';
import { appendFileSync, linkSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LocalFile } from '../../src/inspector/localFile.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { SegmentBuilder } from './segmentBuilder.ts';

describe('a local file', () => {
  const directories = temporaryDirectories();

  function fileWith(bytes: Uint8Array) {
    const name = path.join(directories.make(), '000000000007.seg');
    writeFileSync(name, bytes);
    return { name, file: new LocalFile(name) };
  }

  function segment(segmentId: number, records: number): Uint8Array {
    const builder = new SegmentBuilder(segmentId);
    for (let i = 0; i < records; i++) builder.add({ key: `key ${i}`, value: 'value' });
    return builder.bytes();
  }

  it('grows, shrinks, and goes', () => {
    const { name, file } = fileWith(segment(7, 3));
    assert.equal(file.refresh(), 'same');
    appendFileSync(name, segment(7, 3));
    assert.equal(file.refresh(), 'grew');
    truncateSync(name, 100);
    assert.equal(file.refresh(), 'shrank');
    assert.equal(file.sizeBytes, 100);
    rmSync(name);
    assert.equal(file.refresh(), 'gone');
    file.close();
  });

  it('is another one when it was written anew in the same place, larger or smaller', () => {
    const { name, file } = fileWith(segment(7, 3));
    writeFileSync(name, segment(8, 30));
    assert.equal(file.refresh(), 'replaced');
    writeFileSync(name, segment(9, 1));
    assert.equal(file.refresh(), 'replaced');
    appendFileSync(name, segment(9, 1));
    assert.equal(file.refresh(), 'grew');
    file.close();
  });

  it('is another one when it was written anew in the same place, of the same size', () => {
    const { name, file } = fileWith(segment(7, 3));
    const { size, atimeMs, mtimeMs } = statSync(name);
    assert.equal(file.refresh(), 'same');
    writeFileSync(name, segment(7, 3).fill(0x2e, size - 10));
    // The clock of file times is coarse.
    utimesSync(name, atimeMs / 1000, mtimeMs / 1000 + 1);
    assert.equal(file.refresh(), 'same', 'the size may be about to change');
    assert.equal(file.refresh(), 'replaced');
    assert.equal(file.refresh(), 'same');
    linkSync(name, `${name}.link`);
    assert.equal(file.refresh(), 'same', 'a checkpoint changes nothing in it');
    file.close();
  });

  it('has grown when its time of modification changed before its size', () => {
    const { name, file } = fileWith(segment(7, 3));
    const { atimeMs, mtimeMs } = statSync(name);
    utimesSync(name, atimeMs / 1000, mtimeMs / 1000 + 1);
    assert.equal(file.refresh(), 'same');
    appendFileSync(name, segment(7, 1).subarray(32));
    utimesSync(name, atimeMs / 1000, mtimeMs / 1000 + 1);
    assert.equal(file.refresh(), 'grew');
    assert.equal(file.refresh(), 'same');
    assert.equal(file.refresh(), 'same');
    file.close();
  });

  it('is another one once it has a header', () => {
    const { name, file } = fileWith(new Uint8Array(0));
    writeFileSync(name, segment(7, 1));
    assert.equal(file.refresh(), 'replaced');
    file.close();
  });
});
