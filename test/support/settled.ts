const INTERVAL_MS = 20;

/** Resolves when something that follows other processes has become true. */
export async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
}
