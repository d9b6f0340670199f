/** Sums of bytes by equal blocks of the file, in bounded memory: blocks double in size when the file outgrows them. */

/** As many as a strip on a wide screen has pixels to show. */
const OVERVIEW_BLOCKS = 1024;
const SMALLEST_BLOCK_BYTES = 64;

export class OverviewBlocks {
  readonly recordBytes = new Float64Array(OVERVIEW_BLOCKS);
  readonly damagedBytes = new Float64Array(OVERVIEW_BLOCKS);
  #blockSizeBytes = SMALLEST_BLOCK_BYTES;

  get blockSizeBytes(): number {
    return this.#blockSizeBytes;
  }

  /** Makes room for a file of that size. */
  cover(fileSizeBytes: number): void {
    while (this.#blockSizeBytes * OVERVIEW_BLOCKS < fileSizeBytes) {
      fold(this.recordBytes);
      fold(this.damagedBytes);
      this.#blockSizeBytes *= 2;
    }
  }

  /** Adds a record's bytes to the block in which it starts. `sign` -1 takes them back. */
  addRecord(offsetBytes: number, sizeBytes: number, sign: 1 | -1): void {
    const block = Math.floor(offsetBytes / this.#blockSizeBytes);
    this.recordBytes[block] = (this.recordBytes[block] ?? 0) + sign * sizeBytes;
  }

  /** Adds a damaged range to all blocks it touches. */
  addDamage(offsetBytes: number, sizeBytes: number, sign: 1 | -1): void {
    const size = this.#blockSizeBytes;
    const end = offsetBytes + sizeBytes;
    const last = Math.min(OVERVIEW_BLOCKS - 1, Math.floor((end - 1) / size));
    for (let block = Math.floor(offsetBytes / size); block <= last; block++) {
      const overlap = Math.min(end, (block + 1) * size) - Math.max(offsetBytes, block * size);
      this.damagedBytes[block] = (this.damagedBytes[block] ?? 0) + sign * overlap;
    }
  }

  clear(): void {
    this.recordBytes.fill(0);
    this.damagedBytes.fill(0);
  }
}

function fold(blocks: Float64Array): void {
  const half = blocks.length / 2;
  for (let at = 0; at < half; at++) blocks[at] = (blocks[2 * at] as number) + (blocks[2 * at + 1] as number);
  blocks.fill(0, half);
}
