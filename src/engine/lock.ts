/**
 * The lock of a store: one process writes, and the lock says which.
 *
 * Every taker first writes a claim under a name of its own, then looks who else is there, and only with no living
 * rival renames its claim to `LOCK`. Of two takers at once, the one that wrote its claim later sees the other; so
 * two can never both win, though both may withdraw and try again. Directory listings are not atomic, so `LOCK` is
 * looked at once more after the listing: a claim that vanished meanwhile has become it.
 *
 * A holder is dead when its process is gone, or when its pid belongs to a process that started at another time. One on
 * another host, or whose pid is not of the pids that are seen here, cannot be asked for and counts as alive.
 */

import { LOCK_NAME } from '../format/fileName.ts';
import { type ProcessIdentity, type Storage, writeFully } from './storage.ts';
import { StrataError } from './strataError.ts';

const ATTEMPTS = 20;

interface Holder extends ProcessIdentity {
  readonly nonce: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly sinceMs: number;
}

export interface Lock {
  /** Another process took the lock from under us, or somebody deleted it. */
  isLost(): boolean;
  release(): void;
}

export interface LockOptions {
  readonly storage: Storage;
  readonly directory: string;
  readonly nowMs: number;
}

/** Takes the lock or throws `STORE_LOCKED`. */
export async function takeLock(options: LockOptions): Promise<Lock> {
  const { storage, directory } = options;
  const self: Holder = { ...storage.self(), nonce: makeNonce(), sinceMs: options.nowMs };
  const claimName = `${LOCK_NAME}.${self.nonce}`;
  const claimPath = storage.join(directory, claimName);
  for (let attempt = 1; ; attempt++) {
    let isTaken = false;
    try {
      writeClaim(storage, claimPath, self);
      const rivals = findRivals(storage, directory, claimName);
      const holder = readHolder(storage, storage.join(directory, LOCK_NAME));
      const held = holder !== undefined && storage.isAlive(holder);
      if (!held && rivals.length === 0) {
        storage.rename(claimPath, storage.join(directory, LOCK_NAME));
        isTaken = true;
        return new HeldLock(storage, directory, self);
      }
      if (held || attempt === ATTEMPTS) throw lockedError(directory, holder ?? (rivals[0] as Holder));
    } finally {
      if (!isTaken) storage.remove(claimPath);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt));
  }
}

/** Who holds the store open for writing, in words; undefined when nobody does. */
export function describeHolder(storage: Storage, directory: string): string | undefined {
  const holder = readHolder(storage, storage.join(directory, LOCK_NAME));
  return holder !== undefined && storage.isAlive(holder) ? inWords(holder) : undefined;
}

/**
 * Removes the lock and the claims of a thread of this process, or of a child process, that has ended without releasing
 * them. Of a thread nobody else can: to everyone outside, a lock whose process lives is a lock that is held. And of a
 * process nobody knows better that it has ended, where its pid may already be another one's.
 */
export function releaseLockOfEnded(
  storage: Storage,
  directory: string,
  { pid, threadId }: Pick<ProcessIdentity, 'pid' | 'threadId'>,
): void {
  const { host } = storage.self();
  for (const name of storage.list(directory) ?? []) {
    if (name !== LOCK_NAME && !name.startsWith(`${LOCK_NAME}.`)) continue;
    const path = storage.join(directory, name);
    const holder = readHolder(storage, path);
    if (holder?.pid === pid && holder.host === host && holder.threadId === threadId) storage.remove(path);
  }
}

class HeldLock implements Lock {
  readonly #storage: Storage;
  readonly #path: string;
  readonly #self: Holder;

  constructor(storage: Storage, directory: string, self: Holder) {
    this.#storage = storage;
    this.#path = storage.join(directory, LOCK_NAME);
    this.#self = self;
  }

  isLost(): boolean {
    return readHolder(this.#storage, this.#path)?.nonce !== this.#self.nonce;
  }

  release(): void {
    if (!this.isLost()) this.#storage.remove(this.#path);
  }
}

function writeClaim(storage: Storage, path: string, holder: Holder): void {
  const file = storage.open(path, 'create');
  try {
    writeFully(file, new TextEncoder().encode(`${JSON.stringify(holder)}\n`), 0);
  } finally {
    file.close();
  }
}

/** Living processes whose claims stand beside ours. Claims of dead ones are removed; unreadable ones hold nothing. */
function findRivals(storage: Storage, directory: string, ownName: string): Holder[] {
  const rivals: Holder[] = [];
  for (const name of storage.list(directory) ?? []) {
    if (!name.startsWith(`${LOCK_NAME}.`) || name === ownName) continue;
    const path = storage.join(directory, name);
    const holder = readHolder(storage, path);
    if (holder === undefined) continue;
    if (storage.isAlive(holder)) rivals.push(holder);
    else storage.remove(path);
  }
  return rivals;
}

/** Undefined for a missing, empty or unreadable file: whoever wrote it did not finish, so it holds nothing. */
function readHolder(storage: Storage, path: string): Holder | undefined {
  const bytes = storage.readFile(path);
  if (bytes === undefined) return undefined;
  try {
    const holder = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Holder> | null;
    if (typeof holder?.pid !== 'number' || typeof holder.host !== 'string') return undefined;
    const { pid, host, startTime = '', pidSpace = '', threadId = 0, nonce = '', sinceMs = 0 } = holder;
    const identity = {
      pid,
      host,
      startTime: String(startTime),
      pidSpace: String(pidSpace),
      threadId: Number(threadId),
    };
    return { ...identity, nonce: String(nonce), sinceMs: Number(sinceMs) };
  } catch {
    return undefined;
  }
}

function makeNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function inWords(holder: Holder): string {
  const since = Number.isFinite(holder.sinceMs) ? ` since ${new Date(holder.sinceMs).toISOString()}` : '';
  return `process ${holder.pid} on ${holder.host}${since}`;
}

function lockedError(directory: string, holder: Holder): StrataError {
  return new StrataError(
    'STORE_LOCKED',
    `The store ${directory} is open for writing by ${inWords(holder)}. ` +
      `Close it there, or open it here read-only. If that process cannot exist any more, delete the file ${LOCK_NAME}.`,
  );
}
