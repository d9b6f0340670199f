/** What survives hiding the tab and reloading the window. */

import type { ViewState } from '../../src/shared/inspectorViewState.ts';

const INITIAL_STATE: ViewState = {
  query: '',
  order: undefined,
  topRow: 0,
  selectedRow: undefined,
  follow: false,
  detailOpen: true,
  detailHeightPx: 260,
  detailTab: 'bytes',
  find: undefined,
};

type Save = (state: ViewState) => void;

/** Changes are written a moment later, so that scrolling does not serialise the state at every frame. */
const WRITE_AFTER_MS = 150;

export class StateKeeper {
  readonly #save: Save;
  #state: ViewState = INITIAL_STATE;
  #timer: number | undefined;

  constructor(save: Save) {
    this.#save = save;
  }

  get current(): ViewState {
    return this.#state;
  }

  /** Takes what was kept; called once, before anything changes. */
  restore(state: Partial<ViewState> | undefined): void {
    this.#state = { ...INITIAL_STATE, ...state };
  }

  update(change: Partial<ViewState>): void {
    this.#state = { ...this.#state, ...change };
    this.#timer ??= window.setTimeout(() => {
      this.#timer = undefined;
      this.#save(this.#state);
    }, WRITE_AFTER_MS);
  }
}
