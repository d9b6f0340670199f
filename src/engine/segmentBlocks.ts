/** What the block cache knows of the blocks of one segment file. */

export const BLOCK_BITS = 12;
/** 4 KiB, as in the page cache. */
export const BLOCK_SIZE = 1 << BLOCK_BITS;
export const MAX_USES = 255;

/** Both arrays are by the block's number, and of the same length. */
export class SegmentBlocks {
  /** The frame that holds the block, plus 1; 0 for none. */
  frames = new Uint32Array(0);
  /** Reads of the block, up to `MAX_USES`. */
  uses = new Uint8Array(0);

  /** Makes room for the blocks of a file of `sizeBytes`, and of what is to be appended to it. */
  grow(sizeBytes: number, needed: number): void {
    // Whole words, for halving.
    const length = Math.ceil(Math.max(sizeBytes / BLOCK_SIZE, this.uses.length * 2, needed) / 4) * 4;
    const { frames, uses } = this;
    this.frames = new Uint32Array(length);
    this.frames.set(frames);
    this.uses = new Uint8Array(length);
    this.uses.set(uses);
  }
}
