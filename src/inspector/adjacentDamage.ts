/** Goes from a row to the damaged range before or after it. */

import type { DamageLocated } from '../shared/inspectorMessages.ts';
import type { IndexedFile } from './indexedFile.ts';
import type { CompiledFilter } from './recordFilter.ts';
import { type RowVisitor, SCAN_CHUNK_BYTES } from './rowWalk.ts';
import type { Checkpoint } from './sparseIndex.ts';

const ONLY_DAMAGE: CompiledFilter = { record: () => false, damage: () => true, states: undefined };

/** Goes round: after the last damaged range comes the first. Undefined: there is none. */
export async function adjacentDamage(
  file: IndexedFile,
  row: number,
  direction: 'next' | 'previous',
): Promise<DamageLocated | undefined> {
  const { damages } = file.index;
  const total = damages.count;
  const before = await damagesBefore(file, direction === 'next' ? row + 1 : row, total);
  const wanted = direction === 'next' ? before : before - 1;
  const at = (wanted + total) % total;
  let found: DamageLocated | undefined;
  await walkDamages(file, damages.before(at), (visited) => {
    if (visited.position !== at) return false;
    const { offsetBytes } = visited.entry;
    found = { position: visited.row, row: visited.row, offsetBytes, ordinal: at + 1, total };
    return true;
  });
  return found;
}

/** How many of the first `total` damaged ranges stand before a row. */
async function damagesBefore(file: IndexedFile, row: number, total: number): Promise<number> {
  const { damages } = file.index;
  const from = damages.search((place) => place.row < row);
  let count = from?.position ?? 0;
  // The list may hold only every Nth; those in between are found by reading.
  const last = Math.min(count + damages.stride, total) - 1;
  await walkDamages(file, from, (visited) => {
    if (visited.row < row) count = visited.position + 1;
    return visited.row >= row || visited.position >= last;
  });
  return count;
}

function walkDamages(file: IndexedFile, from: Checkpoint | undefined, visit: RowVisitor): Promise<boolean> {
  return file.walkRows({ from, filter: ONLY_DAMAGE }, visit, SCAN_CHUNK_BYTES);
}
