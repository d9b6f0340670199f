/**
 * JSON on several lines for reading, and back on one line for storing. Only white space between tokens changes, so
 * long numbers, duplicate names and escapes come back as they were.
 */

import { applyEdits, format } from 'jsonc-parser';

/** How JSON that stands on one line separates its parts. */
export type OneLineStyle = 'compact' | 'spaced';

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The style that writes exactly this text: `compact`, or `spaced` with a space after each comma and colon, as Python's
 * json module has it. Undefined for JSON on several lines or with other spaces, which no style would give back.
 */
export function oneLineStyle(json: string): OneLineStyle | undefined {
  if (/[\r\n]/.test(json)) return undefined;
  return (['compact', 'spaced'] as const).find((style) => toOneLine(json, style) === json);
}

/** Valid JSON, indented by two spaces. */
export function toManyLines(json: string): string {
  return applyEdits(json, format(json, undefined, { insertSpaces: true, tabSize: 2, eol: '\n' }));
}

/** Valid JSON on one line. */
export function toOneLine(json: string, style: OneLineStyle): string {
  const after = style === 'spaced' ? ' ' : '';
  return json.replaceAll(STRING_OR_SEPARATOR_OR_SPACE, (_, string?: string, separator?: string) =>
    separator === undefined ? (string ?? '') : separator + after,
  );
}

/** Outside its strings, JSON has commas, colons and white space only where they separate tokens. */
const STRING_OR_SEPARATOR_OR_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|([,:])|\s+/g;
