/** Runs in a process that does nothing but to note how late its timer was. Any message asks for the delays since the last. */

import type { Delay } from './idleNeighbour.ts';

const TICK_MS = 1;
/** Shorter delays are not kept. */
const MIN_DELAY_MS = 2;

const delays: Delay[] = [];
let lastMs = performance.now();

setInterval(() => {
  const nowMs = performance.now();
  const delayMs = nowMs - lastMs;
  if (delayMs >= MIN_DELAY_MS) delays.push({ endMs: performance.timeOrigin + nowMs, delayMs });
  lastMs = nowMs;
}, TICK_MS);

process.on('message', () => process.send?.(delays.splice(0)));
