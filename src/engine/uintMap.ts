/**
 * A map from unsigned 32-bit integers. JavaScript's own ends with a RangeError at 2^24 keys; here each of several
 * holds so small a range of keys that it never gets there.
 */

const SHARD_BITS = 22;

export class UintMap<T> {
  readonly #shards: (Map<number, T> | undefined)[] = [];

  get isEmpty(): boolean {
    return this.#shards.every((shard) => shard === undefined || shard.size === 0);
  }

  get(key: number): T | undefined {
    return this.#shards[key >>> SHARD_BITS]?.get(key);
  }

  has(key: number): boolean {
    return this.#shards[key >>> SHARD_BITS]?.has(key) === true;
  }

  set(key: number, value: T): void {
    const index = key >>> SHARD_BITS;
    let shard = this.#shards[index];
    if (shard === undefined) {
      shard = new Map();
      this.#shards[index] = shard;
    }
    shard.set(key, value);
  }

  delete(key: number): boolean {
    return this.#shards[key >>> SHARD_BITS]?.delete(key) === true;
  }

  *keys(): Generator<number> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.keys();
  }
}
