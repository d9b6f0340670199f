import type { LongestWork } from './workDelay.ts';

/** How long the event loop of the extension host was held up while something was done; all in milliseconds. */
export interface PhaseDelay extends Partial<LongestWork> {
  readonly phase: string;
  /** Since the epoch. */
  readonly startMs: number;
  readonly elapsedMs: number;
  readonly maxDelayMs: number;
  readonly p999DelayMs: number;
  readonly p99DelayMs: number;
  /** Processes that were started on the thread, whoever did so, and the longest that one start held it up. */
  readonly startedProcesses: number;
  readonly longestStartMs: number;
  /** Time that the hypervisor gave to others, of all processors together, where the system counts that. */
  readonly stolenMs?: number;
  /** Of the process when the phase was over, in bytes. */
  readonly residentBytes: number;
}

export interface MeasuredPhase extends PhaseDelay {
  /** The longest delay that a process without work had meanwhile. */
  readonly neighbourDelayMs: number;
}

/** Before a phase's figures on the extension host's console. */
export const PHASE_MARK = 'strata-bench-phase:';
