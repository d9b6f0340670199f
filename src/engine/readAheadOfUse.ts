/**
 * JavaScript has no prefetch instruction. A loop that reads one word of many places has the same effect: the processor
 * waits for their cache misses together, where using one place after the other waits for each.
 */

const sink = new Int32Array(1);

/** Takes what such a loop has read, because the compiler leaves out reads whose outcome nobody uses. */
export function discard(read: number): void {
  sink[0] = read;
}
