/** The engine's CRC-32: the format's table for short inputs, zlib's code for long ones. */

import { crc32 as zlibCrc32 } from 'node:zlib';
import { type Crc32, crc32 as tableCrc32 } from '../format/crc32.ts';

/** Below this many bytes the call into zlib costs more than the table. Measured: they tie at about 230 bytes. */
const ZLIB_FROM_BYTES = 256;

export const crc32: Crc32 = (bytes, start, end, seed) =>
  end - start < ZLIB_FROM_BYTES ? tableCrc32(bytes, start, end, seed) : zlibCrc32(bytes.subarray(start, end), seed);
