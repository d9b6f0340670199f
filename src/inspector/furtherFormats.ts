/** Log formats of other extensions, which give the inspector's thread a module that makes them. */

import { createRequire } from 'node:module';
import { messageOf } from '../shared/messageOf.ts';
import { LOG_FORMATS } from './formatRegistry.ts';
import { type LogFormat, LogRecord, NONE } from './logFormat.ts';

/** What such a module exports, as CommonJS `module.exports`. It runs without `vscode`, in the thread of each editor. */
export type LogFormatModule = (strata: {
  readonly LogRecord: typeof LogRecord;
  readonly NONE: typeof NONE;
}) => readonly LogFormat[];

/**
 * Own formats come first. Modules are loaded only for files that these do not know, so that a broken one harms no other.
 * Nor does it keep the formats after it from being asked: `onProblem` is told of it each time, in one sentence. The
 * first problem is thrown at the end, when no format has known the file: it may be one of theirs.
 */
export function formatsWith(modulePaths: readonly string[], onProblem: (message: string) => void): Iterable<LogFormat> {
  return {
    *[Symbol.iterator]() {
      yield* LOG_FORMATS;
      const problems: Error[] = [];
      const attempt = <T>(what: string, step: () => T, otherwise: T): T => {
        try {
          return step();
        } catch (error) {
          // Node appends the way by which it came to a module, in further lines.
          const [reason] = messageOf(error).split('\n', 1);
          const problem = new Error(`${what}: ${reason}`, { cause: error });
          problems.push(problem);
          onProblem(problem.message);
          return otherwise;
        }
      };
      for (const modulePath of modulePaths) {
        yield* attempt(`The module of log formats ${modulePath} cannot be loaded`, () => {
          const makeFormats: LogFormatModule = createRequire(modulePath)(modulePath);
          return [...makeFormats({ LogRecord, NONE })].map((format): LogFormat => {
            const { id, name } = format;
            const words = `The log format ${name} of ${modulePath} cannot tell whether a file is its own`;
            return {
              id,
              name,
              open: (start) => format.open(start),
              detect: (start) => attempt(words, () => format.detect(start), false),
            };
          });
        }, []);
      }
      if (problems[0] !== undefined) throw problems[0];
    },
  };
}
