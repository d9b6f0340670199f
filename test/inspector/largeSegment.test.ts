// STRATA_LARGE_SEGMENT_MB sets the size; 4096 is the long test, which needs as much room in the temporary folder.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Inspection } from '../../src/inspector/inspection.ts';
import { LocalFile } from '../../src/inspector/localFile.ts';
import type { IndexProgress } from '../../src/shared/inspectorRows.ts';
import { quietEvents } from './inspectionProbe.ts';
import { LARGE_START_MS, largeKey, type WrittenSegment, writeLargeSegment } from './writeSegment.ts';

const SIZE_BYTES = Number(process.env['STRATA_LARGE_SEGMENT_MB'] ?? 64) * 2 ** 20;
const VALUE_SIZE_BYTES = 84;
/** Index, blocks and read buffers together stay below this, whatever the size of the file. */
const MEMORY_BYTES = 8 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the buffers that are in use. */
function bufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe('a large segment', function () {
  this.timeout(600_000);
  let directory: string;
  let written: WrittenSegment;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'strata-large-'));
    written = writeLargeSegment(path.join(directory, '000000000007.seg'), SIZE_BYTES, VALUE_SIZE_BYTES);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  it('is indexed in bounded memory, shows its first rows at once, and goes anywhere', async () => {
    const file = new LocalFile(path.join(directory, '000000000007.seg'));
    let finish: (progress: IndexProgress) => void = () => {};
    const indexed = new Promise<IndexProgress>((resolve) => {
      finish = resolve;
    });
    const before = bufferBytes();
    let mostBytes = 0;
    const inspection = new Inspection({
      file,
      fileName: '000000000007.seg',
      events: {
        ...quietEvents,
        indexProgress: (progress) => {
          mostBytes = Math.max(mostBytes, bufferBytes() - before);
          if (progress.done) finish(progress);
        },
      },
    });
    inspection.start();
    const firstPage = await inspection.rows({ view: 0, first: 0, count: 100 });
    assert.equal(firstPage.rows.length, 100, 'the first rows are there before the index is');
    const progress = await indexed;
    assert.equal(progress.recordCount, written.recordCount);
    assert.equal(progress.damage.ranges, 0);
    assert.ok(mostBytes < MEMORY_BYTES, `${mostBytes} bytes of buffers`);
    for (const share of [0.1, 0.5, 0.999]) {
      const index = Math.floor(share * written.recordCount);
      const located = await inspection.locate({ kind: 'time', timeMs: LARGE_START_MS + index }, 0);
      assert.equal(located?.row, index + 1);
      const { rows } = await inspection.rows({ view: 0, first: index + 1, count: 1 });
      assert.equal(rows[0]?.cells?.key?.text, largeKey(index));
    }
    inspection.close();
  });
});
