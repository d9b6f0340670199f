/**
 * The search for one match of a regular expression, in steps between which it can be stopped. re2js goes through a text
 * in one go, seconds for some megabytes; this moves its automaton, which tells whether there is a match at all, and its
 * machine, which simulates an NFA, on by one character at a time.
 * For that it uses what re2js keeps to itself, which is why package.json names one version, and why the tests compare
 * what is found with what JavaScript finds.
 */

import type { RE2JS } from 're2js';
import type { TextMatch } from './matchSequence.ts';

/** Characters in one step: less than a millisecond. */
const STEP_CHARACTERS = 4096;
/** The same for the automaton, which takes about a millisecond for them. */
const AUTOMATON_STEP_CHARACTERS = 0x1_0000;
/** What the automaton reads at the end of the text. */
const END_OF_TEXT = -1;
const UNANCHORED = 0;
/** Where the match starts and where it ends. */
const CAPTURES = 2;
/** What a match that starts there needs, as a flag: the beginning of the text. */
const BEGIN_OF_TEXT = 4;
/** For an expression that matches nothing. */
const NEVER = -1;

/** What a character is read as: its code, and how many UTF-16 units it has. */
const CHARACTER_SHIFT = 3;
const WIDTH_BITS = 0b111;

/** A text as re2js reads it. */
interface MachineInput {
  /** The character at an index; behind the last, one without width. */
  step(at: number): number;
  /** What of `^`, `$`, `\b` and so on holds at an index. */
  context(at: number): number;
  /** How far from an index on the prefix is; negative: it is not there any more. */
  index(re2: Re2, at: number): number;
}

/** Threads of the simulation at one index, by priority. */
interface ThreadQueue {
  /** Without those of look-behinds. */
  readonly mainThreads: number;
  isEmpty(): boolean;
  clear(): void;
}

/** How far look-behinds have come, for the next search in the same text. */
interface Lookbehinds {
  /** Negative: nowhere yet. */
  readonly pos: number;
}

interface Machine {
  readonly q0: ThreadQueue;
  readonly q1: ThreadQueue;
  matched: boolean;
  readonly matchcap: Int32Array;
  init(captures: number): void;
  add(to: ThreadQueue, start: number, at: number, captures: Int32Array, capture: number, context: number): void;
  step(
    from: ThreadQueue,
    to: ThreadQueue,
    at: number,
    nextAt: number,
    character: number,
    nextContext: number,
    anchor: number,
    atEnd: boolean,
  ): void;
  spawnLookbehinds(to: ThreadQueue, at: number, context: number): void;
  restoreLookbehinds(from: Lookbehinds, to: ThreadQueue, context: number): void;
  saveLookbehinds(to: Lookbehinds, from: ThreadQueue, at: number): void;
}

/** A state of the automaton. */
interface AutomatonState {
  /** Next states, by the class of the character, as far as they are known. */
  readonly next: readonly (AutomatonState | null)[] | null;
  readonly isMatch: boolean;
}

/** It tells whether there is a match, or that it cannot tell, or would become too large. */
interface Automaton {
  /** It cannot tell. */
  readonly failed: boolean;
  /** The class of the end of the text. */
  readonly numClasses: number;
  runeClass(character: number): number;
  start(input: MachineInput, from: number): AutomatonState | null;
  stepOrReset(
    state: AutomatonState,
    characterClass: number,
    character: number,
    anchor: number,
    at: number,
    search: { resetPos: number },
  ): AutomatonState | null;
}

/** How far the automaton has come. */
interface AutomatonRun {
  at: number;
  state: AutomatonState | null;
  readonly search: { resetPos: number };
}

/** A compiled expression. */
interface Re2 {
  /** What holds wherever a match starts. */
  readonly cond: number;
  /** What every match begins with; empty: nothing is known of that. */
  readonly prefix: string;
  readonly prog: { readonly start: number };
  /** Whether there is what no match can do without. */
  readonly prefilter: { eval(input: MachineInput, from: number): boolean } | null;
  readonly dfa: Automaton;
  match(text: string): boolean;
  doExecuteNFA(input: MachineInput, from: number, anchor: number, captures: number): unknown;
  /** The machine that was used last. */
  get(): Machine;
  /** Null: the expression has no look-behinds. */
  createLookbehindState(): Lookbehinds | null;
}

export class SteppedSearch {
  readonly #re2: Re2;
  readonly #input: MachineInput;
  readonly #machine: Machine;
  readonly #lookbehinds: Lookbehinds | null;

  constructor(expression: RE2JS, text: string) {
    const re2 = expression.re2() as unknown as Re2;
    this.#re2 = re2;
    this.#input = inputOf(re2, text);
    re2.doExecuteNFA(inputOf(re2, ''), 0, UNANCHORED, CAPTURES);
    this.#machine = re2.get();
    this.#lookbehinds = re2.createLookbehindState();
  }

