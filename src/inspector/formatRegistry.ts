/** The log formats that the inspector knows, in the order in which they are asked. A further format is one entry. */

import { strataHint } from './formats/strataHint.ts';
import { strataManifest } from './formats/strataManifest.ts';
import { strataSegment } from './formats/strataSegment.ts';
import { strataSnapshot } from './formats/strataSnapshot.ts';
import type { FileStart, LogFormat } from './logFormat.ts';

export const LOG_FORMATS: readonly LogFormat[] = [strataSegment, strataHint, strataSnapshot, strataManifest];

export function detectFormat(start: FileStart, formats: Iterable<LogFormat> = LOG_FORMATS): LogFormat | undefined {
  for (const format of formats) if (format.detect(start)) return format;
  return undefined;
}
