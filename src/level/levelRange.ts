import type { KeyRange } from '../engine/api.ts';
import { compareBytes } from '../engine/keyRange.ts';
import { type LevelData, toStoreKey } from './levelData.ts';

export interface LevelRangeOptions {
  readonly gt?: LevelData;
  readonly gte?: LevelData;
  readonly lt?: LevelData;
  readonly lte?: LevelData;
  readonly reverse?: boolean;
}

/** In abstract-level `gte` wins over `gt` and `lte` over `lt`; the engine gets only the one that counts. */
export function toStoreRange(options: LevelRangeOptions): KeyRange {
  const { gt, gte, lt, lte, reverse = false } = options;
  return {
    reverse,
    ...(gte !== undefined ? { gte: toStoreKey(gte) } : gt !== undefined ? { gt: toStoreKey(gt) } : {}),
    ...(lte !== undefined ? { lte: toStoreKey(lte) } : lt !== undefined ? { lt: toStoreKey(lt) } : {}),
  };
}

/** The rest of a range after `key`, in its direction. */
export function restBehind(range: KeyRange, key: Uint8Array): KeyRange {
  if (range.reverse === true) {
    const { lte: _, ...rest } = range;
    return { ...rest, lt: key };
  }
  const { gte: _, ...rest } = range;
  return { ...rest, gt: key };
}

/** The rest of a range from `target` on, in its direction; undefined when `target` lies outside. */
export function restFrom(range: KeyRange, target: Uint8Array): KeyRange | undefined {
  const { gt, gte, lt, lte, reverse } = range;
  if (gte !== undefined && compareBytes(target, gte) < 0) return undefined;
  if (gt !== undefined && compareBytes(target, gt) <= 0) return undefined;
  if (lte !== undefined && compareBytes(target, lte) > 0) return undefined;
  if (lt !== undefined && compareBytes(target, lt) >= 0) return undefined;
  if (reverse === true) {
    const { lt: _, ...rest } = range;
    return { ...rest, lte: target };
  }
  const { gt: _, ...rest } = range;
  return { ...rest, gte: target };
}
