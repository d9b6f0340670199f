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
  #isRestored = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(save: Save) {
    this.#save = save;
  }

  get current(): ViewState {
    return this.#state;
  }

  /** Takes what was kept. */
  restore(state: Partial<ViewState> | undefined): void {
    this.#state = { ...INITIAL_STATE, ...state };
    this.#isRestored = true;
  }

  /** Changes nothing before `restore`: laying out an empty table scrolls it, and what was kept would be overwritten. */
  update(change: Partial<ViewState>): void {
    if (!this.#isRestored) return;
    this.#state = { ...this.#state, ...change };
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#save(this.#state);
    }, WRITE_AFTER_MS);
  }
}
