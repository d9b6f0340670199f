/** The store as an abstract-level database: `dist/level.mjs`. */

export { StrataLevel, type StrataLevelOptions } from './strataLevel.ts';
