import { StrataError } from '../engine/strataError.ts';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { indexOfBytes } from './byteSearch.ts';

export type KeyPredicate = (key: Uint8Array) => boolean;

/** Makes a test of keys from a filter. Throws `INVALID_OPTION` for a pattern that is no regular expression. */
export function compileKeyFilter(filter: KeyFilter): KeyPredicate {
  const decoder = new TextDecoder();
  if (filter.kind === 'regex') {
    const expression = parseExpression(filter.pattern);
    return (key) => expression.test(decoder.decode(key));
  }
  const { pattern } = filter;
  if (pattern.includes('\u{FFFD}') || !pattern.isWellFormed()) return (key) => decoder.decode(key).includes(pattern);
  // UTF-8 synchronises itself: a well-formed text stands in a key exactly where its bytes do, and comparing bytes
  // spares decoding every key. Only the replacement character has to be looked for in decoded text.
  const bytes = new TextEncoder().encode(pattern);
  return (key) => indexOfBytes(key, bytes, 0) >= 0;
}

function parseExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StrataError('INVALID_OPTION', `The filter is not a regular expression: ${reason}.`);
  }
}
