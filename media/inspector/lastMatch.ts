/** The match that was found last: where the next search for the same pattern goes on, whatever is known of its row. */

import type { FindHit, FindPattern, FindRequest, ViewId } from '../../src/shared/inspectorMessages.ts';

export interface Selection {
  /** In the view; -1: no row is selected. */
  readonly position: number;
  /** Where the row starts; undefined: the row has not come yet. */
  readonly offsetBytes: number | undefined;
}

export class LastMatch {
  #last: { readonly hit: FindHit; readonly pattern: FindPattern; readonly view: ViewId } | undefined;

  found(hit: FindHit, pattern: FindPattern, view: ViewId): void {
    this.#last = { hit, pattern, view };
  }

  /** The selected row, and the match in it when it is one of the same pattern. */
  startOf(pattern: FindPattern, view: ViewId, selection: Selection): Pick<FindRequest, 'from' | 'fromMatch'> {
    const from = selection.position;
    const last = this.#last;
    if (last === undefined || !isSame(last.pattern, pattern) || !isSelected(last, view, selection)) return { from };
    const { offsetBytes, matchOffsetBytes } = last.hit;
    return { from, fromMatch: { rowOffsetBytes: offsetBytes, matchOffsetBytes } };
  }
}

function isSame(a: FindPattern, b: FindPattern): boolean {
  return a.kind === b.kind && a.pattern === b.pattern && a.matchCase === b.matchCase;
}

/** A row that has not come yet is the one of the match if it was selected where the match was found. */
function isSelected({ hit, view: viewOfHit }: { hit: FindHit; view: ViewId }, view: ViewId, selection: Selection) {
  const { position, offsetBytes } = selection;
  if (offsetBytes !== undefined) return offsetBytes === hit.offsetBytes;
  return view === viewOfHit && position === hit.position;
}
