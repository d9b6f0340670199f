/** Keys and values as abstract-level hands them over, and as the engine stores them. */

/** Formats that `StrataLevel` takes without a detour; abstract-level translates every other encoding into one of them. */
export type LevelFormat = 'utf8' | 'buffer' | 'view';
export type LevelData = string | Uint8Array;

export function toBytes(data: LevelData): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

export function fromBytes(bytes: Uint8Array, format: LevelFormat): LevelData {
  if (format === 'view') return bytes;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return format === 'buffer' ? buffer : buffer.toString('utf8');
}

/**
 * abstract-level has the empty key, the engine does not. So keys of zero bytes alone are stored with one more zero:
 * nothing, 00, 00 00 become 00, 00 00, 00 00 00. All these sort before every other key and keep their order, and all
 * other keys are stored as they are, so that whoever looks at the store sees the keys he knows.
 */
export function toStoreKey(data: LevelData): Uint8Array {
  const key = toBytes(data);
  if (!isAllZero(key)) return key;
  return new Uint8Array(key.length + 1);
}

export function fromStoreKey(key: Uint8Array, format: LevelFormat): LevelData {
  return fromBytes(isAllZero(key) ? key.subarray(1) : key, format);
}

function isAllZero(key: Uint8Array): boolean {
  for (let at = 0; at < key.length; at++) if (key[at] !== 0) return false;
  return true;
}
