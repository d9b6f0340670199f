import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { segmentFileName } from '../../src/format/fileName.ts';
import type { StoreProcessSetting } from '../../src/shared/embeddedStore.ts';
import { embeddedStoreOpener } from '../../src/worker/openEmbeddedStore.ts';
import { embeddedStoreSalvager } from '../../src/worker/salvageEmbeddedStore.ts';
import { SegmentBuilder } from '../inspector/segmentBuilder.ts';
import { temporaryDirectories } from '../support/temporaryDirectory.ts';
import { workerBundle } from '../support/workerBundle.ts';

const workerUrl = workerBundle(new URL('../../src/worker/storeWorker.ts', import.meta.url));
const salvage = embeddedStoreSalvager(workerUrl);
const openStore = embeddedStoreOpener(workerUrl);

for (const ownProcess of ['never', 'always'] as const) describeSalvageIn(ownProcess);

function describeSalvageIn(ownProcess: StoreProcessSetting): void {
  describe(`salvaging in a ${ownProcess === 'never' ? 'thread' : 'process'}`, function () {
    const options = { durability: 'os', maxSegmentSizeBytes: 1 << 24, ownProcess } as const;
    this.timeout(20_000);
    const temporary = temporaryDirectories();

    function segmentFile(valueSizeBytes: number): string {
      const builder = new SegmentBuilder(7);
      for (let index = 0; index < 40; index++) builder.add({ key: `key ${index}`, value: 'x'.repeat(valueSizeBytes) });
      const bytes = builder.bytes();
      const file = path.join(temporary.make(), segmentFileName(7));
      writeFileSync(file, bytes.with(bytes.length - 1, 0));
      return file;
    }

    it('copies, tells its progress, and reports what was lost', async () => {
      const target = pathToFileURL(path.join(temporary.make(), 'a new folder')).href;
      const steps: { done: number; total: number }[] = [];
      const onProgress = (step: { done: number; total: number }) => steps.push(step);
      const report = await salvage(pathToFileURL(segmentFile(400_000)).href, target, options, { onProgress });
      assert.equal(report.keysCopied, 39);
      assert.deepEqual(
        report.damage.map(({ fileName, reason }) => ({ fileName, reason })),
        [{ fileName: segmentFileName(7), reason: 'bad-checksum' }],
      );
      assert.equal(steps.at(-1)?.done, steps.at(-1)?.total);
      // Its thread or process has given the lock back: the copy can be opened for writing.
      const store = await openStore(target, { ...options, readOnly: false, expect: 'existing', salvage: false });
      assert.equal((await store.statistics()).keyCount, 39);
      await store.close();
    });

    it('is cancelled, and leaves nothing in the target', async () => {
      const target = temporary.make();
      const abort = new AbortController();
      const task = { signal: abort.signal, onProgress: () => abort.abort() };
      const running = salvage(pathToFileURL(segmentFile(400_000)).href, pathToFileURL(target).href, options, task);
      await assert.rejects(running, { code: 'ABORTED' });
      assert.deepEqual(readdirSync(target), []);
    });

    it('is cancelled while its thread or process starts', async () => {
      const target = temporary.make();
      const abort = new AbortController();
      const task = { signal: abort.signal };
      const running = salvage(pathToFileURL(segmentFile(10)).href, pathToFileURL(target).href, options, task);
      abort.abort();
      await assert.rejects(running, { code: 'ABORTED' });
      assert.deepEqual(readdirSync(target), []);
    });

    it('carries the code of a refusal', async () => {
      const target = temporary.make();
      writeFileSync(path.join(target, 'notes.txt'), '');
      const running = salvage(pathToFileURL(segmentFile(10)).href, pathToFileURL(target).href, options);
      await assert.rejects(running, { code: 'TARGET_NOT_EMPTY' });
    });
  });
}
