/** Find in the rows that are shown: one search at a time, from the match before, and what the widget says of it. */

import type { FindHit, FindPattern, FindRequest, ViewId } from '../../src/shared/inspectorMessages.ts';
import { messageOf } from '../../src/shared/messageOf.ts';
import { formatCount } from '../../src/shared/quantities.ts';
import { FindBar } from './findBar.ts';
import type { Host } from './hostConnection.ts';
import { LastMatch } from './lastMatch.ts';

export interface RowFindingEvents {
  onPattern(pattern: FindPattern): void;
  /** Which rows are shown, and where in them the search begins. */
  shown(): { readonly view: ViewId; readonly position: number; readonly offsetBytes: number | undefined };
  /** A filter that is being set decides first which row is selected. */
  untilFilterIsSet(): Promise<void>;
  onHit(hit: FindHit): Promise<void>;
  onClose(): void;
}

export class RowFinding {
  readonly bar: FindBar;
  readonly #host: () => Host;
  readonly #events: RowFindingEvents;
  /** What was found last: it is marked whenever the detail shows its row, until Find is closed. */
  #match: FindHit | undefined;
  /** Where the next search for the same pattern goes on, also when the widget was closed meanwhile. */
  readonly #lastMatch = new LastMatch();
  /** A search that was stopped, or that another one has replaced, has nothing to say any more. */
  #generation = 0;

  constructor(host: () => Host, events: RowFindingEvents) {
    this.#host = host;
    this.#events = events;
    this.bar = new FindBar({
      onFind: (pattern, direction) => void this.#find(pattern, direction),
      onCancel: () => this.#stop('Stopped'),
      onClose: () => {
        this.#match = undefined;
        events.onClose();
      },
    });
  }

  /** Bytes of the row that starts there which are the match found last. */
  matchIn(rowOffsetBytes: number): { readonly start: number; readonly end: number } | undefined {
    if (this.#match?.offsetBytes !== rowOffsetBytes) return undefined;
    const { matchOffsetBytes: start, matchSizeBytes } = this.#match;
    return { start, end: start + matchSizeBytes };
  }

  /** The position of its hit would be one among rows that are not shown any more. */
  leaveView(): void {
    if (this.bar.isSearching) this.#stop('Stopped: other rows are shown now');
  }

  async #find(pattern: FindPattern, direction: FindRequest['direction']): Promise<void> {
    this.#events.onPattern(pattern);
    const generation = ++this.#generation;
    try {
      const { view, ...selection } = this.#events.shown();
      const from = this.#lastMatch.startOf(pattern, view, selection);
      const hit = await this.#host().find({ pattern, direction, view, ...from });
      await this.#events.untilFilterIsSet();
      if (generation !== this.#generation) return;
      if (hit === undefined) {
        this.bar.showResult('No results', true);
        return;
      }
      const where = `${hit.where}, row ${formatCount(hit.row)}, at +${formatCount(hit.matchOffsetBytes)}`;
      this.bar.showResult(`${where}${hit.wrapped ? ' · from the other end' : ''}`, false);
      this.#match = hit;
      this.#lastMatch.found(hit, pattern, view);
      await this.#events.onHit(hit);
    } catch (error) {
      if (generation !== this.#generation) return;
      this.bar.showResult(messageOf(error), true);
    }
  }

  #stop(note: string): void {
    this.#generation++;
    void this.#host().cancelFind();
    this.bar.showResult(note, false);
  }
}
