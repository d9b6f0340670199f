/** A place that was asked for and cannot be shown yet, because the index has not come so far. The last one counts. */

import type { LocateTarget } from '../../src/shared/inspectorMessages.ts';
import type { IndexProgress } from '../../src/shared/inspectorRows.ts';

export interface AskedPlace {
  readonly target: LocateTarget;
  /** The row there is to be selected, and not only to be scrolled to. */
  readonly select: boolean;
  /** The row is selected where it is, in sight or not. */
  readonly inPlace?: boolean;
}

export class PendingPlace {
  #place: AskedPlace | undefined;

  /** What waits. */
  get place(): AskedPlace | undefined {
    return this.#place;
  }

  get isThere(): boolean {
    return this.#place !== undefined;
  }

  /** Whether the place can be shown now. If not, it waits; either way, what waited before is forgotten. */
  ask(place: AskedPlace, progress: IndexProgress | undefined): boolean {
    const isReached = reaches(progress, place.target);
    this.#place = isReached ? undefined : place;
    return isReached;
  }

  /** Waits whether the place can be shown or not: something else has to be done first. */
  hold(target: LocateTarget, inPlace = false): void {
    this.#place = { target, select: true, inPlace };
  }

  forget(): void {
    this.#place = undefined;
  }

  /** The place that waits, once it can be shown; then it waits no more. */
  take(progress: IndexProgress | undefined): AskedPlace | undefined {
    const place = this.#place;
    if (place === undefined || !reaches(progress, place.target)) return undefined;
    this.#place = undefined;
    return place;
  }
}

export function reaches(progress: IndexProgress | undefined, target: LocateTarget): boolean {
  if (progress === undefined) return false;
  if (progress.done || progress.quick?.state === 'shown') return true;
  const { indexedBytes, sizeBytes, rowCount } = progress;
  switch (target.kind) {
    case 'row':
      return target.row < rowCount;
    case 'offset':
      return target.offsetBytes >= 0 && target.offsetBytes < indexedBytes;
    case 'percent':
      return (target.percent / 100) * sizeBytes < indexedBytes;
    default:
      return false;
  }
}
