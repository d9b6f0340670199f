/** Entries of an engine's store as its clients see them: with time and the start of the value where they ask for it. */

import type { KeyInfo, KeyRange } from '../engine/api.ts';
import type { Store } from '../engine/store.ts';
import { StrataError } from '../engine/strataError.ts';
import type { ListedChild } from './folderListing.ts';
import { type PackedBytes, unpackAllBytes } from './packedBytes.ts';
import { type LocatedChild, type LocatedEntry, packEntries } from './packedEntries.ts';
import type { FoundValue, FoundValues } from './storeProtocol.ts';
import { TimeSlice } from './timeSlice.ts';

/** Entries of a range that names no limit. */
const DEFAULT_LIMIT = 1000;

export class EntryReader {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  value(key: Uint8Array): FoundValue | undefined {
    const record = this.#store.readRecord(key);
    if (record === undefined) return undefined;
    const { value, valueSizeBytes, sequence, timestampMs, expiryMs, location } = record;
    return { value, valueSizeBytes, sequence, timestampMs, expiryMs, location };
  }

  async values(packedKeys: PackedBytes): Promise<FoundValues> {
    const keys = unpackAllBytes(packedKeys);
    const isFound = new Uint8Array(keys.length);
    const entries: LocatedEntry[] = [];
    const slice = new TimeSlice();
    for (const [index, key] of keys.entries()) {
      const found = this.value(key);
      if (slice.isOver()) await slice.next();
      if (found === undefined) continue;
      isFound[index] = 1;
      const { value, ...rest } = found;
      entries.push({ key, ...rest, valuePreview: value });
    }
    return { isFound, entries: packEntries(entries) };
  }

  /** In one state of the store, however long it takes; previews are of the newest values. */
  async list(range: KeyRange, previewBytes: number): Promise<LocatedEntry[]> {
    const limit = range.limit === undefined || range.limit < 0 ? DEFAULT_LIMIT : range.limit;
    const entries: LocatedEntry[] = [];
    const slice = new TimeSlice();
    for (const info of this.#store.keyInfos({ ...range, limit })) {
      entries.push(this.entry(info, previewBytes));
      if (slice.isOver()) await slice.next();
    }
    return entries;
  }

  async children(children: readonly ListedChild[], previewBytes: number): Promise<LocatedChild[]> {
    const located: LocatedChild[] = [];
    const slice = new TimeSlice();
    for (const child of children) {
      if (child.kind === 'folder') located.push(child);
      else located.push({ kind: 'key', path: child.path, entry: this.entry(child.info, previewBytes) });
      if (slice.isOver()) await slice.next();
    }
    return located;
  }

  /** Without a preview no record is read, and so the time is not known. */
  entry(info: KeyInfo, previewBytes: number): LocatedEntry {
    const record = previewBytes > 0 ? this.#readablePreview(info.key, previewBytes) : undefined;
    if (record === undefined) return { ...info, timestampMs: 0 };
    const { value, ...rest } = record;
    return { key: info.key, ...rest, valuePreview: value };
  }

  /** A record that cannot be read must not hide the keys beside it; whoever opens its value gets the error. */
  #readablePreview(key: Uint8Array, previewBytes: number): FoundValue | undefined {
    try {
      return this.#store.readRecord(key, { maxValueBytes: previewBytes });
    } catch (error) {
      if (error instanceof StrataError && error.code === 'STORE_DAMAGED') return undefined;
      throw error;
    }
  }
}
