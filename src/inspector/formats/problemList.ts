/** Collects the problems of a check: all are counted, the first hundred are kept. */

import type { CrossCheck } from '../../shared/inspectorMessages.ts';
import { formatCountOf } from '../../shared/quantities.ts';

const MAX_PROBLEMS = 100;

export class ProblemList {
  readonly #sentences: string[] = [];
  #count = 0;

  add(sentence: string): void {
    this.#count++;
    if (this.#sentences.length < MAX_PROBLEMS) this.#sentences.push(sentence);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  result(label: string, agreement: string): CrossCheck {
    if (this.#count === 0) return { label, outcome: 'agrees', summary: agreement, problems: [] };
    const summary = formatCountOf(this.#count, 'difference');
    return { label, outcome: 'differs', summary, problems: this.#sentences };
  }
}
