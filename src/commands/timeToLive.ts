/** A time to live as people type it: `90s`, `15m`, `3h`, `7d`, `500ms`, sums such as `1d 12h`, or nothing for ever. */

const UNIT_MS = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;

/** Beyond this an expiry no longer fits in a date: 100,000 days. */
const MAX_TTL_MS = 100_000 * UNIT_MS.d;

export const TIME_TO_LIVE_EXAMPLES = '90s, 15m, 3h, 7d, 1d 12h';

export type ParsedTimeToLive =
  /** `ttlMs` is a whole number from 1; undefined: never expires. */
  { readonly ok: true; readonly ttlMs: number | undefined } | { readonly ok: false; readonly message: string };

export function parseTimeToLive(text: string): ParsedTimeToLive {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === '' || trimmed === 'never') return { ok: true, ttlMs: undefined };
  if (/^\d+$/.test(trimmed)) return { ok: false, message: `Add a unit, as in ${TIME_TO_LIVE_EXAMPLES}.` };
  if (!/^(\d+(\.\d+)?\s*(ms|s|min|m|h|d|w)\s*)+$/.test(trimmed)) {
    return { ok: false, message: `Not a time to live. Examples: ${TIME_TO_LIVE_EXAMPLES}; nothing for never.` };
  }
  let ttlMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)/g)) {
    ttlMs += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  ttlMs = Math.round(ttlMs);
  if (ttlMs < 1) return { ok: false, message: 'A time to live is at least 1 ms. Leave it empty for never.' };
  if (ttlMs > MAX_TTL_MS) return { ok: false, message: 'A time to live is at most 100000d. Leave it empty for never.' };
  return { ok: true, ttlMs };
}

/** The shortest text that `parseTimeToLive` reads as the same time, rounded up to whole seconds. */
export function formatTimeToLive(ttlMs: number): string {
  const seconds = Math.max(1, Math.ceil(ttlMs / UNIT_MS.s));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ');
}
