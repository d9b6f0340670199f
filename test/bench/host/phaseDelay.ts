/** How long the event loop of the extension host was held up while something was done; all in milliseconds. */
export interface PhaseDelay {
  readonly phase: string;
  readonly elapsedMs: number;
  readonly maxDelayMs: number;
  readonly p999DelayMs: number;
  readonly p99DelayMs: number;
  /** The longest delay without the time in which the thread waited for a processor, where the system counts that. */
  readonly maxWorkDelayMs?: number;
}

/** Before a phase's figures on the extension host's console. */
export const PHASE_MARK = 'strata-bench-phase:';
