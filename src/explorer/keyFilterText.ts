/**
 * How people write a filter of keys: a part of the key, a pattern with `*` and `?` for all of it, both with the escapes
 * of keys, or a regular expression between slashes.
 */

import { parseKeyText } from '../shared/keyText.ts';
import type { KeyFilter } from '../shared/keyValueStore.ts';
import { regularExpressionProblem } from '../shared/regularExpressionProblem.ts';

/** Undefined: no filter, because nothing was typed. What was typed may be no filter: see `keyFilterProblem`. */
export function parseKeyFilter(text: string): KeyFilter | undefined {
  if (text === '') return undefined;
  const expression = expressionIn(text);
  if (expression !== undefined) return { kind: 'regex', pattern: expression };
  return { kind: /[*?]/.test(text) ? 'wildcards' : 'text', pattern: text };
}

/** What is wrong with a filter, as a sentence; undefined: nothing. */
export async function keyFilterProblem(text: string): Promise<string | undefined> {
  const expression = expressionIn(text);
  if (expression !== undefined) return regularExpressionProblem(expression);
  const parsed = parseKeyText(text);
  return parsed.ok ? undefined : parsed.message;
}

function expressionIn(text: string): string | undefined {
  return text.match(/^\/(.+)\/$/s)?.[1];
}
