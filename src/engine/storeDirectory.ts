/** The directory of a store, as callers name it. */

import type { Storage } from './storage.ts';
import { StrataError } from './strataError.ts';

/**
 * As an absolute path, so that the store stays where it is when the process changes its working directory. Throws
 * `INVALID_OPTION` for what cannot be one: to the operating system, an empty path is the working directory.
 */
export function storeDirectory(storage: Storage, directory: string): string {
  if (typeof directory === 'string' && directory !== '' && !directory.includes('\0'))
    return storage.absolute(directory);
  throw new StrataError('INVALID_OPTION', 'A directory must be given as its path: a string that is not empty.');
}
