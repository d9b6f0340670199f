import type { IndexProgress } from '../../src/shared/inspectorRows.ts';

/** Progress in a file of 100 rows, 10 bytes each. */
export function indexed(indexedBytes: number, quick?: 'reading' | 'shown'): IndexProgress {
  return {
    rowCount: indexedBytes / 10,
    recordCount: indexedBytes / 10,
    indexedBytes,
    sizeBytes: 1000,
    done: indexedBytes === 1000,
    operationCounts: [],
    damage: { ranges: 0, bytes: 0 },
    incompleteGroups: 0,
    ...(quick === undefined ? {} : { quick: { source: 'hint file', state: quick, share: 0.5 } }),
  };
}
