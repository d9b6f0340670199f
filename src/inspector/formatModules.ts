/** The modules with the log formats of other extensions that are registered now. */
export class FormatModules {
  readonly #registrations = new Set<{ readonly modulePath: string }>();
  readonly #reported = new Set<string>();
  readonly #tell: (message: string) => void;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Each path once, in the order of their oldest registrations. */
  get paths(): string[] {
    return [...new Set([...this.#registrations].map(({ modulePath }) => modulePath))];
  }

  /** Returns what ends this registration; others of the same path go on. */
  register(modulePath: string): () => void {
    const registration = { modulePath };
    this.#registrations.add(registration);
    return () => void this.#registrations.delete(registration);
  }

  /** Tells of a problem unless it has been told before: every file that no format knows meets it anew. */
  report(message: string): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    this.#tell(message);
  }
}
