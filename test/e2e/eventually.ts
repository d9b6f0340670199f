import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats an assertion until it holds. A window catches up with the store in its own time; the last failure is thrown
 * once waiting longer is pointless.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, patienceMs = 20_000): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}
