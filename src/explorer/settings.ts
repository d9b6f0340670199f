/** The extension's settings, read where they are needed; `package.json` describes each and gives its default. */

import * as vscode from 'vscode';
import type { EmbeddedStoreOptions } from '../shared/embeddedStore.ts';
import { parseKeyText } from '../shared/keyText.ts';

const MIB = 1024 * 1024;
const DEFAULT_DELIMITER = Uint8Array.of(0x2f);

function read<T>(name: string): T {
  return vscode.workspace.getConfiguration('strata').get(name) as T;
}

/** At least one byte. The setting takes the escapes of keys; what cannot be read counts as `/`. */
export function keyDelimiter(): Uint8Array {
  const parsed = parseKeyText(read('keyDelimiter'));
  return parsed.ok && parsed.key.length > 0 ? parsed.key : DEFAULT_DELIMITER;
}

/** Children of a folder that are listed at once. */
export function pageSize(): number {
  return clamp(read('pageSize'), 10, 10_000);
}

export function confirmDelete(): boolean {
  return read('confirmDelete');
}

/** Whether stores that were open when the window closed are opened again with it. */
export function reopenStores(): boolean {
  return read('reopenStores');
}

/** Values beyond this are shown in part and cannot be edited. */
export function maxEditorValueSizeBytes(): number {
  return clamp(read('maxEditorValueSizeKB'), 1, 64 * 1024) * 1024;
}

export function storeExclude(): string {
  return read('exclude');
}

/** Paths of stores as they are written in the settings that hold for `scope`. */
export function storePaths(scope: vscode.WorkspaceFolder | undefined): readonly string[] {
  return vscode.workspace.getConfiguration('strata', scope).get<string[]>('stores', []);
}

export function engineOptions(): Pick<EmbeddedStoreOptions, 'durability' | 'maxSegmentSizeBytes' | 'ownProcess'> {
  const durability = read<'fsync' | 'dsync' | 'interval' | 'os'>('durability');
  return {
    durability: durability === 'interval' ? { intervalMs: clamp(read('flushIntervalMs'), 1, 60_000) } : durability,
    maxSegmentSizeBytes: clamp(read('maxSegmentSizeMB'), 1, 4095) * MIB,
    ownProcess: read('ownProcess'),
  };
}

/** A settings file can hold any number, whatever `package.json` says of its range. */
function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Math.round(value)));
}
