/**
 * The keys of puts that the keydir does not show yet, while somebody wants to know of them. They take no more memory than
 * a small multiple of what the writes themselves hold until they are committed.
 */
export class WritesUnderWay {
  /** Of each key, the put that came last. */
  readonly #last = new Map<string, Promise<void>>();
  #watcherCount = 0;

  /** Whatever is put from here on, until `action` is done, can be asked for. */
  async watch(action: () => Promise<void>): Promise<void> {
    this.#watcherCount++;
    try {
      await action();
    } finally {
      this.#watcherCount--;
    }
  }

  /** Returns `write`, which puts these keys. */
  note(keys: () => Iterable<Uint8Array>, write: Promise<void>): Promise<void> {
    if (this.#watcherCount === 0) return write;
    const names = [...keys()].map(nameOf);
    for (const name of names) this.#last.set(name, write);
    const forget = () => {
      for (const name of names) if (this.#last.get(name) === write) this.#last.delete(name);
    };
    write.then(forget, forget);
    return write;
  }

  /** The put of the key that is under way. */
  of(key: Uint8Array): Promise<void> | undefined {
    return this.#last.size === 0 ? undefined : this.#last.get(nameOf(key));
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
