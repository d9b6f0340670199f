/** Bytes in the notations in which people paste them. */

export type Notation = 'hex' | 'text' | 'base64' | 'c' | 'json';

export const NOTATIONS: readonly (readonly [notation: Notation, label: string])[] = [
  ['hex', 'Hex'],
  ['text', 'Text'],
  ['base64', 'Base64'],
  ['c', 'C array'],
  ['json', 'JSON'],
];

export function bytesAs(notation: Notation, bytes: Uint8Array): string {
  switch (notation) {
    case 'hex':
      return [...bytes].map(hexByte).join(' ');
    case 'text':
      return new TextDecoder().decode(bytes);
    case 'base64':
      return base64(bytes);
    case 'c':
      return cArray(bytes);
    case 'json':
      return JSON.stringify(textOrNumbers(bytes));
  }
}

export function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function cArray(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 12) {
    lines.push(`  ${[...bytes.subarray(at, at + 12)].map((byte) => `0x${hexByte(byte)}`).join(', ')},`);
  }
  return `const unsigned char data[${bytes.length}] = {\n${lines.join('\n')}\n};\n`;
}

/** For JSON: a string where the bytes are text, otherwise an array of numbers. */
export function textOrNumbers(bytes: Uint8Array): string | number[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}
