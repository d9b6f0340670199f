/** Log formats of other extensions, which give the inspector's thread a module that makes them. */

import { createRequire } from 'node:module';
import { LOG_FORMATS } from './formatRegistry.ts';
import { type LogFormat, LogRecord, NONE } from './logFormat.ts';

/** What such a module exports, as CommonJS `module.exports`. It runs without `vscode`, in the thread of each editor. */
export type LogFormatModule = (strata: {
  readonly LogRecord: typeof LogRecord;
  readonly NONE: typeof NONE;
}) => readonly LogFormat[];

/** Own formats come first. Modules are loaded only for files that these do not know, so that a broken one harms no other. */
export function formatsWith(modulePaths: readonly string[]): Iterable<LogFormat> {
  return {
    *[Symbol.iterator]() {
      yield* LOG_FORMATS;
      const problems: unknown[] = [];
      for (const modulePath of modulePaths) {
        let formats: readonly LogFormat[] = [];
        try {
          const makeFormats: LogFormatModule = createRequire(modulePath)(modulePath);
          formats = makeFormats({ LogRecord, NONE });
        } catch (error) {
          problems.push(error);
        }
        yield* formats;
      }
      // No other has known the file, so it may be one of theirs.
      if (problems.length > 0) throw problems[0];
    },
  };
}
