/** Bytes as text that is safe to show: what cannot be seen, or would change how the rest reads, is escaped. */

import type { PrintableBytes } from '../shared/inspectorRows.ts';
import { decodeUtf8, formatKey } from '../shared/keyText.ts';

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

/** Cuts without splitting a character of valid UTF-8. */
function cutAtCharacter(bytes: Uint8Array, limitBytes: number): Uint8Array {
  if (bytes.length <= limitBytes) return bytes;
  for (let cut = limitBytes; cut > limitBytes - 4 && cut > 0; cut--) {
    const isContinuation = ((bytes[cut] as number) & 0xc0) === 0x80;
    if (!isContinuation) return bytes.subarray(0, cut);
  }
  return bytes.subarray(0, limitBytes);
}
