import assert from 'node:assert/strict';
import { Keydir } from '../../src/engine/keydir.ts';
import { KeyForecast } from '../../src/engine/keyForecast.ts';

const RECORD_SIZE = 152;
const STEP_RECORDS = 2000;
/** A slot of the hash table has four bytes, and a table at least 3/8 of its slots filled unless it was given more. */
const MOST_BYTES_A_KEY = (4 * 8) / 3;

/** Puts keys as a log of equal records would, and tells the forecast of each step. */
function load(keydir: Keydir, forecast: KeyForecast, keyCount: number, afterStep: () => void = () => undefined): void {
  const record = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 1, expiryMs: 0 };
  for (let start = 0; start < keyCount; start += STEP_RECORDS) {
    const end = Math.min(start + STEP_RECORDS, keyCount);
    for (let index = start; index < end; index++) {
      const key = Buffer.from(`key ${index}`);
      keydir.put(key, 0, key.length, record);
    }
    forecast.advance((end - start) * RECORD_SIZE);
    afterStep();
  }
}

describe('The forecast of how many keys a log has', () => {
  it('gives the hash table its last size after a small part of the log', () => {
    const keyCount = 60_000;
    const keydir = new Keydir(3);
    const sizes: number[] = [];
    const forecast = new KeyForecast(keydir, keyCount * RECORD_SIZE);
    load(keydir, forecast, keyCount, () => sizes.push(keydir.parts.table.allocatedBytes));
    const [first, , third] = sizes as [number, number, number];
    assert.ok(first < third);
    assert.ok(third <= keyCount * MOST_BYTES_A_KEY);
    assert.deepEqual(new Set(sizes.slice(2)), new Set([third]));
    assert.equal(keydir.count, keyCount);
  });

  it('believes little of a log whose first keys are not typical', () => {
    const keyCount = 10_000;
    const keydir = new Keydir(3);
    load(keydir, new KeyForecast(keydir, Number.MAX_SAFE_INTEGER), keyCount);
    assert.ok(keydir.parts.table.allocatedBytes <= 17 * keyCount * MOST_BYTES_A_KEY);
    assert.equal(keydir.count, keyCount);
  });

  it('expects nothing of a log without keys, nor behind its end', () => {
    const keydir = new Keydir(3);
    const { allocatedBytes } = keydir;
    new KeyForecast(keydir, 2 ** 30).advance(2 ** 20);
    assert.equal(keydir.allocatedBytes, allocatedBytes);
    const forecast = new KeyForecast(keydir, 0);
    load(keydir, forecast, 5000);
    const ofTable = keydir.parts.table.allocatedBytes;
    forecast.advance(2 ** 30);
    assert.equal(keydir.parts.table.allocatedBytes, ofTable);
  });

  it('counts only the keys that the log has brought', () => {
    const keydir = new Keydir(3);
    load(keydir, new KeyForecast(keydir, 0), 20_000);
    const { allocatedBytes } = keydir.parts.table;
    // The same keys again: none is new.
    load(keydir, new KeyForecast(keydir, 2 ** 30), 20_000);
    assert.equal(keydir.parts.table.allocatedBytes, allocatedBytes);
  });
});
