/** Numbers as people read them. All text is in English, with a comma between thousands. */

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1 key`, `2,000 keys`. */
export function formatCountOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

const SIZE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes in units of 1024: `96 B`, `4.1 MB`, `120 MB`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  // 1023.95 would round to "1024.0 KB".
  while (value >= 1023.95 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit]}`;
}

/** A share from 0 to 1 in per cent. Never rounds a small share to "0%" or a large one to "100%". */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.01) return '<1%';
  if (share < 1 && share > 0.99) return '>99%';
  return `${Math.round(share * 100)}%`;
}

/** How long something took: `3 ms`, `1.4 s`, `2 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1) return '<1 ms';
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365.2425 * DAY_MS;

/** The time until something happens, in its largest unit: `42 s`, `3 h`, `12 d`, `30 y`. Nothing left: `0 s`. */
export function formatTimeLeft(leftMs: number): string {
  if (leftMs <= MINUTE_MS - SECOND_MS) return `${Math.max(0, Math.ceil(leftMs / SECOND_MS))} s`;
  if (leftMs < HOUR_MS - MINUTE_MS / 2) return `${Math.max(1, Math.round(leftMs / MINUTE_MS))} min`;
  if (leftMs < 2 * DAY_MS) return `${Math.round(leftMs / HOUR_MS)} h`;
  if (leftMs < 10 * YEAR_MS) return `${formatCount(Math.round(leftMs / DAY_MS))} d`;
  return `${formatCount(Math.round(leftMs / YEAR_MS))} y`;
}

const YEAR_1_MS = -62_135_596_800_000;
const YEAR_10000_MS = 253_402_300_800_000;

/** Stands for a time whose year has not four digits, as a damaged clock or another program may have written it. */
export function outsideCalendar(timeMs: number): 'before year 1' | 'beyond year 9999' | undefined {
  if (timeMs < YEAR_1_MS) return 'before year 1';
  return timeMs < YEAR_10000_MS ? undefined : 'beyond year 9999';
}

/** `2026-11-22T19:14:31.000Z` */
export function formatUtc(timeMs: number): string {
  return outsideCalendar(timeMs) ?? new Date(timeMs).toISOString();
}

/** A point in time, in the person's own time zone, that sorts as text: `2026-11-22 20:14:31`. */
export function formatTime(timeMs: number): string {
  const outside = outsideCalendar(timeMs);
  if (outside !== undefined) return outside;
  const time = new Date(timeMs);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** An offset in a file: `0x004F1A20`. */
export function formatOffset(offsetBytes: number): string {
  return `0x${offsetBytes.toString(16).toUpperCase().padStart(8, '0')}`;
}
