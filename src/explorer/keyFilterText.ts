/**
 * How people write a filter of keys: a part of the key, a pattern with `*` and `?` for all of it, or a regular
 * expression between slashes.
 */

import type { KeyFilter } from '../shared/keyValueStore.ts';
import { compileRegularExpression } from '../shared/regularExpression.ts';

export type ParsedKeyFilter =
  /** No filter: nothing was typed. */
  { readonly ok: true; readonly filter: KeyFilter | undefined } | { readonly ok: false; readonly message: string };

export function parseKeyFilter(text: string): ParsedKeyFilter {
  if (text === '') return { ok: true, filter: undefined };
  const expression = text.match(/^\/(.+)\/$/s)?.[1];
  if (expression !== undefined) return checkExpression(expression);
  if (!/[*?]/.test(text)) return { ok: true, filter: { kind: 'text', pattern: text } };
  return { ok: true, filter: { kind: 'wildcards', pattern: text } };
}

function checkExpression(pattern: string): ParsedKeyFilter {
  try {
    compileRegularExpression(pattern, true);
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
  return { ok: true, filter: { kind: 'regex', pattern } };
}
