/**
 * The search for one match of a regular expression in UTF-8, in steps between which it can be stopped. re2js goes through
 * a text in one go, seconds for some megabytes; this moves its automaton, which tells whether there is a match at all, and
 * its machine, which simulates an NFA, on by one character at a time. The bytes are read as they are: a string of a large
 * value would be more than the heap of a thread may hold, and V8 then ends the process.
 * For that it uses what re2js keeps to itself, which is why package.json names one version, and why the tests compare
 * what is found with what JavaScript finds.
 */

import type { RE2JS } from 're2js';
import { characterPartBytes } from './keyText.ts';
import type { MatchedBytes } from './matchSequence.ts';

/** Characters in one step: less than a millisecond. */
const STEP_CHARACTERS = 4096;
/** The same for the automaton, which takes about a millisecond for them. */
const AUTOMATON_STEP_CHARACTERS = 0x1_0000;
/** The same for what no match can do without: bytes in which it is looked for at once. */
const PREFILTER_STEP_BYTES = 0x4_0000;
/** What the automaton reads at the end of the text. */
const END_OF_TEXT = -1;
const UNANCHORED = 0;
/** Where the match starts and where it ends. */
const CAPTURES = 2;
/** What a match that starts there needs, as a flag: the beginning of the text. */
const BEGIN_OF_TEXT = 4;
/** For an expression that matches nothing. */
const NEVER = -1;

/** What a character is read as: its code, and how many bytes it has. */
const CHARACTER_SHIFT = 3;
const WIDTH_BITS = 0b111;
/** U+FFFD, for what is not UTF-8. */
const REPLACEMENT = 0xfffd;
/** What re2js reads there: always one byte. */
const INVALID_BYTE = (REPLACEMENT << CHARACTER_SHIFT) | 1;

/** A text as re2js reads it. */
interface MachineInput {
  readonly bytes: Uint8Array;
  /** The character at an index; behind the last, one without width. */
  step(at: number): number;
  /** What of `^`, `$`, `\b` and so on holds at an index. */
  context(at: number): number;
  /** How far from an index on what every match begins with is; negative: it is not there any more. */
  index(re2: Re2, at: number): number;
}

type MachineInputClass = new (bytes: Uint8Array) => MachineInput;

/** What no match can do without. */
interface Prefilter {
  readonly type: number;
  /** The text, of `EXACT`. */
  readonly bytes: ArrayLike<number> | null;
  readonly subs: readonly Prefilter[];
  /** All of `subs` are `EXACT`. */
  readonly allExact: boolean;
  eval(input: MachineInput, from: number): boolean;
}

/** Types of it. */
const EXACT = 1;
const ALL_OF = 2;
const ONE_OF = 3;

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

/** `unknown`: the automaton would become too large to tell, or cannot read the expression. */
type Answer = 'yes' | 'no' | 'unknown';

/** A compiled expression. */
interface Re2 {
  /** What holds wherever a match starts. */
  readonly cond: number;
  readonly prog: { readonly start: number };
  /** Null: nothing is known of that. */
  readonly prefilter: Prefilter | null;
  /** What every match begins with; empty: nothing is known of that. */
  readonly prefixUTF8: ArrayLike<number>;
  readonly dfa: Automaton;
  matchUTF8(bytes: Uint8Array): boolean;
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

  constructor(expression: RE2JS, bytes: Uint8Array) {
    const re2 = expression.re2() as unknown as Re2;
    this.#re2 = re2;
    this.#input = inputOf(re2, bytes);
    re2.doExecuteNFA(inputOf(re2, new Uint8Array(0)), 0, UNANCHORED, CAPTURES);
    this.#machine = re2.get();
    this.#lookbehinds = re2.createLookbehindState();
  }

  /** Whether there is a match, mostly found out many times as fast as where it is. Yields after each step. */
  *isThere(): Generator<undefined, boolean> {
    const answer = yield* this.#askAutomaton(0);
    return answer === 'unknown' ? (yield* this.find(0)) !== undefined : answer === 'yes';
  }

