/** Progress is told often enough for a person, and seldom enough for the thread that draws it. */
const PROGRESS_EVERY_MS = 120;

/** Says when progress is to be told again. */
export class ReportInterval {
  #lastMs: number;

  /** `firstAtOnce`: the first report is due at once, and not after an interval. */
  constructor(firstAtOnce = false) {
    this.#lastMs = firstAtOnce ? Number.NEGATIVE_INFINITY : performance.now();
  }

  /** Whether it is time. Then the next interval begins. */
  isOver(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < PROGRESS_EVERY_MS) return false;
    this.#lastMs = nowMs;
    return true;
  }
}
