import { homedir } from 'node:os';
import path from 'node:path';

/** Where downloads that outlive a checkout are kept: hosts to test in. Safe to delete at any time. */
export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return path.join(base, 'strata');
}
