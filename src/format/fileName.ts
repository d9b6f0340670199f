/** Every file name of a store is made and parsed here. */

import { MAX_SEGMENT_ID } from './layout.ts';

export const SEGMENT_EXTENSION = '.seg';
export const HINT_EXTENSION = '.hint';
/** Marks a file that is being written; it becomes live by a rename, or is deleted at the next open. */
export const TEMPORARY_EXTENSION = '.tmp';
export const MANIFEST_NAME = 'MANIFEST';
export const SNAPSHOT_NAME = 'KEYDIR';
export const LOCK_NAME = 'LOCK';

const ID_DIGITS = 12;

export function segmentFileName(segmentId: number): string {
  return String(segmentId).padStart(ID_DIGITS, '0') + SEGMENT_EXTENSION;
}

export function hintFileName(segmentId: number): string {
  return String(segmentId).padStart(ID_DIGITS, '0') + HINT_EXTENSION;
}

/** The id in a segment's file name, or undefined for another file. */
export function parseSegmentFileName(name: string): number | undefined {
  return parseId(name, SEGMENT_EXTENSION);
}

/** The segment's id in a hint file's name, or undefined for another file. */
export function parseHintFileName(name: string): number | undefined {
  return parseId(name, HINT_EXTENSION);
}

function parseId(name: string, extension: string): number | undefined {
  if (!name.endsWith(extension)) return undefined;
  const digits = name.slice(0, -extension.length);
  if (digits.length !== ID_DIGITS || !/^\d+$/.test(digits)) return undefined;
  const id = Number(digits);
  return id >= 1 && id <= MAX_SEGMENT_ID ? id : undefined;
}
