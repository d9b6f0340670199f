import { nodeStorage } from '../engine/nodeStorage.ts';

/** File systems that tell of no changes, such as network shares, are looked at this often. */
const POLL_INTERVAL_MS = 1000;
/** A writer that appends without pause is followed this often. */
const QUIET_MS = 50;

interface FollowingStore {
  readonly directory: string;
  /** Takes in what the writing process has done. */
  refresh(): Promise<boolean>;
}

/** Keeps a read-only store up with the process that writes it. */
export class LogFollower {
  readonly #store: FollowingStore;
  readonly #unwatch: () => void;
  readonly #poll: NodeJS.Timeout;
  #isFollowing = false;
  /** Something has happened since the refresh under way began. */
  #isBehind = false;
  #isStopped = false;

  constructor(store: FollowingStore) {
    this.#store = store;
    this.#unwatch = watchOrNot(store.directory, () => void this.#follow());
    this.#poll = setInterval(() => void this.#follow(), POLL_INTERVAL_MS);
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
      // A writer may be in the middle of something; what cannot be read now is tried again at the next poll.
      await this.#store.refresh().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
    this.#isFollowing = false;
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
