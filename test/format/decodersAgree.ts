/** Compares what src/format and the second decoder make of the same bytes. */

import assert from 'node:assert/strict';
import type { Keydir } from '../../src/engine/keydir.ts';
import type { KeydirRecord } from '../../src/engine/keydirEntries.ts';
import { loadSnapshot } from '../../src/engine/snapshotFile.ts';
import { crc32 } from '../../src/format/crc32.ts';
import { decodeFileHeader } from '../../src/format/fileHeader.ts';
import { SNAPSHOT_NAME } from '../../src/format/fileName.ts';
import { decodeHintFile, type HintEntry } from '../../src/format/hintFile.ts';
import { OPERATION, SNAPSHOT } from '../../src/format/layout.ts';
import { decodeManifest } from '../../src/format/manifest.ts';
import { type ScanLog, scanToLog } from '../support/scanLog.ts';
import { soleFileStorage } from '../support/soleFileStorage.ts';
import {
  type ReadSnapshot,
  readHeader,
  readHintFile,
  readManifest,
  readSegment,
  readSnapshot,
} from './secondDecoder.ts';

export function assertHeadersAgree(bytes: Uint8Array): void {
  const first = decodeFileHeader(bytes, crc32);
  const second = readHeader(bytes);
  if (!first.ok) {
    assert.equal(second, first.problem);
    return;
  }
  const { kind, id, createdMs: created, checksum } = first.header;
  assert.deepEqual(second, { kind, id, created, checksum });
}

export function assertSegmentsAgree(bytes: Uint8Array, segmentId: number): ScanLog {
  const first = scanToLog(bytes, { segmentId });
  const second = readSegment(bytes, segmentId);
  assert.deepEqual(first.records, second.records);
  assert.deepEqual(
    first.damages.map(({ offsetBytes, sizeBytes, reason, reachesEnd }) => {
      return { offset: offsetBytes, size: sizeBytes, reason, reachesEnd };
    }),
    second.damages,
  );
  assert.deepEqual(
    first.batches.map(({ frameOffsetBytes, endOffsetBytes, complete }) => {
      return { frameOffset: frameOffsetBytes, end: endOffsetBytes, complete };
    }),
    second.batches,
  );
  return first;
}

export function assertManifestsAgree(bytes: Uint8Array): void {
  const first = decodeManifest(bytes, crc32);
  const second = readManifest(bytes);
  if (!first.ok) {
    assert.equal(second, first.problem);
    return;
  }
  const { generation, nextSegmentId, sequenceFloor, createdMs: created, segments } = first.manifest;
  assert.deepEqual(second, {
    generation,
    nextSegmentId,
    sequenceFloor,
    created,
    segments: segments.map(({ segmentId: id, state, durableSizeBytes: durableSize, minSequence, maxSequence }) => {
      return { id, sealed: state === 'sealed', durableSize, minSequence, maxSequence };
    }),
  });
}

export function assertHintFilesAgree(bytes: Uint8Array): void {
  const entries: object[] = [];
  const first = decodeHintFile(bytes, crc32, { entry: (entry) => entries.push(describeHint(entry)) });
  const second = readHintFile(bytes);
  if (!first.ok) {
    assert.equal(second, first.problem);
    return;
  }
  const { segmentId, segmentSizeBytes: segmentSize, segmentHeaderChecksum } = first.summary;
  assert.deepEqual(second, { segmentId, segmentSize, segmentHeaderChecksum, entries });
}

function describeHint({ operation, offsetBytes, valueLength, sequence, expiryMs, key }: HintEntry) {
  return {
    operation: operation === OPERATION.del ? 'del' : 'put',
    offset: offsetBytes,
    valueLength,
    sequence,
    expiry: expiryMs,
    key: Buffer.from(key).toString('hex'),
  };
}

/** The second decoder looks more closely (at hashes and order), so only what it believes is compared. */
export function assertSnapshotsAgree(bytes: Uint8Array): ReadSnapshot | string {
  const first = loadSnapshot(soleFileStorage(SNAPSHOT_NAME, bytes), '', () => undefined);
  const second = readSnapshot(bytes);
  assert.ok(first !== undefined);
  if (!first.ok) {
    // The engine calls every problem behind the head a wrong checksum, and knows only tables of 256 shards.
    if (first.reason !== 'bad-file-checksum') assert.equal(second, first.reason);
    else if (bytes[SNAPSHOT.shardBits] === 8) assert.equal(typeof second, 'string');
    return second;
  }
  if (typeof second === 'string') return second;
  const { keydir, head } = first;
  assert.equal(keydir.count, second.entries.length);
  assert.equal(head.lastSequence, second.lastSequence);
  assert.deepEqual(
    head.segments.map(({ segmentId, coveredSizeBytes, ...rest }) => {
      return { id: segmentId, coveredSize: coveredSizeBytes, ...rest };
    }),
    second.segments,
  );
  for (const expected of second.entries) {
    const { segmentId, offset, valueLength, sequence, expiry } = expected;
    const slot = head.segments.findIndex((segment) => segment.segmentId === segmentId);
    const found = { slot, offsetBytes: offset, valueLength, sequence, expiryMs: expiry };
    assert.deepEqual(lookUp(keydir, Buffer.from(expected.key, 'hex')), found);
  }
  return second;
}

function lookUp(keydir: Keydir, key: Uint8Array): KeydirRecord | undefined {
  const record: KeydirRecord = { slot: 0, offsetBytes: 0, valueLength: 0, sequence: 0, expiryMs: 0 };
  const entry = keydir.find(key, 0, key.length);
  return entry !== -1 && keydir.read(entry, record) ? record : undefined;
}
