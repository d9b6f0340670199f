/** The log formats that the inspector knows, in the order in which they are asked. A further format is one entry. */

import { strataSegment } from './formats/strataSegment.ts';
import type { FileStart, LogFormat } from './logFormat.ts';

export const LOG_FORMATS: readonly LogFormat[] = [strataSegment];

export function detectFormat(start: FileStart, formats: readonly LogFormat[] = LOG_FORMATS): LogFormat | undefined {
  return formats.find((format) => format.detect(start));
}
