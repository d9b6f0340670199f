/**
 * Clients that each wait for their operation before they start the next, until all are done. `operate` gives undefined
 * when it is done already.
 */
export async function runClients(
  count: number,
  clients: number,
  operate: (position: number) => Promise<unknown> | undefined,
): Promise<void> {
  let next = 0;
  async function client(): Promise<void> {
    while (next < count) {
      const pending = operate(next++);
      if (pending !== undefined) await pending;
    }
  }
  await Promise.all(Array.from({ length: Math.min(clients, count) }, client));
}
