import { cleanUp } from './cleanUp.ts';
import type { Storage } from './storage.ts';

/** Removes all files of a directory that can be removed, and throws nothing: after an error, which matters more. */
export function emptyDirectory(storage: Storage, directory: string): void {
  cleanUp([
    () => {
      const names = storage.list(directory) ?? [];
      cleanUp(names.map((name) => () => storage.remove(storage.join(directory, name))));
    },
  ]);
}
