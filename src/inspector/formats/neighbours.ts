/** Places of a file that stand close together, so that one read serves all of them. */

export interface Span {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Bytes that nobody wants are read along where they are fewer: another read costs about as much. */
const MAX_GAP_BYTES = 0x1000;
const MAX_READ_BYTES = 0x4_0000;

export interface Neighbours<Place extends Span> extends Span {
  /** By ascending offset. */
  readonly places: readonly Place[];
}

/** In any order and of any size; one that is larger than a read comes alone. */
export function* neighboursOf<Place extends Span>(places: readonly Place[]): Generator<Neighbours<Place>> {
  let group: Place[] = [];
  let start = 0;
  let end = 0;
  for (const place of places.toSorted((one, other) => one.offsetBytes - other.offsetBytes)) {
    const placeEnd = place.offsetBytes + place.sizeBytes;
    const fits = place.offsetBytes - end <= MAX_GAP_BYTES && Math.max(end, placeEnd) - start <= MAX_READ_BYTES;
    if (group.length > 0 && !fits) {
      yield { offsetBytes: start, sizeBytes: end - start, places: group };
      group = [];
    }
    if (group.length === 0) {
      start = place.offsetBytes;
      end = placeEnd;
    }
    end = Math.max(end, placeEnd);
    group.push(place);
  }
  if (group.length > 0) yield { offsetBytes: start, sizeBytes: end - start, places: group };
}
