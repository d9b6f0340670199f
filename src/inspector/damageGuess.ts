import type { LogDamage, LogFile, LogRecord } from './logFormat.ts';
import { type RangedFile, readBytes } from './rangedFile.ts';

/** Enough for a header and a key of usual length. */
const GUESS_BYTES = 4096;

export interface GuessSource {
  readonly logFile: LogFile;
  readonly file: Pick<RangedFile, 'read'>;
}

/** What the record at the start of a damaged range seems to say; its value may be cut. Undefined: nothing that makes sense. */
export function guessRecord({ logFile, file }: GuessSource, damage: LogDamage): LogRecord | undefined {
  return logFile.guess(readBytes(file, damage.offsetBytes, Math.min(damage.sizeBytes, GUESS_BYTES)), damage);
}