  /**
   * The first match that does not start before an index, which is not less than that of the search before. Yields after
   * each step.
   */
  *find(from: number): Generator<undefined, MatchedBytes | undefined> {
    if ((yield* this.#askAutomaton(from)) === 'no') return undefined;
    const machine = this.#machine;
    machine.init(CAPTURES);
    machine.matched = false;
    yield* this.#simulate(from);
    machine.q0.clear();
    machine.q1.clear();
    return machine.matched ? { start: machine.matchcap[0] as number, end: machine.matchcap[1] as number } : undefined;
  }

  /** Where the character ends that starts there. */
  behind(at: number): number {
    return at + Math.max(1, this.#input.step(at) & WIDTH_BITS);
  }

  /** Whether there is a match from an index on. */
  *#askAutomaton(from: number): Generator<undefined, Answer> {
    const { cond, prefilter, dfa } = this.#re2;
    if (cond === NEVER || ((cond & BEGIN_OF_TEXT) !== 0 && from > 0)) return 'no';
    if (prefilter !== null && !(yield* this.#passes(prefilter, from))) return 'no';
    return dfa.failed ? 'unknown' : yield* this.#runAutomaton(from);
  }

  /** Whether there is what no match can do without. */
  *#passes(prefilter: Prefilter, from: number): Generator<undefined, boolean> {
    const { type, subs, allExact } = prefilter;
    if (type === EXACT || (type === ONE_OF && allExact)) return yield* this.#isThere(prefilter, from);
    if (type !== ALL_OF && type !== ONE_OF) return true;
    for (const sub of subs) if ((yield* this.#passes(sub, from)) === (type === ONE_OF)) return type === ONE_OF;
    return type === ALL_OF;
  }

  /** Whether there is that text, or one of several. */
  *#isThere(prefilter: Prefilter, from: number): Generator<undefined, boolean> {
    const { bytes } = this.#input;
    const lengths = [prefilter, ...prefilter.subs].map((part) => part.bytes?.length ?? 0);
    const overlap = Math.max(1, ...lengths) - 1;
    for (let at = from; at < bytes.length; at += PREFILTER_STEP_BYTES) {
      const piece = bytes.subarray(at, at + PREFILTER_STEP_BYTES + overlap);
      if (prefilter.eval(inputOf(this.#re2, piece), 0)) return true;
      yield undefined;
    }
    return false;
  }

  *#runAutomaton(from: number): Generator<undefined, Answer> {
    const run: AutomatonRun = { at: from, state: this.#re2.dfa.start(this.#input, from), search: { resetPos: -1 } };
    let answer = this.#stepAutomaton(run);
    while (answer === undefined) {
      yield undefined;
      answer = this.#stepAutomaton(run);
    }
    return answer;
  }

  /** Undefined: the text goes on. */
  #stepAutomaton(run: AutomatonRun): Answer | undefined {
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
      if (state === null) return 'unknown';
      if (state.isMatch) return 'yes';
      if (width === 0) return 'no';
      at += width;
    }
    run.at = at;
    run.state = state;
    return state === null ? 'unknown' : undefined;
  }

  *#simulate(from: number): Generator<undefined, void> {
    const machine = this.#machine;
    const input = this.#input;
    let [threads, next] = [machine.q0, machine.q1];
    let at = this.#startLookbehinds(from, threads);
    for (let step = 1; ; step++) {
      if (threads.mainThreads === 0) {
        if (machine.matched) return;
        if (threads.isEmpty()) at = yield* this.#prefixFrom(at);
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
  *#prefixFrom(from: number): Generator<undefined, number> {
    const { prefixUTF8: prefix } = this.#re2;
    if (prefix.length === 0 || this.#lookbehinds !== null) return from;
    const { bytes } = this.#input;
    for (let at = from; at < bytes.length; at += PREFILTER_STEP_BYTES) {
      const piece = bytes.subarray(at, at + PREFILTER_STEP_BYTES + prefix.length - 1);
      const distance = inputOf(this.#re2, piece).index(this.#re2, 0);
      if (distance >= 0) return at + distance;
      yield undefined;
    }
    return -1;
  }
}

let inputClass: MachineInputClass | undefined;

function inputOf(re2: Re2, bytes: Uint8Array): MachineInput {
  inputClass ??= readingWholeParts(inputClassOf(re2));
  return new inputClass(bytes);
}

/** What re2js reads UTF-8 with. An engine that only keeps what it is to read stands in for those that search. */
function inputClassOf(re2: Re2): MachineInputClass {
  let kept: MachineInput | undefined;
  const executeEngine = (input: MachineInput) => {
    kept = input;
    return null;
  };
  (Object.create(re2, { executeEngine: { value: executeEngine } }) as Re2).matchUTF8(new Uint8Array(0));
  return (kept as MachineInput).constructor as MachineInputClass;
}

/** As decoders do, takes the beginning of a character that does not go on as one, and not each byte of it. */
function readingWholeParts(Utf8Input: MachineInputClass): MachineInputClass {
  return class extends Utf8Input {
    override step(at: number): number {
      const read = super.step(at);
      if (read !== INVALID_BYTE) return read;
      return (REPLACEMENT << CHARACTER_SHIFT) | characterPartBytes(this.bytes, at);
    }
  };
}
