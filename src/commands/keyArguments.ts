/**
 * Arguments with which a keybinding, a task or another extension calls a command, so that it asks for nothing:
 * `{ "store": "cities", "key": "CH/ZH/Zurich", "value": "{}", "ttl": "3h" }`. What is missing is asked for.
 */

export interface KeyArguments {
  /** Name or URI. */
  readonly store?: string;
  /** Text as it is typed, with escapes, or bytes. */
  readonly key?: string | Uint8Array;
  /** Text as it is typed, or bytes. All else is refused where it is used, and not passed over. */
  readonly value?: unknown;
  /** As it is typed: `3h`; empty for never. */
  readonly ttl?: string;
}

export function isKeyArguments(value: unknown): value is KeyArguments {
  if (typeof value !== 'object' || value === null) return false;
  const { store, key, ttl } = value as Partial<Record<keyof KeyArguments, unknown>>;
  const isText = (part: unknown) => part === undefined || typeof part === 'string';
  return isText(store) && isText(ttl) && (isText(key) || key instanceof Uint8Array);
}

const KINDS: Readonly<Record<string, string>> = { number: 'a number', boolean: 'a boolean', object: 'an object' };

/** For people: what a value is, and what was given instead. */
export function notAValue(given: unknown): string {
  const kind = given === null ? 'null' : Array.isArray(given) ? 'an array' : (KINDS[typeof given] ?? typeof given);
  return `The argument "value" is text, such as "1", or bytes as "hex:00ff". What was given is ${kind}.`;
}
