/** Errors on their way from another thread or process: structured cloning would keep the message and lose the code. */

import type { DamagedRange, StrataErrorCode } from '../engine/strataError.ts';

/**
 * Codes of the engine, and of the way to it:
 * - `WORKER_EXITED`: the thread or process of the engine ended before it answered. Nothing is known about writes that
 *   were under way.
 */
export type StoreRequestErrorCode = StrataErrorCode | 'WORKER_EXITED' | 'INTERNAL';

/** What a request to a store rejects with. */
export class StoreRequestError extends Error {
  readonly code: StoreRequestErrorCode;
  /** Only with `STORE_DAMAGED`: the byte ranges that hold no valid record. */
  readonly damage: readonly DamagedRange[];

  constructor(
    code: StoreRequestErrorCode,
    message: string,
    options: { readonly damage?: readonly DamagedRange[]; readonly stack?: string | undefined } = {},
  ) {
    super(message);
    this.name = 'StoreRequestError';
    this.code = code;
    this.damage = options.damage ?? [];
    // The worker's stack says where it went wrong; this side's would only show the message handler.
    if (options.stack !== undefined) this.stack = options.stack;
  }
}

/** An error as plain data. */
export interface ErrorMessage {
  readonly code: StoreRequestErrorCode;
  readonly message: string;
  readonly damage: readonly DamagedRange[];
  readonly stack: string | undefined;
}

/** An error without a code is a defect of ours: `INTERNAL`. */
export function encodeError(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error), damage: [], stack: undefined };
  const { code, damage } = error as { code?: StoreRequestErrorCode; damage?: readonly DamagedRange[] };
  return { code: code ?? 'INTERNAL', message: error.message, damage: damage ?? [], stack: error.stack };
}

export function decodeError(message: ErrorMessage): StoreRequestError {
  return new StoreRequestError(message.code, message.message, message);
}
