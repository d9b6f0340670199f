/**
 * Many small byte arrays in one message. Cloning a thousand keys one by one costs more than reading them from the
 * store; one buffer is handed to the other thread without a copy. It also keeps views of larger buffers (Node's pool,
 * a page of the keydir) from being sent whole.
 */
export interface PackedBytes {
  /** All arrays, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of each array; `ABSENT` where there was none. */
  readonly sizes: Int32Array<ArrayBuffer>;
}

const ABSENT = -1;

/** Copies; the arrays may change afterwards. */
export function packBytes(arrays: readonly (Uint8Array | undefined)[]): PackedBytes {
  const sizes = new Int32Array(arrays.length);
  let totalBytes = 0;
  for (let i = 0; i < arrays.length; i++) {
    sizes[i] = arrays[i]?.length ?? ABSENT;
    totalBytes += arrays[i]?.length ?? 0;
  }
  const bytes = new Uint8Array(totalBytes);
  let at = 0;
  for (const array of arrays) {
    if (array === undefined) continue;
    bytes.set(array, at);
    at += array.length;
  }
  return { bytes, sizes };
}

/** The arrays again, each with a buffer of its own, so that keeping one does not keep the message. */
export function unpackBytes(packed: PackedBytes): (Uint8Array | undefined)[] {
  const arrays: (Uint8Array | undefined)[] = new Array(packed.sizes.length);
  let at = 0;
  for (let i = 0; i < arrays.length; i++) {
    const size = packed.sizes[i] as number;
    if (size === ABSENT) continue;
    arrays[i] = packed.bytes.slice(at, at + size);
    at += size;
  }
  return arrays;
}

/** For lists that were packed without gaps. */
export function unpackAllBytes(packed: PackedBytes): Uint8Array[] {
  return unpackBytes(packed) as Uint8Array[];
}

/**
 * What came in a message, in a buffer that is not much larger: from a process come views of the whole message, which
 * would be kept with them, and sent on with them.
 */
export function trimmed<T extends Uint8Array | Float64Array>(array: T): T {
  if (array.byteLength * 2 >= array.buffer.byteLength) return array;
  // Not by `slice`, which of a Node `Buffer` is another view.
  return (array instanceof Float64Array ? new Float64Array(array) : new Uint8Array(array)) as T;
}

/**
 * The same bytes with a buffer to themselves (which `slice` of a Node `Buffer` does not give): sending a view would send
 * all of the buffer it looks into.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isAlone = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isAlone ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
