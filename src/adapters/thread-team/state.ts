/** Words the threads of a team share, as indices of an Int32Array. Each has 128 bytes of its own: two cache lines, fetched together. */

const STRIDE = 32;

/** The session helpers may work for; 0 for none. */
export const SESSION = 0;
/** Counts calls to the helpers; they sleep on it. */
export const GENERATION: number = STRIDE;
/** Helpers that sleep on the generation. */
export const SLEEPERS: number = 2 * STRIDE;
/** Not 0 once a helper has met an error: its event reaches a host that never turns its event loop too late. */
export const FAILED: number = 3 * STRIDE;

/** Where a helper keeps the session it may be touching the memory of; 0 for none. */
export function ownWord(helper: number): number {
  return (4 + helper) * STRIDE;
}

/** The words of a team, all 0. */
export function createState(helpers: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(ownWord(helpers) * Int32Array.BYTES_PER_ELEMENT));
}

/** Calls the helpers. One that saw the old generation and is about to sleep does not: a wait compares first. */
export function callHelpers(state: Int32Array): void {
  Atomics.add(state, GENERATION, 1);
  if (Atomics.load(state, SLEEPERS) > 0) Atomics.notify(state, GENERATION);
}
