/**
 * Addresses of values in editors: `strata-value:/cities/CH/ZH/Zurich.json?store=...&key=...&view=json`. The path is for
 * people (tab, breadcrumbs) and for the language of the editor; only the query says which value it is.
 */

import * as vscode from 'vscode';
import { formatKey } from '../../shared/keyText.ts';
import { foldersOf, keyToHex, nameWithin } from '../keyPath.ts';
import type { StoreEntry } from '../storeEntry.ts';
import { VALUE_VIEWS, type ValueView } from './valueText.ts';

export const VALUE_SCHEME = 'strata-value';

export interface ValueAddress {
  readonly storeId: string;
  readonly key: Uint8Array;
  readonly view: ValueView;
  /** The version with this sequence number; absent: the current value. */
  readonly sequence?: number | undefined;
}

/** Longer names make tabs and breadcrumbs useless. */
const MAX_NAME_CHARACTERS = 80;

const EXTENSIONS: Readonly<Record<ValueView, string>> = { json: '.json', text: '.txt', hex: '.hex' };

export function valueUri(entry: StoreEntry, address: Omit<ValueAddress, 'storeId'>, delimiter: Uint8Array): vscode.Uri {
  const { key, view, sequence } = address;
  const query = new URLSearchParams({ store: entry.id, key: keyToHex(key), view });
  if (sequence !== undefined) query.set('sequence', String(sequence));
  const folders = foldersOf(key, delimiter);
  const names = folders.map((folder, index) => pathName(withoutEnd(nameWithin(folder, folders[index - 1]), delimiter)));
  const name = pathName(nameWithin(key, folders.at(-1)));
  const version = sequence === undefined ? '' : ` #${sequence}`;
  const path = ['', pathName(new TextEncoder().encode(entry.name)), ...names, fileName(name + version, view)].join('/');
  return vscode.Uri.from({ scheme: VALUE_SCHEME, path, query: query.toString() });
}

/** Undefined for a URI that is no address of a value. */
export function parseValueUri(uri: vscode.Uri): ValueAddress | undefined {
  if (uri.scheme !== VALUE_SCHEME) return undefined;
  const query = new URLSearchParams(uri.query);
  const storeId = query.get('store');
  const key = query.get('key');
  const view = VALUE_VIEWS.find((each) => each === query.get('view'));
  if (storeId === null || key === null || view === undefined || !/^([0-9a-f]{2})+$/.test(key)) return undefined;
  const sequence = query.get('sequence');
  const address = { storeId, key: Uint8Array.from(Buffer.from(key, 'hex')), view };
  return sequence === null ? address : { ...address, sequence: Number(sequence) };
}

/** A name that already has an extension keeps it: `app.yaml` is edited as YAML. */
function fileName(name: string, view: ValueView): string {
  const extension = EXTENSIONS[view];
  const keepsItsOwn = view === 'text' ? /\.[A-Za-z][A-Za-z0-9]{0,9}$/.test(name) : name.endsWith(extension);
  return keepsItsOwn ? name : name + extension;
}

/** A part of a key as a part of a path: no slashes, no dots alone, never empty. */
function pathName(part: Uint8Array): string {
  const text = formatKey(part).replaceAll('/', '%2F').replaceAll('\\\\', '%5C').replaceAll('\\x', '%');
  const short = text.length <= MAX_NAME_CHARACTERS ? text : `${[...text].slice(0, MAX_NAME_CHARACTERS - 1).join('')}…`;
  if (short === '') return '(empty)';
  return /^\.+$/.test(short) ? short.replaceAll('.', '%2E') : short;
}

function withoutEnd(bytes: Uint8Array, end: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - end.length);
}
