/**
 * Errors on their way through a webview's messages, which are JSON and would make an empty object of them. Thrown
 * errors arrive as `Error` with their name, message and `code`.
 */

interface RpcMessage {
  readonly e?: unknown;
}

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

export function packErrors(message: RpcMessage): unknown {
  const { e: error } = message;
  if (!(error instanceof Error)) return message;
  const { name, message: text } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { ...message, e: { name, message: text, ...code } satisfies PlainError };
}

export function unpackErrors(message: RpcMessage): unknown {
  const error = message.e as PlainError | undefined;
  if (error === undefined || error === null) return message;
  return { ...message, e: Object.assign(new Error(error.message), error) };
}
