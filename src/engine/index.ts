/** The engine as a library: `dist/engine.mjs`. */

export type {
  BatchOperation,
  CompactionReport,
  Durability,
  FileDamage,
  HistoryOptions,
  KeyInfo,
  KeyRange,
  PutOptions,
  RecordLocation,
  RecordVersion,
  RecoveryReport,
  ReplayReport,
  SegmentStats,
  StoreOptions,
  StoreStats,
  TaskOptions,
  VerifyReport,
} from './api.ts';
export {
  type CompactionPolicy,
  DEFAULT_COMPACTION_POLICY,
  planCompaction,
  type SealedSegmentStats,
} from './compactionPlan.ts';
export { type SalvageReport, salvageStore } from './salvage.ts';
export { Store, type StoreEvent } from './store.ts';
export type { StateIterator, StoreSnapshot } from './storeSnapshot.ts';
export { type DamagedRange, StrataError, type StrataErrorCode } from './strataError.ts';
export type { ExportedEntry, ImportReport } from './textExchange.ts';
