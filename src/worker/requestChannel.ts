/**
 * Typed requests in both directions between two threads or processes. birpc carries them; this module adds what it
 * leaves open: errors keep their code, and buffers that are not needed any more are handed over instead of copied.
 */

import type { Transferable } from 'node:worker_threads';
import { type BirpcReturn, createBirpc } from 'birpc';
import { decodeError, type ErrorMessage, encodeError } from './requestError.ts';

/** The port to the parent on one side, the engine's host on the other. Between processes buffers are copied. */
export interface MessageEndpoint {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

export type RequestChannel<Remote extends object, Local extends object> = BirpcReturn<Remote, Local>;

/** The fields of birpc's messages that are looked at here: arguments, result, error. */
interface Envelope {
  readonly a?: readonly unknown[];
  readonly r?: unknown;
  readonly e?: unknown;
}

/** Copying fewer bytes than this is quicker than handing them over. */
const MIN_HANDED_OVER_BYTES = 32 * 1024;

const handedOver = new WeakMap<object, readonly ArrayBuffer[]>();

/**
 * Marks an argument or a result: these buffers, which it refers to, may go to the other thread with it and be empty
 * here afterwards. Never for buffers that somebody else holds, such as Node's pool.
 */
export function handOver<T extends object>(content: T, buffers: readonly ArrayBuffer[]): T {
  let sizeBytes = 0;
  for (const buffer of buffers) sizeBytes += buffer.byteLength;
  if (sizeBytes >= MIN_HANDED_OVER_BYTES) handedOver.set(content, buffers);
  return content;
}

/** `local` answers the other side's requests; the channel's properties send requests there. */
export function connect<Remote extends object, Local extends object>(
  local: Local,
  endpoint: MessageEndpoint,
): RequestChannel<Remote, Local> {
  return createBirpc<Remote, Local>(local, {
    post: (message: Envelope) => {
      const buffers = buffersOf(message);
      if (buffers === undefined) endpoint.postMessage(message);
      else endpoint.postMessage(message, buffers);
    },
    on: (listener) => void endpoint.on('message', listener),
    off: (listener) => void endpoint.off('message', listener),
    serialize: (message: Envelope) => (message.e === undefined ? message : { ...message, e: encodeError(message.e) }),
    deserialize: (message: Envelope) =>
      message.e === undefined ? message : { ...message, e: decodeError(message.e as ErrorMessage) },
    bind: 'functions',
    // Compacting a large store takes minutes; a peer that died is noticed by its exit, not by a clock.
    timeout: -1,
  });
}

function buffersOf({ a: args, r: result }: Envelope): readonly ArrayBuffer[] | undefined {
  if (args === undefined) return buffersOfContent(result);
  for (const content of args) {
    const buffers = buffersOfContent(content);
    // No request has more than one large argument.
    if (buffers !== undefined) return buffers;
  }
  return undefined;
}

function buffersOfContent(content: unknown): readonly ArrayBuffer[] | undefined {
  return typeof content === 'object' && content !== null ? handedOver.get(content) : undefined;
}
