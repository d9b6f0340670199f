/** Collects the problems of a check: all are counted, the first hundred are kept. */

import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import { formatCountOf } from '../../shared/quantities.ts';

const MAX_PROBLEMS = 100;

export class ProblemList {
  readonly #sentences: string[] = [];
  #count = 0;

  add(sentence: string): void {
    this.addLazily(() => sentence);
  }

  /** For what explains the others. */
  addFirst(sentence: string): void {
    this.#count++;
    this.#sentences.unshift(sentence);
    this.#sentences.length = Math.min(this.#sentences.length, MAX_PROBLEMS);
  }

  /** For what may be there a million times: only sentences that are kept are made. */
  addLazily(sentence: () => string): void {
    this.#count++;
    if (this.#sentences.length < MAX_PROBLEMS) this.#sentences.push(sentence());
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** `notLookedAt`: what else may differ, as a sentence. Then `agreement` must not say that all agrees. */
  result(label: string, agreement: string, notLookedAt?: string): CrossCheck {
    const gap = notLookedAt === undefined ? {} : { notLookedAt };
    const problems = [...this.#sentences];
    if (this.#count === 0) return { label, outcome: 'agrees', summary: agreement, problems, ...gap };
    const count = formatCountOf(this.#count, 'difference');
    const summary = notLookedAt === undefined ? count : `at least ${count}`;
    return { label, outcome: 'differs', summary, problems, ...gap };
  }
}
