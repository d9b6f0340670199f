/**
 * JSON on several lines for reading, and back on one line for storing. Only white space between tokens changes, so
 * long numbers, duplicate names and escapes come back as they were. Takes one pass, whatever the nesting.
 */

/** How JSON that stands on one line separates its parts. */
export type OneLineStyle = 'compact' | 'spaced';

/** What is nested deeper is not indented further: a million brackets would be a million times a million spaces. */
const MAX_INDENTED_DEPTH = 32;

const PUNCTUATION = '{}[],:';
const WHITE_SPACE = ' \n\r\t';
const WORD_ENDS = `${PUNCTUATION}${WHITE_SPACE}"`;

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
  let text = '';
  let depth = 0;
  let isAfterOpening = false;
  for (const token of tokensOf(json)) {
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth--;
    // Empty brackets stay together.
    if (isClosing !== isAfterOpening) text += lineStart(depth);
    isAfterOpening = token === '{' || token === '[';
    if (isAfterOpening) depth++;
    text += token;
    if (token === ',') text += lineStart(depth);
    else if (token === ':') text += ' ';
  }
  return text;
}

/** Valid JSON on one line. */
export function toOneLine(json: string, style: OneLineStyle): string {
  const after = style === 'spaced' ? ' ' : '';
  let text = '';
  for (const token of tokensOf(json)) text += token === ',' || token === ':' ? token + after : token;
  return text;
}

function lineStart(depth: number): string {
  return `\n${'  '.repeat(Math.min(depth, MAX_INDENTED_DEPTH))}`;
}

/** Strings, punctuation, numbers and names, without the white space between them. */
function* tokensOf(json: string): Generator<string> {
  for (let at = 0; at < json.length; ) {
    const character = json[at] as string;
    if (PUNCTUATION.includes(character)) {
      yield character;
      at++;
    } else if (WHITE_SPACE.includes(character)) {
      at++;
    } else {
      const end = character === '"' ? endOfString(json, at) : endOfWord(json, at);
      yield json.slice(at, end);
      at = end;
    }
  }
}

function endOfWord(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && !WORD_ENDS.includes(json[end] as string)) end++;
  return end;
}

/** A regular expression for it would need a stack as deep as the string has escapes. */
function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote === -1 ? json.length : quote + 1;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
