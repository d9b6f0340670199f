import { type DataSet, KEY_SIZE_BYTES } from './dataSet.ts';

/** Bytes of values that a chunk may hold. */
const MAX_VALUE_BYTES = 32 * 1024 * 1024;

/**
 * Keys and values of the next operations, in buffers that are filled outside of the measured time and used again: what
 * is measured is the engine, not the making of its input.
 */
export class OperationChunk {
  readonly keys: readonly Buffer[];
  readonly values: readonly Buffer[];
  readonly indices: Uint32Array;
  readonly #data: DataSet;

  constructor(data: DataSet, size: number, withValues: boolean) {
    this.#data = data;
    const count = withValues ? Math.min(size, Math.floor(MAX_VALUE_BYTES / data.valueSizeBytes)) : size;
    this.keys = slices(count, KEY_SIZE_BYTES);
    this.values = withValues ? slices(count, data.valueSizeBytes) : [];
    this.indices = new Uint32Array(count);
  }

  get size(): number {
    return this.keys.length;
  }

  key(position: number): Buffer {
    return this.keys[position] as Buffer;
  }

  value(position: number): Buffer {
    return this.values[position] as Buffer;
  }

  index(position: number): number {
    return this.indices[position] as number;
  }

  setKey(position: number, index: number): void {
    this.indices[position] = index;
    this.#data.writeKey(index, this.key(position));
  }

  setMissingKey(position: number, index: number): void {
    this.indices[position] = index;
    this.#data.writeMissingKey(index, this.key(position));
  }

  setEntry(position: number, index: number, version: number): void {
    this.setKey(position, index);
    this.#data.writeValue(index, version, this.value(position));
  }
}

function slices(count: number, sizeBytes: number): Buffer[] {
  const slab = Buffer.alloc(count * sizeBytes);
  return Array.from({ length: count }, (_, position) =>
    slab.subarray(position * sizeBytes, (position + 1) * sizeBytes),
  );
}
