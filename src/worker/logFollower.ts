import { nodeStorage } from '../engine/nodeStorage.ts';

/** File systems that tell of no changes, such as network shares, are looked at this often. */
const POLL_INTERVAL_MS = 1000;
/** A writer that appends without pause is followed this often. */
const QUIET_MS = 50;
/** In the middle of something, a writer may make following fail a few times; this often in a row is no accident. */
const FAILURES_TO_TELL = 3;

interface FollowingStore {
  readonly directory: string;
  /** Takes in what the writing process has done. */
  refresh(): Promise<boolean>;
}

/** Keeps a read-only store up with the process that writes it. */
export class LogFollower {
  readonly #store: FollowingStore;
  readonly #onChange: () => void;
  readonly #unwatch: () => void;
  readonly #poll: NodeJS.Timeout;
  #isFollowing = false;
  /** Something has happened since the refresh under way began. */
  #isBehind = false;
  #isStopped = false;
  #failuresInARow = 0;
  #failure: Error | undefined;

  /** `onChange` is called when `failure` has changed. */
  constructor(store: FollowingStore, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
    this.#unwatch = watchOrNot(store.directory, () => void this.#follow());
    this.#poll = setInterval(() => void this.#follow(), POLL_INTERVAL_MS);
  }

  /** Why the store does not follow any more; it is tried again all the same. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  stop(): void {
    this.#isStopped = true;
    this.#unwatch();
    clearInterval(this.#poll);
  }

  async #follow(): Promise<void> {
    this.#isBehind = true;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    while (this.#isBehind && !this.#isStopped) {
      this.#isBehind = false;
      await this.#store.refresh().then(
        () => this.#note(undefined),
        (error: Error) => this.#note(error),
      );
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    this.#isFollowing = false;
  }

  #note(error: Error | undefined): void {
    if (this.#isStopped) return;
    this.#failuresInARow = error === undefined ? 0 : this.#failuresInARow + 1;
    const failure = this.#failuresInARow >= FAILURES_TO_TELL ? error : undefined;
    if (failure?.message === this.#failure?.message) return;
    this.#failure = failure;
    this.#onChange();
  }
}

/** The number of watches is limited; without one, polling has to do. */
function watchOrNot(directory: string, changed: () => void): () => void {
  try {
    return nodeStorage.watch(directory, changed);
  } catch {
    return () => undefined;
  }
}
