/** The matches in one row, forwards and backwards from any of them; remembers enough not to start anew for each. */

import type { FindHit } from '../shared/inspectorMessages.ts';
import { TimeSlice } from '../worker/timeSlice.ts';
import type { ByteMatch, ByteMatcher, ByteMatches } from './byteMatcher.ts';

export interface SearchedField {
  readonly where: FindHit['where'];
  readonly bytes: Uint8Array;
  /** Offset in the row. */
  readonly start: number;
  /** The bytes stand elsewhere: these, from `start` on, refer to them, and stand for all matches together. */
  readonly referenceSizeBytes?: number;
}

type MatchFinder = Pick<ByteMatcher, 'matchesIn'>;

export type MatchInRow = Pick<FindHit, 'where' | 'matchOffsetBytes' | 'matchSizeBytes'>;

/** Of so many matches one is remembered, from which the others are found again. */
const LANDMARK_EVERY = 1024;

export class RowMatches {
  readonly #fields: readonly FieldMatches[];

  /** Fields by ascending offset; their bytes must stay as they are. */
  constructor(matcher: MatchFinder, fields: readonly SearchedField[]) {
    this.#fields = fields.map((field) => new FieldMatches(field, matcher));
  }

  /**
   * The first match beyond an offset in the row, as the search goes. Undefined: there is none, or the search was
   * cancelled. Other work of the thread is done meanwhile.
   */
  async beside(
    offsetBytes: number,
    direction: 'next' | 'previous',
    signal: AbortSignal,
  ): Promise<MatchInRow | undefined> {
    const fields = direction === 'next' ? this.#fields : this.#fields.toReversed();
    for (const matches of fields) {
      const wanted = offsetBytes - matches.field.start;
      const isReference = matches.field.referenceSizeBytes !== undefined;
      if (isReference && (direction === 'next' ? wanted >= 0 : wanted <= 0)) continue;
      const match = await (isReference
        ? matches.next(Number.NEGATIVE_INFINITY, signal)
        : matches[direction](wanted, signal));
      if (signal.aborted) return undefined;
      if (match !== undefined) return placed(matches.field, match);
    }
    return undefined;
  }
}

function placed({ where, start, referenceSizeBytes }: SearchedField, { at, sizeBytes }: ByteMatch): MatchInRow {
  if (referenceSizeBytes !== undefined) {
    return { where, matchOffsetBytes: start, matchSizeBytes: referenceSizeBytes };
  }
  return { where, matchOffsetBytes: start + at, matchSizeBytes: sizeBytes };
}

class FieldMatches {
  readonly field: SearchedField;
  readonly #matcher: MatchFinder;
  #matches: ByteMatches | undefined;
  /** Every so many matches, from the first on, as far as they were gone through. */
  readonly #landmarks: ByteMatch[] = [];

  constructor(field: SearchedField, matcher: MatchFinder) {
    this.field = field;
    this.#matcher = matcher;
  }

  async next(wanted: number, signal: AbortSignal): Promise<ByteMatch | undefined> {
    let found: ByteMatch | undefined;
    await this.#goThrough(this.#landmarkBefore(wanted + 1), signal, (match) => {
      if (match.at > wanted) found = match;
      return found !== undefined;
    });
    return found;
  }

  async previous(wanted: number, signal: AbortSignal): Promise<ByteMatch | undefined> {
    const landmark = this.#landmarkBefore(wanted);
    let found = this.#landmarks[landmark];
    await this.#goThrough(landmark, signal, (match) => {
      if (match.at < wanted) found = match;
      return match.at >= wanted;
    });
    return found;
  }

  /** Index of the last landmark before an offset; -1: there is none. */
  #landmarkBefore(offsetBytes: number): number {
    let low = 0;
    let high = this.#landmarks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#landmarks[middle] as ByteMatch).at < offsetBytes) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Visits the matches after a landmark until the visitor stops it. */
  async #goThrough(landmark: number, signal: AbortSignal, visit: (match: ByteMatch) => boolean): Promise<void> {
    this.#matches ??= this.#matcher.matchesIn(this.field.bytes);
    const slice = new TimeSlice(1);
    let at = landmark;
    let sinceLandmark = landmark < 0 ? LANDMARK_EVERY - 1 : 0;
    for (const match of this.#matches.after(this.#landmarks[landmark])) {
      if (match !== undefined) {
        if (++sinceLandmark === LANDMARK_EVERY) {
          sinceLandmark = 0;
          this.#landmarks[++at] = match;
        }
        if (visit(match)) return;
      }
      if (slice.isOver()) {
        await slice.next();
        if (signal.aborted) return;
      }
    }
  }
}
