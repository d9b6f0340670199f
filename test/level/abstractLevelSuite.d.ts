/** The contract suite has no types of its own. */
declare module 'abstract-level/test/index.js' {
  interface SuiteOptions {
    /** A `tape` function or harness. */
    readonly test: unknown;
    /** Makes a new, empty, unopened database at each call. */
    readonly factory: (options?: object) => object;
  }
  export default function suite(options: SuiteOptions): void;
}
