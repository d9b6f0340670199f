import type { LogDamage, LogFile, LogRecord } from './logFormat.ts';

/** Enough for a header and a key of usual length. */
const GUESS_BYTES = 4096;

/** What the record at the start of a damaged range seems to say; its value may be cut. Undefined: nothing that makes sense. */
export function guessRecord(
  logFile: LogFile,
  damage: LogDamage,
  readBytes: (offsetBytes: number, sizeBytes: number) => Uint8Array,
): LogRecord | undefined {
  return logFile.guess(readBytes(damage.offsetBytes, Math.min(damage.sizeBytes, GUESS_BYTES)), damage);
}
