/** The store as an abstract-level database: `dist/level.mjs`. */

export {
  type StrataBatchOperation,
  type StrataChainedBatch,
  StrataLevel,
  type StrataLevelOptions,
} from './strataLevel.ts';
