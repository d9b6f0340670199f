/**
 * A lock that many readers or one writer hold, in the order in which they asked. It serializes writes in the variant
 * without queue and group commit, so that the two can be measured against each other.
 */
export class ReadWriteLock {
  #readers = 0;
  #hasWriter = false;
  readonly #waiting: { readonly isWriter: boolean; readonly admit: () => void }[] = [];

  /** Runs `action` while nobody else reads or writes. */
  async exclusively<T>(action: () => Promise<T>): Promise<T> {
    await this.#enter(true);
    try {
      return await action();
    } finally {
      this.#hasWriter = false;
      this.#admit();
    }
  }

  /** Runs `action` while nobody writes. */
  async shared<T>(action: () => T | Promise<T>): Promise<T> {
    await this.#enter(false);
    try {
      return await action();
    } finally {
      this.#readers--;
      this.#admit();
    }
  }

  async #enter(isWriter: boolean): Promise<void> {
    await new Promise<void>((admit) => {
      this.#waiting.push({ isWriter, admit });
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#hasWriter || (next.isWriter && this.#readers > 0)) return;
      this.#waiting.shift();
      if (next.isWriter) this.#hasWriter = true;
      else this.#readers++;
      next.admit();
    }
  }
}
