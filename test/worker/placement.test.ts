import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { segmentFileName } from '../../src/format/fileName.ts';
import { LARGE_LOG_BYTES, LARGE_SNAPSHOT_BYTES, placeFor } from '../../src/worker/placement.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';

describe('place of a store', () => {
  const temporary = temporaryDirectories();

  /** Files of these sizes, which take no room on the disk. */
  function directoryOf(sizes: Readonly<Record<string, number>>): string {
    const directory = temporary.make();
    for (const [name, sizeBytes] of Object.entries(sizes)) {
      const file = path.join(directory, name);
      writeFileSync(file, '');
      truncateSync(file, sizeBytes);
    }
    return directory;
  }

  it('is a process where the snapshot is large, whatever the log is', () => {
    const [small, large] = [LARGE_SNAPSHOT_BYTES - 1, LARGE_SNAPSHOT_BYTES].map((sizeBytes) =>
      directoryOf({ KEYDIR: sizeBytes, [segmentFileName(1)]: LARGE_LOG_BYTES }),
    );
    assert.equal(placeFor(small as string, 'large'), 'thread');
    assert.equal(placeFor(large as string, 'large'), 'process');
  });

  it('is a process without a snapshot where all files together are large', () => {
    const half = LARGE_LOG_BYTES / 2;
    const [small, large] = [half - 1, half].map((sizeBytes) =>
      directoryOf({ [segmentFileName(1)]: half, [segmentFileName(2)]: sizeBytes }),
    );
    assert.equal(placeFor(small as string, 'large'), 'thread');
    assert.equal(placeFor(large as string, 'large'), 'process');
  });

  it('follows the size of a segment file that is alone', () => {
    const directory = directoryOf({ [segmentFileName(1)]: LARGE_LOG_BYTES, [segmentFileName(2)]: 10 });
    assert.equal(placeFor(path.join(directory, segmentFileName(1)), 'large'), 'process');
    assert.equal(placeFor(path.join(directory, segmentFileName(2)), 'large'), 'thread');
  });

  it('is a thread where there is nothing to look at, and what the setting says otherwise', () => {
    const nowhere = path.join(temporary.make(), 'nothing');
    const file = path.join(directoryOf({ 'a file': 10 }), 'a file');
    assert.equal(placeFor(nowhere, 'large'), 'thread');
    assert.equal(placeFor(file, 'large'), 'thread');
    assert.equal(placeFor(nowhere, 'always'), 'process');
    assert.equal(placeFor(directoryOf({ KEYDIR: LARGE_SNAPSHOT_BYTES }), 'never'), 'thread');
  });
});
