import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openWhole, probe } from './inspectionProbe.ts';
import { segmentOf } from './segmentBuilder.ts';

describe('an export that cannot be finished', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'strata-export-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function exportTo(target: string): Promise<void> {
    const subject = probe(segmentOf(3, (index) => ({ key: `k${index}`, value: 'v' })).bytes());
    await openWhole(subject);
    await subject.inspection.exportRows({ view: 0, format: 'jsonl', path: target, partialPath: `${target}.partial` });
  }

  it('leaves nothing behind on a full disk', async function () {
    if (!existsSync('/dev/full')) this.skip();
    const target = path.join(directory, 'rows.jsonl');
    symlinkSync('/dev/full', `${target}.partial`);
    await assert.rejects(exportTo(target), /ENOSPC/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('leaves nothing behind where the rows take more than they may', async () => {
    const path = `${directory}/rows.jsonl`;
    const subject = probe(segmentOf(3, (index) => ({ key: `k${index}`, value: 'v'.repeat(1000) })).bytes());
    await openWhole(subject);
    const exportUpTo = (maxSizeBytes: number) =>
      subject.inspection.exportRows({ view: 0, format: 'jsonl', path, partialPath: `${path}.partial`, maxSizeBytes });
    await assert.rejects(
      exportUpTo(3072),
      /^Error: They take more than 3\.0 KB, for which only a local file has room\.$/,
    );
    assert.deepEqual(readdirSync(directory), []);
    assert.equal((await exportUpTo(4096)).rowCount, 3);
  });

  it('leaves nothing behind where the name is taken by a directory', async () => {
    const target = path.join(directory, 'rows.jsonl');
    mkdirSync(target);
    await assert.rejects(exportTo(target), /EISDIR/);
    assert.deepEqual(readdirSync(directory), ['rows.jsonl']);
  });
});
