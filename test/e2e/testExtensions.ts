import path from 'node:path';

const directory = path.join(import.meta.dirname, 'extensions');

/** Has the id, the editor and the command of the hex editor, which cannot be installed without its marketplace. */
export const hexEditorStandIn = path.join(directory, 'hexEditorStandIn');

/**
 * The schemes `other-disk` and `writable-disk`: the files of the disk, through a file system that can only be read whole,
 * and through one that can only be read and written whole.
 */
export const otherDisk = path.join(directory, 'otherDisk');

/** Teaches the inspector the format of files `*.lines`. */
export const lineFormat = path.join(directory, 'lineFormat');

/** Has a key for each theme. */
export const themeKeys = path.join(directory, 'themeKeys');
