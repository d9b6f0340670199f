import { crc32 as zlibCrc32 } from 'node:zlib';
import { type Crc32, crc32 as tableCrc32 } from '../format/crc32.ts';

/** Below this many bytes the call into native code costs more than the table does. */
const NATIVE_FROM_BYTES = 64;

/** CRC-32 by the faster way for the input's size. */
export const nodeCrc32: Crc32 = (bytes, start, end, seed) =>
  end - start < NATIVE_FROM_BYTES ? tableCrc32(bytes, start, end, seed) : zlibCrc32(bytes.subarray(start, end), seed);
