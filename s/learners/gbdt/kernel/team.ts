/** The port of threads: made by the host's adapter, passed to a fit. */

/** A kernel's module and the memory its threads share. */
export interface TeamWork {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Pointer of the control block that jobs are posted in (kernel/layout.ts). */
  readonly control: number;
  /** Pointer of the helpers' scratch memory, `SCRATCH_BYTES` each, `threads - 1` of them. */
  readonly scratch: number;
}

/** Helpers at work on one fit. */
export interface TeamSession {
  /** Tells the helpers that a job was posted. Cheap; helpers that have not arrived yet miss nothing, the host does their tasks. */
  wake(): void;
  /**
   * Whether all tasks of the posted job are finished; waits for them a few milliseconds at most, so that the caller can let its event loop turn.
   *
   * @throws QuantwrightError `ERR_CLOSED` when a helper has died or the team was closed
   */
  settled(tasks: number): boolean;
  /** Sends the helpers away and returns when none can touch the memory any more. */
  leave(): void;
}

/**
 * Threads that help a fit. Whatever their number, the result is the same to the bit.
 *
 * A team serves one fit at a time: a second one that asks for it meanwhile works alone.
 */
export interface ThreadTeam {
  /** Threads, the caller's included. */
  readonly threads: number;
  /** Starts helping; undefined when the team is busy. */
  join(work: TeamWork): TeamSession | undefined;
}
