/** Times as people write them. What leaves out the smaller units stands for all of the time that they could tell. */

/** Milliseconds since 1970, both included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * `2026-11-22`, `2026-11-22 20:14`, `2026-11-22T20:14:31.010`, with `Z` or `+01:00` behind it or in local time; or
 * milliseconds since 1970. Undefined: it is no time.
 */
export function parseTimeSpan(text: string): Span | undefined {
  if (/^\d{9,}$/.test(text)) return { start: Number(text), end: Number(text) };
  const match = /^(\d{4}-\d\d-\d\d)(?:(?:T|\s+)(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [, day = '', hour, minute = '00', second, fraction, zone = ''] = match;
  if (!isDay(day)) return undefined;
  const offset = zone.toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2');
  const milliseconds = (fraction ?? '').slice(0, 3);
  const clock = `${(hour ?? '00').padStart(2, '0')}:${minute}:${second ?? '00'}.${milliseconds.padEnd(3, '0')}`;
  const start = Date.parse(`${day}T${clock}${offset}`);
  if (Number.isNaN(start)) return undefined;
  if (hour === undefined) return { start, end: (offset === '' ? nextLocalDay(start) : start + DAY_MS) - 1 };
  if (second === undefined) return { start, end: start + MINUTE_MS - 1 };
  return { start, end: start + SECOND_MS / 10 ** milliseconds.length - 1 };
}

/** `Date.parse` takes 31 February for a day in March. */
function isDay(day: string): boolean {
  const midnight = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

/** Days on which clocks are changed have not 24 hours. */
function nextLocalDay(start: number): number {
  const next = new Date(start);
  next.setDate(next.getDate() + 1);
  return next.setHours(0, 0, 0, 0);
}
