import { readFileSync } from 'node:fs';

/** The unit of `/proc/stat`, whatever the kernel's own clock is. */
const TICK_MS = 10;
/** Behind the name: user, nice, system, idle, iowait, irq, softirq, steal. */
const STEAL_COLUMN = 8;

/** Since the system started, all processors together; undefined where the system does not count it. */
export function stolenMs(): number | undefined {
  try {
    return stolenMsOf(readFileSync('/proc/stat', 'latin1'));
  } catch {
    return undefined;
  }
}

export function stolenMsOf(processorTimes: string): number | undefined {
  const [total = ''] = processorTimes.split('\n', 1);
  const ticks = total.split(/\s+/)[STEAL_COLUMN];
  return ticks === undefined ? undefined : Number(ticks) * TICK_MS;
}
