/** Bytes as text that is safe to show: what cannot be seen, or would change how the rest reads, is escaped. */

import type { PrintableBytes } from '../shared/inspectorRows.ts';
import { cutAtCharacter, decodeUtf8, formatKey } from '../shared/keyText.ts';

/** At most `limitBytes` of a key, escaped as keys are everywhere. */
export function printableKey(key: Uint8Array, limitBytes: number): PrintableBytes {
  const shown = cutAtCharacter(key, limitBytes);
  const text = formatKey(shown);
  return { text, escaped: decodeUtf8(shown) !== text, truncated: shown.length < key.length };
}

/** At most `limitBytes` of a value: as it is when it is plain text, which spares JSON its doubled backslashes. */
export function printableValue(value: Uint8Array, limitBytes: number): PrintableBytes {
  const shown = cutAtCharacter(value, limitBytes);
  const plain = decodeUtf8(shown);
  const truncated = shown.length < value.length;
  const escaped = formatKey(shown);
  const isPlain = plain !== undefined && escaped.replaceAll('\\\\', '\\') === plain;
  return { text: isPlain ? plain : escaped, escaped: !isPlain, truncated };
}

/** For people: with a sign where it was cut. */
export function withCut({ text, truncated }: PrintableBytes): string {
  return truncated ? `${text}…` : text;
}
