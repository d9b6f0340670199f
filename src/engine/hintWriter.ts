/**
 * Writes the hint files of sealed segments, one after another, when the store is not being written to: a bulk load
 * should not share its time with them. Under writes that never pause, each waits a few seconds at most.
 */

import { OPERATION } from '../format/layout.ts';
import { HintOutput } from './hintOutput.ts';
import type { LiveLog } from './liveLog.ts';
import { Pacer } from './pacer.ts';
import type { Segment } from './segment.ts';
import { scanSegmentInSteps } from './segmentReader.ts';

/** The store counts as written to for so long after a commit. */
const BUSY_MS = 50;
const MAX_WAIT_MS = 5000;

export class HintWriter {
  readonly #log: LiveLog;
  readonly #now: () => number;
  #tail: Promise<void> = Promise.resolve();
  #lastCommitMs = 0;
  #isFinishing = false;
  #isHeld = false;
  #wake: () => void = () => undefined;

  constructor(log: LiveLog, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  schedule(segment: Segment): void {
    // A hint file is a cache: when it cannot be written, the next opening scans the segment.
    this.#tail = this.#tail.then(() => this.#write(segment)).catch(() => undefined);
  }

  /** A group of writes was committed. */
  noteCommit(): void {
    this.#lastCommitMs = performance.now();
  }

  /** Begins no hint file while the task runs, which may remove the segments. */
  async holdDuring<T>(task: () => Promise<T>): Promise<T> {
    this.#isHeld = true;
    try {
      return await task();
    } finally {
      this.#isHeld = false;
      this.#wake();
    }
  }

  /** Writes at once what is scheduled. Resolves when all of it is written or given up. */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#wake();
    await this.#tail;
    this.#isFinishing = false;
  }

  async #waitForPause(): Promise<void> {
    const startMs = performance.now();
    while (!this.#isFinishing) {
      const nowMs = performance.now();
      const restMs = Math.min(this.#lastCommitMs + BUSY_MS, startMs + MAX_WAIT_MS) - nowMs;
      if (restMs <= 0 && !this.#isHeld) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (!this.#isHeld) setTimeout(resolve, restMs).unref();
      });
    }
  }

  async #write(segment: Segment): Promise<void> {
    await this.#waitForPause();
    if (segment.retired || segment.hasHintFile || segment.recordCount === 0) return;
    const output = new HintOutput(this.#log, segment);
    try {
      if (await this.#readInto(output, segment)) await output.install(this.#now(), () => !segment.retired);
    } finally {
      output.abandon();
    }
  }

  /** Whether the segment is sound and still wanted. */
  async #readInto(output: HintOutput, segment: Segment): Promise<boolean> {
    let isDamaged = false;
    const { file, id: segmentId, sizeBytes } = segment;
    const steps = scanSegmentInSteps(
      { file, segmentId, sizeBytes },
      {
        record: (record) => {
          if (record.operation !== OPERATION.batch) output.add(record, record.offsetBytes, record);
        },
        damage: () => {
          isDamaged = true;
        },
        batchEnd: (batch) => {
          if (!batch.complete) isDamaged = true;
        },
      },
    );
    const pacer = new Pacer('Writing a hint file');
    while (steps.next().done !== true) {
      await pacer.pause();
      if (segment.retired) return false;
    }
    return !isDamaged;
  }
}
