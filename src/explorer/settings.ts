/** The extension's settings, read where they are needed; `package.json` describes each and gives its default. */

import type * as vscode from 'vscode';
import { NUMBER, oneOf, readSetting, readTextList, SWITCH, TEXT } from '../checkedSettings.ts';
import type { EmbeddedStoreOptions } from '../shared/embeddedStore.ts';
import { parseKeyText } from '../shared/keyText.ts';

const MIB = 1024 * 1024;
const DEFAULT_DELIMITER = Uint8Array.of(0x2f);
const DURABILITY = oneOf('fsync', 'dsync', 'interval', 'os');
const OWN_PROCESS = oneOf('large', 'always', 'never');

/** At least one byte. The setting takes the escapes of keys; what cannot be read counts as `/`. */
export function keyDelimiter(): Uint8Array {
  const parsed = parseKeyText(readSetting('keyDelimiter', TEXT));
  return parsed.ok && parsed.key.length > 0 ? parsed.key : DEFAULT_DELIMITER;
}

/** Children of a folder that are listed at once. */
export function pageSize(): number {
  return clampedNumber('pageSize', 10, 10_000);
}

export function confirmDelete(): boolean {
  return readSetting('confirmDelete', SWITCH);
}

/** Whether stores that were open when the window closed are opened again with it. */
export function reopenStores(): boolean {
  return readSetting('reopenStores', SWITCH);
}

/** Values beyond this are shown in part and cannot be edited. */
export function maxEditorValueSizeBytes(): number {
  return clampedNumber('maxEditorValueSizeKB', 1, 64 * 1024) * 1024;
}

export function storeExclude(): string {
  return readSetting('exclude', TEXT);
}

/** Paths of stores as they are written in the settings that hold for `scope`. */
export function storePaths(scope: vscode.WorkspaceFolder | undefined): readonly string[] {
  return readTextList('stores', scope);
}

export function engineOptions(): Pick<EmbeddedStoreOptions, 'durability' | 'maxSegmentSizeBytes' | 'ownProcess'> {
  const durability = readSetting('durability', DURABILITY);
  return {
    durability: durability === 'interval' ? { intervalMs: clampedNumber('flushIntervalMs', 1, 60_000) } : durability,
    maxSegmentSizeBytes: clampedNumber('maxSegmentSizeMB', 1, 4095) * MIB,
    ownProcess: readSetting('ownProcess', OWN_PROCESS),
  };
}

/** A settings file can hold any number, whatever `package.json` says of its range. */
function clampedNumber(name: string, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(readSetting(name, NUMBER))));
}
