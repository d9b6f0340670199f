/** An error of a store, with a stable code and a sentence that says what to do. */
export class StoreError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }

  /** The code of any error that has one, the engine's included. */
  static codeOf(error: unknown): string | undefined {
    const code = (error as { readonly code?: unknown } | undefined)?.code;
    return typeof code === 'string' ? code : undefined;
  }
}
