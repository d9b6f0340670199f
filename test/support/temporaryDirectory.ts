/** Directories under the operating system's one for temporary files, removed after the tests of a file. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TemporaryDirectories {
  /** A new, empty directory. */
  make(): string;
}

/** To be called in a `describe`: removes what was made when its tests are over. */
export function temporaryDirectories(): TemporaryDirectories {
  const made: string[] = [];
  after(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return {
    make: () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'strata-format-'));
      made.push(directory);
      return directory;
    },
  };
}
