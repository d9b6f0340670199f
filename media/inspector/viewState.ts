/** What survives hiding the tab and reloading the window. */

import type { FindPattern } from '../../src/shared/inspectorMessages.ts';

export interface ViewState {
  /** The filter line. */
  readonly query: string;
  /** Number in the file of the first visible row and of the selected one. */
  readonly topRow: number;
  readonly selectedRow: number | undefined;
  readonly follow: boolean;
  readonly detailOpen: boolean;
  readonly detailHeightPx: number;
  readonly detailTab: DetailTab;
  readonly find: FindPattern | undefined;
}

export type DetailTab = 'bytes' | 'value' | 'numbers';

const INITIAL_STATE: ViewState = {
  query: '',
  topRow: 0,
  selectedRow: undefined,
  follow: false,
  detailOpen: true,
  detailHeightPx: 260,
  detailTab: 'bytes',
  find: undefined,
};

type Store = { getState(): ViewState | undefined; setState(state: ViewState): void };

/** Changes are written a moment later, so that scrolling does not serialise the state at every frame. */
const WRITE_AFTER_MS = 150;

export class StateKeeper {
  readonly #store: Store;
  #state: ViewState;
  #timer: number | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#state = { ...INITIAL_STATE, ...store.getState() };
  }

  get current(): ViewState {
    return this.#state;
  }

  update(change: Partial<ViewState>): void {
    this.#state = { ...this.#state, ...change };
    this.#timer ??= window.setTimeout(() => {
      this.#timer = undefined;
      this.#store.setState(this.#state);
    }, WRITE_AFTER_MS);
  }
}
