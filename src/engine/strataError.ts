/** Every error the engine throws: a stable code for programs and a sentence that says what to do. */

export type StrataErrorCode =
  /** Another process has the store open for writing. */
  | 'STORE_LOCKED'
  | 'STORE_NOT_FOUND'
  | 'STORE_EXISTS'
  /** A new store was to be written into a directory that holds something. */
  | 'TARGET_NOT_EMPTY'
  | 'STORE_CLOSED'
  /** Bytes that should be records are not. `damage` lists them. */
  | 'STORE_DAMAGED'
  /** An earlier write or sync failed in a way that only reopening can mend. */
  | 'STORE_FAILED'
  /** Segment files of the open store were deleted or moved away. */
  | 'FILES_GONE'
  | 'READ_ONLY'
  | 'INVALID_KEY'
  | 'INVALID_VALUE'
  | 'INVALID_OPTION'
  | 'BATCH_TOO_LARGE'
  /** The keydir holds as many keys as it can: about 130 million. */
  | 'TOO_MANY_KEYS'
  | 'UNSUPPORTED_VERSION'
  | 'DISK_FULL'
  | 'PERMISSION_DENIED'
  | 'TOO_MANY_OPEN_FILES'
  | 'IO_ERROR'
  /** The caller's signal was aborted, or the store was closed. It is as good as before. */
  | 'ABORTED'
  | 'BUSY'
  | 'IMPORT_INVALID';

export interface DamagedRange {
  readonly fileName: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly reason: string;
}

export class StrataError extends Error {
  readonly code: StrataErrorCode;
  /** Only with `STORE_DAMAGED`. */
  readonly damage: readonly DamagedRange[];

  constructor(
    code: StrataErrorCode,
    message: string,
    options: { cause?: unknown; damage?: readonly DamagedRange[] } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StrataError';
    this.code = code;
    this.damage = options.damage ?? [];
  }
}

const CODES: Readonly<Record<string, { readonly code: StrataErrorCode; readonly advice: string }>> = {
  ENOSPC: { code: 'DISK_FULL', advice: 'The disk is full: free some space and try again' },
  EDQUOT: { code: 'DISK_FULL', advice: 'The disk quota is used up: free some space and try again' },
  EACCES: { code: 'PERMISSION_DENIED', advice: 'Permission is missing: check the owner and mode of the directory' },
  EPERM: { code: 'PERMISSION_DENIED', advice: 'Permission is missing: check the owner and mode of the directory' },
  EROFS: { code: 'PERMISSION_DENIED', advice: 'The file system is read-only: open the store with readOnly' },
  ENOTDIR: { code: 'STORE_NOT_FOUND', advice: 'A file is where a directory should be: choose another directory' },
  EEXIST: { code: 'STORE_NOT_FOUND', advice: 'A file is where a directory should be: choose another directory' },
  EMFILE: { code: 'TOO_MANY_OPEN_FILES', advice: 'The process has too many open files: close some or raise the limit' },
  ENFILE: { code: 'TOO_MANY_OPEN_FILES', advice: 'The system has too many open files: close some or raise the limit' },
};

/** Wraps what the storage threw. `doing` completes the sentence "Strata failed while ...". */
export function storageError(error: unknown, doing: string): StrataError {
  if (error instanceof StrataError) return error;
  const cause = error as { code?: string; message?: string };
  const known = CODES[cause.code ?? ''];
  const detail = cause.message ?? String(error);
  const advice = known === undefined ? 'Check the disk and its connection' : known.advice;
  return new StrataError(known?.code ?? 'IO_ERROR', `Strata failed while ${doing}. ${advice}. (${detail})`, {
    cause: error,
  });
}

/** Whether a file could not be read: the operating system refused, or it is larger than Node reads at once. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || error instanceof StrataError) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return /^E[A-Z0-9]+$/.test(code) || code === 'ERR_FS_FILE_TOO_LARGE';
}

export function abortedError(doing: string, outcome = 'The store is as it was before.'): StrataError {
  return new StrataError('ABORTED', `${doing} was cancelled. ${outcome}`);
}
