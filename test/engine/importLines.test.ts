/** Lines that cannot be imported are named by their number, and what stands before them is imported. Exports come back whole. */

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { Store } from '../../src/engine/store.ts';
import { StrataError } from '../../src/engine/strataError.ts';
import { SimulatedDisk } from '../support/simulatedDisk.ts';
import { QUIET_OPTIONS, STORE_DIRECTORY } from '../support/storeHistory.ts';
import { keyBytes } from '../support/storeModel.ts';

const BAD_LINES: readonly (readonly [string, string])[] = [
  ['no JSON', '{"key":'],
  ['no object', '[1]'],
  ['null', 'null'],
  ['no key', '{"value":"v"}'],
  ['an empty key', '{"key":"","value":"v"}'],
  ['a key that is too long', JSON.stringify({ key: 'k'.repeat(65_536), value: 'v' })],
  ['a key twice', '{"key":"k","keyBase64":"aw==","value":"v"}'],
  ['half of a surrogate pair', '{"key":"k","value":"\\ud800"}'],
  ['no base64', '{"keyBase64":"a","value":"v"}'],
  ['a value that is no text', '{"key":"k","value":1}'],
  ['an expiry that is no time', '{"key":"k","value":"v","expiryMs":-1}'],
];

describe('Importing JSON Lines', () => {
  for (const [what, line] of BAD_LINES) {
    it(`stops at ${what}`, async () => {
      const store = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, new SimulatedDisk());
      const lines = ['{"key":"first","value":"1"}', '', line, '{"key":"last","value":"2"}'];
      await assert.rejects(store.importLines(lines), (error: unknown) => {
        assert.ok(error instanceof StrataError, String(error));
        assert.equal(error.code, 'IMPORT_INVALID');
        assert.match(error.message, /^Line 3 /);
        return true;
      });
      assert.equal(store.stats().keyCount, 1);
      assert.equal(store.has(keyBytes('first')), true);
      await store.close();
    });
  }

  it('takes an export back that was read line by line, whatever line breaks are in keys and values', async () => {
    const texts = ['\n', '\r\n', '\u2028', '\u2029', '\x85', '\v\f', '\\u2028'];
    const from = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, new SimulatedDisk());
    for (const text of texts) await from.put(Buffer.from(`${text}a`), Buffer.from(`b${text}${text}`));
    const input = Readable.from([...from.exportLines()].map((line) => `${line}\n`));
    const to = await Store.open(STORE_DIRECTORY, QUIET_OPTIONS, new SimulatedDisk());
    assert.deepEqual(await to.importLines(createInterface({ input })), { imported: texts.length, expired: 0 });
    assert.deepEqual([...to.entries()], [...from.entries()]);
    await from.close();
    await to.close();
  });
});
