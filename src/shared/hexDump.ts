/**
 * Bytes as an editable hexadecimal dump, 16 to a line:
 *
 *     00000000  7b 22 6c 61 74 22 3a 34  37 2e 35 7d              {"lat":47.5}
 *
 * Only the hexadecimal digits in the middle count when it is read back: offsets and characters at the sides are for
 * people, so bytes can be changed, inserted and removed without keeping the rest in step.
 */

const BYTES_PER_LINE = 16;
const OFFSET_DIGITS = 8;
const GAP = '  ';
/** Columns of the digits: two a byte, a space between, one more in the middle. */
const DIGIT_COLUMNS = BYTES_PER_LINE * 3 - 1 + 1;

/** What stands for each byte: a dump of megabytes is made while an editor waits. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const CHARACTERS = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
);

/** The lines of `bytes[start, end)`; both are multiples of 16, unless `end` is the length. */
export function formatHexDump(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const lines: string[] = [];
  for (let at = start; at < end; at += BYTES_PER_LINE) lines.push(formatLine(bytes, at));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export type ParsedHexDump =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `line` counts from 1. */
  | { readonly ok: false; readonly message: string; readonly line: number };

/** Reads a dump back. Text whose first line has no offset is read as digits alone, so pasted digits work. */
export function parseHexDump(text: string): ParsedHexDump {
  const digits: string[] = [];
  const hasOffsets = /^\s*[0-9a-fA-F]{8,}(\s{2,}|:)/.test(text);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const middle = digitsOfLine(hasOffsets ? line.replace(/^\s*[0-9a-fA-F]{8,}(:|\s|$)/, '') : line);
    if (!/^[0-9a-fA-F]*$/.test(middle))
      return { ok: false, message: 'has something else than digits', line: index + 1 };
    if (middle.length % 2 !== 0) return { ok: false, message: 'ends in half a byte', line: index + 1 };
    digits.push(middle);
  }
  const all = digits.join('');
  const bytes = new Uint8Array(all.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(all.slice(at * 2, at * 2 + 2), 16);
  return { ok: true, bytes };
}

function formatLine(bytes: Uint8Array, at: number): string {
  const end = Math.min(at + BYTES_PER_LINE, bytes.length);
  let digits = '';
  let characters = '';
  for (let index = at; index < end; index++) {
    const byte = bytes[index] as number;
    if (index > at) digits += index - at === BYTES_PER_LINE / 2 ? GAP : ' ';
    digits += DIGITS[byte];
    characters += CHARACTERS[byte];
  }
  const offset = at.toString(16).padStart(OFFSET_DIGITS, '0');
  return `${offset}${GAP}${digits.padEnd(DIGIT_COLUMNS)}${GAP}|${characters}|`;
}

/** The digits of a line without the characters after them and without spaces. */
function digitsOfLine(line: string): string {
  const bar = line.indexOf('|');
  return (bar === -1 ? line : line.slice(0, bar)).replaceAll(/\s/g, '');
}
