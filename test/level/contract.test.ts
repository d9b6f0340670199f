/** The contract suite that the abstract-level package ships, unmodified and whole, against `StrataLevel`. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import suite from 'abstract-level/test/index.js';
import tape from 'tape';
import { StrataLevel } from '../../src/level/index.ts';

describe('abstract-level contract', function () {
  this.timeout(300_000);

  it('holds, every test of it', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata level-'));
    let databaseCount = 0;
    const rows = await runSuite((options = {}) => {
      return new StrataLevel(path.join(directory, String(databaseCount++)), options);
    });
    rmSync(directory, { recursive: true });
    let testName = '';
    const failures: string[] = [];
    for (const row of rows) {
      if (row.type === 'test') testName = row.name;
      else if (row.type === 'assert' && !row.ok) failures.push(`${testName}: ${row.name} (${String(row.error)})`);
    }
    assert.deepEqual(failures, []);
    const assertionCount = rows.filter((row) => row.type === 'assert').length;
    assert.ok(assertionCount > 5000, `only ${assertionCount} assertions ran`);
  });
});

/** Runs the suite in a harness of its own, so that its report does not mix with ours. */
function runSuite(factory: (options?: object) => StrataLevel): Promise<Row[]> {
  return new Promise((resolve) => {
    const harness = tape.createHarness();
    const rows: Row[] = [];
    harness
      .createStream({ objectMode: true })
      .on('data', (row: Row) => rows.push(row))
      .on('end', () => resolve(rows));
    suite({ test: harness, factory });
  });
}

type Row =
  | { readonly type: 'test'; readonly name: string }
  | { readonly type: 'assert'; readonly ok: boolean; readonly name: string; readonly error?: unknown }
  | { readonly type: 'end' };
