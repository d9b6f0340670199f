import type { StoreChange } from '../shared/keyValueStore.ts';

type ChangeKind = StoreChange['kind'];

/** A store that writes without pause tells about it this often; the first change after a pause is told at once. */
const QUIET_MS = 50;

/** Gathers changes and tells of them at most about twenty times a second. */
export class ChangeFeed {
  readonly #tell: (kinds: readonly ChangeKind[]) => void;
  readonly #waiting = new Set<ChangeKind>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (kinds: readonly ChangeKind[]) => void) {
    this.#tell = tell;
  }

  add(...kinds: readonly ChangeKind[]): void {
    for (const kind of kinds) this.#waiting.add(kind);
    if (this.#timer === undefined) this.#flush();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const kinds = [...this.#waiting];
    this.#waiting.clear();
    this.#timer = setTimeout(() => this.#flush(), QUIET_MS);
    this.#tell(kinds);
  }
}
