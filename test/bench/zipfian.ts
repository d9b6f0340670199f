import type { Random } from './dataSet.ts';

/** The constant of YCSB. */
const THETA = 0.99;

/**
 * Zipf-distributed ranks below a count, 0 the most frequent, by the method of Gray et al. ("Quickly generating
 * billion-record synthetic databases", SIGMOD 1994), as in YCSB.
 */
export class Zipfian {
  readonly #count: number;
  readonly #random: Random;
  readonly #zeta: number;
  readonly #eta: number;

  constructor(count: number, random: Random) {
    this.#count = count;
    this.#random = random;
    this.#zeta = zeta(count);
    this.#eta = (1 - (2 / count) ** (1 - THETA)) / (1 - zeta(2) / this.#zeta);
  }

  next(): number {
    const u = this.#random.fraction();
    const uz = u * this.#zeta;
    if (uz < 1) return 0;
    if (uz < 1 + 0.5 ** THETA) return 1;
    const rank = Math.floor(this.#count * (this.#eta * u - this.#eta + 1) ** (1 / (1 - THETA)));
    return Math.min(rank, this.#count - 1);
  }
}

function zeta(count: number): number {
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sum += 1 / rank ** THETA;
  return sum;
}
