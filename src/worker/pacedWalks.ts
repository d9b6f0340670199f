/** Keeps long walks that everybody's changes ask for again to a small share of the thread's time. */

import { setTimeout as sleep } from 'node:timers/promises';

/** After a walk comes a pause of so many times its duration: walks take a quarter of the time at most. */
const PAUSE_FACTOR = 3;

export interface PaceClock {
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

const REAL_CLOCK: PaceClock = {
  now: () => performance.now(),
  sleep: (milliseconds) => sleep(milliseconds, undefined, { ref: false }),
};

export class PacedWalks<Result> {
  readonly #clock: PaceClock;
  #previous: Promise<unknown> = Promise.resolve();
  #earliestMs = 0;
  /** What has not begun: whoever asks the same meanwhile gets the same answer, which will be new enough. */
  readonly #waiting = new Map<string, Promise<Result>>();

  constructor(clock: PaceClock = REAL_CLOCK) {
    this.#clock = clock;
  }

  /** One walk after the other. `question` names what the walk is to find out. */
  run(question: string, walk: () => Promise<Result>): Promise<Result> {
    const waiting = this.#waiting.get(question);
    if (waiting !== undefined) return waiting;
    const answer = this.#next(question, walk);
    this.#waiting.set(question, answer);
    this.#previous = answer.catch(() => {});
    return answer;
  }

  async #next(question: string, walk: () => Promise<Result>): Promise<Result> {
    await this.#previous;
    const pauseMs = this.#earliestMs - this.#clock.now();
    if (pauseMs > 0) await this.#clock.sleep(pauseMs);
    this.#waiting.delete(question);
    const startMs = this.#clock.now();
    try {
      return await walk();
    } finally {
      const endMs = this.#clock.now();
      this.#earliestMs = endMs + PAUSE_FACTOR * (endMs - startMs);
    }
  }
}
