/**
 * The record that is to be selected in rows which are brought back, made anew, or left for that of all rows. It is wanted
 * until its position among them has come: rows may be made anew while it is being asked for.
 */

import type { Located, LocateTarget } from '../../src/shared/inspectorMessages.ts';

interface Match {
  readonly target: LocateTarget;
  readonly reveal: 'none' | 'nearest' | 'center';
}

interface FoundMatch extends Match {
  /** Undefined: nothing is known of it. */
  readonly located: Located | undefined;
}

export class PendingMatch {
  #match: Match | undefined;

  get isThere(): boolean {
    return this.#match !== undefined;
  }

  get target(): LocateTarget | undefined {
    return this.#match?.target;
  }

  hold(target: LocateTarget, reveal: Match['reveal']): void {
    this.#match = { target, reveal };
  }

  /** The rows are made anew: an answer that is under way is one of the rows before. */
  holdOn(): void {
    if (this.#match !== undefined) this.#match = { ...this.#match };
  }

  forget(): void {
    this.#match = undefined;
  }

  /**
   * Asks for the record's position; then it waits no more. Undefined when another record is wanted by then, or none, or
   * other rows are shown, in which it waits still.
   */
  async find(
    locate: (target: LocateTarget) => Promise<Located | undefined>,
    areRowsStillShown: () => boolean,
  ): Promise<FoundMatch | undefined> {
    const match = this.#match;
    if (match === undefined) return undefined;
    const located = await locate(match.target);
    if (match !== this.#match || !areRowsStillShown()) return undefined;
    this.#match = undefined;
    return { ...match, located };
  }
}
