/** Counts the bytes of typed arrays that a function asks for, so that a test can say how much it may. */

const NAMES = ['Uint8Array', 'Uint16Array', 'Uint32Array', 'Float64Array', 'BigUint64Array'] as const;
type Constructor = new (...args: unknown[]) => { readonly byteLength: number };

let countedBytes = 0;

/** For each typed array the one that counts: views of existing buffers cost nothing. */
const COUNTING = NAMES.map((name) => {
  const Original = globalThis[name] as unknown as Constructor;
  const Counting = class extends Original {
    constructor(...args: unknown[]) {
      if (typeof args[0] === 'number')
        countedBytes += args[0] * (Original as never as Uint8ArrayConstructor).BYTES_PER_ELEMENT;
      super(...args);
      if (typeof args[0] === 'object' && !(args[0] instanceof ArrayBuffer)) countedBytes += this.byteLength;
    }
  };
  return { name, Original, Counting };
});

/** Runs the function, which must be synchronous; `bytes` counts before an array is made, so also what fails. */
export function measureAllocation<T>(run: () => T): { readonly result: T; readonly bytes: number } {
  const globals = globalThis as unknown as Record<string, Constructor>;
  countedBytes = 0;
  for (const { name, Counting } of COUNTING) globals[name] = Counting;
  try {
    const result = run();
    return { result, bytes: countedBytes };
  } finally {
    for (const { name, Original } of COUNTING) globals[name] = Original;
  }
}
