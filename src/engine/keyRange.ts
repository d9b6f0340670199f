/** Bounds of a range of keys, from the options that abstract-level made usual, with `prefix` besides. */

import type { KeyRange } from './api.ts';
import { StrataError } from './strataError.ts';

export interface Bound {
  readonly key: Uint8Array;
  readonly isIncluded: boolean;
}

export interface Bounds {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
}

/** `gte` wins over `gt` and `lte` over `lt`, as in abstract-level; a prefix narrows what they leave. */
export function boundsOf(range: KeyRange): Bounds {
  let lower = boundFrom(range.gt, range.gte, 'gt', 'gte');
  let upper = boundFrom(range.lt, range.lte, 'lt', 'lte');
  if (range.prefix !== undefined && range.prefix.length > 0) {
    checkBytes(range.prefix, 'prefix');
    const from: Bound = { key: range.prefix, isIncluded: true };
    if (lower === undefined || compareBytes(lower.key, from.key) < 0) lower = from;
    const end = prefixEnd(range.prefix);
    if (end !== undefined && (upper === undefined || compareBytes(end, upper.key) <= 0)) {
      upper = { key: end, isIncluded: false };
    }
  }
  return { lower, upper };
}

/** The first key after all keys with this prefix; undefined when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1] as number;
    if (last === 0xff) continue;
    // `slice` of a Node `Buffer` would be a view, and the caller's prefix would change.
    const end = new Uint8Array(prefix.subarray(0, length));
    end[length - 1] = last + 1;
    return end;
  }
  return undefined;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function boundFrom(
  exclusive: Uint8Array | undefined,
  inclusive: Uint8Array | undefined,
  exclusiveName: string,
  inclusiveName: string,
): Bound | undefined {
  if (inclusive !== undefined) return { key: checkBytes(inclusive, inclusiveName), isIncluded: true };
  if (exclusive !== undefined) return { key: checkBytes(exclusive, exclusiveName), isIncluded: false };
  return undefined;
}

function checkBytes(value: Uint8Array, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new StrataError('INVALID_OPTION', `The option ${name} must be a Uint8Array.`);
}
