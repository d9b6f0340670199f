/** Every small change that can happen to the bytes of a file. */

export interface ByteChange {
  /** The changed bytes: valid until the next change is asked for. */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly description: string;
}

/** Each byte with each of its bits flipped, as 0 and as 0xFF. */
export function* everyByteChange(original: Uint8Array): Generator<ByteChange> {
  const bytes = original.slice();
  for (let at = 0; at < bytes.length; at++) {
    const before = bytes[at] as number;
    const changes = new Set([0, 1, 2, 3, 4, 5, 6, 7].map((bit) => before ^ (1 << bit)));
    changes.add(0).add(0xff).delete(before);
    for (const after of changes) {
      bytes[at] = after;
      yield { bytes, at, description: `byte ${at}: ${before.toString(16)} became ${after.toString(16)}` };
    }
    bytes[at] = before;
  }
}

/** The file cut to every length from 0 to one less than its own. */
export function* everyTruncation(original: Uint8Array): Generator<Uint8Array> {
  for (let sizeBytes = 0; sizeBytes < original.length; sizeBytes++) yield original.subarray(0, sizeBytes);
}