  /**
   * The first match that does not start before an index, which is not less than that of the search before. Yields after
   * each step.
   */
  *find(from: number): Generator<undefined, TextMatch | undefined> {
    if (!(yield* this.#isPossible(from))) return undefined;
    const machine = this.#machine;
    machine.init(CAPTURES);
    machine.matched = false;
    yield* this.#simulate(from);
    machine.q0.clear();
    machine.q1.clear();
    return machine.matched ? { start: machine.matchcap[0] as number, end: machine.matchcap[1] as number } : undefined;
  }

  /** Excludes most texts without a match, many times as fast as the simulation does. */
  *#isPossible(from: number): Generator<undefined, boolean> {
    const { cond, prefilter, dfa } = this.#re2;
    if (cond === NEVER || ((cond & BEGIN_OF_TEXT) !== 0 && from > 0)) return false;
    if (!(prefilter?.eval(this.#input, from) ?? true)) return false;
    return dfa.failed || (yield* this.#runAutomaton(from));
  }

  /** True also where the automaton becomes too large to tell. */
  *#runAutomaton(from: number): Generator<undefined, boolean> {
    const run: AutomatonRun = { at: from, state: this.#re2.dfa.start(this.#input, from), search: { resetPos: -1 } };
    let outcome = this.#stepAutomaton(run);
    while (outcome === undefined) {
      yield undefined;
      outcome = this.#stepAutomaton(run);
    }
    return outcome;
  }

  /** Undefined: the text goes on. */
  #stepAutomaton(run: AutomatonRun): boolean | undefined {
    const { dfa } = this.#re2;
    const input = this.#input;
    let { at, state } = run;
    for (let step = 0; step < AUTOMATON_STEP_CHARACTERS && state !== null; step++) {
      const read = input.step(at);
      const width = read & WIDTH_BITS;
      const character = width === 0 ? END_OF_TEXT : read >> CHARACTER_SHIFT;
      const kind = width === 0 ? dfa.numClasses : dfa.runeClass(character);
      const next: AutomatonState | null = state.next === null ? null : (state.next[kind] as AutomatonState | null);
      state = next ?? dfa.stepOrReset(state, kind, character, UNANCHORED, at, run.search);
      if (state === null || state.isMatch) return true;
      if (width === 0) return false;
      at += width;
    }
    run.at = at;
    run.state = state;
    return state === null ? true : undefined;
  }

  *#simulate(from: number): Generator<undefined, void> {
    const machine = this.#machine;
    const input = this.#input;
    let [threads, next] = [machine.q0, machine.q1];
    let at = this.#startLookbehinds(from, threads);
    for (let step = 1; ; step++) {
      if (threads.mainThreads === 0) {
        if (machine.matched) return;
        if (threads.isEmpty()) at = this.#prefixFrom(at);
        if (at < 0) return;
      }
      if (!machine.matched && at >= from) {
        if (at === from && this.#lookbehinds !== null) machine.saveLookbehinds(this.#lookbehinds, threads, at);
        machine.matchcap[0] = at;
        machine.add(threads, this.#re2.prog.start, at, machine.matchcap, 0, input.context(at));
      }
      const read = input.step(at);
      const nextAt = at + (read & WIDTH_BITS);
      machine.step(threads, next, at, nextAt, read >> CHARACTER_SHIFT, input.context(nextAt), UNANCHORED, false);
      if (nextAt === at) return;
      at = nextAt;
      [threads, next] = [next, threads];
      if (step % STEP_CHARACTERS === 0) yield undefined;
    }
  }

  /** Where the simulation has to start so that look-behinds see what is before `from`. */
  #startLookbehinds(from: number, threads: ThreadQueue): number {
    const lookbehinds = this.#lookbehinds;
    if (lookbehinds === null) return from;
    const machine = this.#machine;
    if (lookbehinds.pos >= 0) {
      machine.restoreLookbehinds(lookbehinds, threads, this.#input.context(lookbehinds.pos));
      return lookbehinds.pos;
    }
    machine.spawnLookbehinds(threads, 0, this.#input.context(0));
    return 0;
  }

  /** Where the next match may start; negative: nowhere. */
  #prefixFrom(at: number): number {
    if (this.#re2.prefix === '' || this.#lookbehinds !== null) return at;
    const distance = this.#input.index(this.#re2, at);
    return distance < 0 ? distance : at + distance;
  }
}

/** An engine that only keeps what it is to read stands in for those that search. */
function inputOf(re2: Re2, text: string): MachineInput {
  let kept: MachineInput | undefined;
  const executeEngine = (input: MachineInput) => {
    kept = input;
    return null;
  };
  (Object.create(re2, { executeEngine: { value: executeEngine } }) as Re2).match(text);
  return kept as MachineInput;
}
