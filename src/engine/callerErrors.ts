/** What the caller's own callbacks throw within a task ends the task, and is no error of the store. */
export class CallerErrors {
  #first: { readonly error: unknown } | undefined;

  /** The same options; what their callbacks throw is remembered. */
  guard<Options extends object>(options: Options): Options {
    const entries = Object.entries(options).map(([name, value]) => {
      return [name, typeof value === 'function' ? this.#guardCall(value as (...values: unknown[]) => unknown) : value];
    });
    return Object.fromEntries(entries) as Options;
  }

  /** Throws the first of them as it was, if there was one. */
  throwFirst(): void {
    if (this.#first !== undefined) throw this.#first.error;
  }

  #guardCall(callback: (...values: unknown[]) => unknown): (...values: unknown[]) => unknown {
    return (...values) => {
      try {
        return callback(...values);
      } catch (error) {
        this.#first ??= { error };
        throw error;
      }
    };
  }
}
