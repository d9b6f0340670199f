/** Bytes of a record as text for VS Code's text editor. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatHexDump } from '../shared/hexDump.ts';
import { isJson, toManyLines } from '../shared/jsonLayout.ts';
import { decodeUtf8, formatKeyLabel } from '../shared/keyText.ts';

/** Longer JSON is shown as it stands: laying it out would hold up the extension host. */
const MAX_LAYOUT_BYTES = 0x10_0000;
/** Bytes that are dumped at once. */
const PIECE_BYTES = 0x1_0000;

export interface RecordText {
  readonly text: string;
  readonly extension: '.json' | '.txt' | '.hex.txt';
}

export async function recordText(value: Uint8Array): Promise<RecordText> {
  const plain = decodeUtf8(value);
  if (plain === undefined) return { text: await hexDump(value), extension: '.hex.txt' };
  if (value.length > MAX_LAYOUT_BYTES || !isJson(plain)) return { text: plain, extension: '.txt' };
  return { text: `${toManyLines(plain)}\n`, extension: '.json' };
}

/** The key as a name in a path. */
export function recordName(key: Uint8Array): string {
  return formatKeyLabel(key).replaceAll('/', '∕') || 'record';
}

/** A piece at a time, with other work in between. */
async function hexDump(bytes: Uint8Array): Promise<string> {
  let text = '';
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    text += formatHexDump(bytes, start, Math.min(bytes.length, start + PIECE_BYTES));
    await nextTurn();
  }
  return text;
}
