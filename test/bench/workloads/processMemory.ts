import { readFileSync } from 'node:fs';

/**
 * Memory that belongs to the process alone. On Linux without the pages of mapped files, which the operating system
 * takes back when it needs them; elsewhere the resident set, which has them.
 */
export function processMemoryBytes(): number {
  global.gc?.();
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kibibytes) * 1024;
}
