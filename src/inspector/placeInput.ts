/** Reads what a person types to say where to go in a file. */

import type { LocateTarget } from '../shared/inspectorMessages.ts';

export type PlaceParse =
  | { readonly ok: true; readonly target: LocateTarget }
  /** A sentence for the person who typed. */
  | { readonly ok: false; readonly message: string };

export const PLACE_PROMPT =
  'Offset (1024, 0x400, -100 from the end), share (50%), row (#12), sequence (seq:918221) or time (2026-11-22 20:14)';

export function parsePlace(input: string): PlaceParse {
  const text = input.trim();
  const target = parseOffset(text) ?? parsePercent(text) ?? parseNumbered(text) ?? parseTime(text);
  if (target !== undefined) return { ok: true, target };
  return { ok: false, message: `"${text}" is no place in a file. ${PLACE_PROMPT}.` };
}

function parseOffset(text: string): LocateTarget | undefined {
  const match = /^(-?)(0x[0-9a-f]+|[\d,_]+)$/i.exec(text);
  if (match === null) return undefined;
  const size = Number((match[2] as string).replaceAll(/[,_]/g, ''));
  if (!Number.isSafeInteger(size)) return undefined;
  // -0 is the end of the file too.
  return { kind: 'offset', offsetBytes: match[1] === '-' ? -Math.max(1, size) : size };
}

function parsePercent(text: string): LocateTarget | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  const percent = Number(match?.[1]);
  return match !== null && percent <= 100 ? { kind: 'percent', percent } : undefined;
}

function parseNumbered(text: string): LocateTarget | undefined {
  const match = /^(#|row:|seq:)\s*([\d,_]+)$/i.exec(text);
  if (match === null) return undefined;
  const value = Number((match[2] as string).replaceAll(/[,_]/g, ''));
  if (!Number.isSafeInteger(value)) return undefined;
  return match[1]?.toLowerCase() === 'seq:' ? { kind: 'sequence', sequence: value } : { kind: 'row', row: value };
}

function parseTime(text: string): LocateTarget | undefined {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const timeMs = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T'));
  return Number.isNaN(timeMs) ? undefined : { kind: 'time', timeMs };
}
