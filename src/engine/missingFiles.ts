/** Files of an open store that somebody deleted or moved away: what is written to them goes with the last descriptor. */

import type { LiveLog } from './liveLog.ts';
import type { Segment } from './segment.ts';
import { StrataError } from './strataError.ts';

/** Throws `FILES_GONE`, which says how much was in them, unless every segment is where it was opened. */
export function checkFilesRemain(log: LiveLog): void {
  const segments = log.segments.live();
  const gone = segments.filter((segment) => isGone(log, segment));
  if (gone.length === 0) return;
  const keyCount = gone.reduce((sum, { slot }) => sum + log.keydir.usage(slot).liveCount, 0);
  const files =
    gone.length === segments.length
      ? `All files of the store ${log.directory} are gone`
      : `${gone.length} of the ${segments.length} segment files of the store ${log.directory} are gone (${namesOf(gone)})`;
  throw new StrataError(
    'FILES_GONE',
    `${files}: they were deleted or moved away while it was open. The values of ${keyCount} of its ${log.keydir.count} keys were in them. Put the files back, or restore a copy of the store.`,
  );
}

/** A shorter file of the name is another one: the log only grows. */
function isGone({ storage, directory }: LiveLog, { fileName, sizeBytes }: Segment): boolean {
  const foundBytes = storage.fileSize(storage.join(directory, fileName));
  return foundBytes === undefined || foundBytes < sizeBytes;
}

function namesOf(segments: readonly Segment[]): string {
  const names = segments.slice(0, 3).map(({ fileName }) => fileName);
  return segments.length > names.length ? `${names.join(', ')} and others` : names.join(', ');
}
