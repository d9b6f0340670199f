import type { TaskOptions } from '../engine/api.ts';

/** Progress is for people: ten times a second is as often as they can follow. */
const PROGRESS_INTERVAL_MS = 100;

type TellProgress = (taskId: number, done: number, total: number) => void;

/** Long requests under way, by the number that the client gave them. */
export class RunningTasks {
  readonly #tellProgress: TellProgress;
  readonly #running = new Map<number, AbortController>();

  constructor(tellProgress: TellProgress) {
    this.#tellProgress = tellProgress;
  }

  async run<Report>(taskId: number, work: (options: TaskOptions) => Promise<Report>): Promise<Report> {
    const controller = new AbortController();
    this.#running.set(taskId, controller);
    try {
      return await work({ signal: controller.signal, onProgress: this.#throttled(taskId) });
    } finally {
      this.#running.delete(taskId);
    }
  }

  /** Nothing happens when the task has ended. */
  cancel(taskId: number): void {
    this.#running.get(taskId)?.abort();
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  #throttled(taskId: number): NonNullable<TaskOptions['onProgress']> {
    let nextMs = 0;
    return ({ done, total }) => {
      const nowMs = performance.now();
      if (nowMs < nextMs && done < total) return;
      nextMs = nowMs + PROGRESS_INTERVAL_MS;
      this.#tellProgress(taskId, done, total);
    };
  }
}
