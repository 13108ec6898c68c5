/** The host's side of a fit that has helpers. */
import { QuantwrightError } from '../../core/errors.ts';
import { CONTROL_BYTES, DONE, REMAINING } from '../../learners/gbdt/kernel/layout.ts';
import type { TeamSession, TeamWork } from '../../learners/gbdt/kernel/team.ts';
import { callHelpers, FAILED, ownWord, SESSION } from './state.ts';

// Most jobs take less. The caller's event loop turns between waits.
const WAIT_MS = 5;
/** Waits without any progress, 10 s together, until helpers are given up. Waits are counted, so a process that was stopped meanwhile loses none. */
export const PATIENCE = 2000;

/** What a session needs of its team. */
export interface SessionTeam {
  readonly state: Int32Array;
  readonly helpers: number;
  /** Loads before a wait. */
  readonly spins: number;
  readonly patience: number;
  /** Why the team cannot work any more, if so. */
  failure(): QuantwrightError | undefined;
  /** Ends the team's ability to work; returns its failure. */
  fail(reason: string): QuantwrightError;
  /** Called once, when the last helper has left. */
  free(): void;
}

/** A session that helpers were told of under the number `id`. */
export function createSession(team: SessionTeam, { memory, control }: TeamWork, id: number): TeamSession {
  const { state } = team;
  const words = new Int32Array(memory.buffer, control, CONTROL_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const done = DONE / Int32Array.BYTES_PER_ELEMENT;
  const remaining = REMAINING / Int32Array.BYTES_PER_ELEMENT;
  let idleWaits = 0;
  let hasLeft = false;

  function settled(tasks: number): boolean {
    const failure = Atomics.load(state, FAILED) === 0 ? team.failure() : team.fail('a helper thread met an error');
    if (failure !== undefined) throw failure;
    let before = Atomics.load(words, done);
    for (let i = 0; i < team.spins && before !== tasks; i++) before = Atomics.load(words, done);
    if (before !== tasks) Atomics.wait(words, done, before, WAIT_MS); // notified by whoever finishes the last task
    const now = Atomics.load(words, done);
    idleWaits = now === before && now !== tasks ? idleWaits + 1 : 0;
    if (idleWaits >= team.patience) throw team.fail(`helper threads finished none of ${tasks - now} tasks in ${team.patience * WAIT_MS} ms`);
    return now === tasks;
  }

  function leave(): void {
    if (hasLeft) return;
    Atomics.store(words, remaining, 0); // of a job that is given up: helpers come back after the task at hand
    Atomics.store(state, SESSION, 0);
    callHelpers(state);
    for (let helper = 0; helper < team.helpers; helper++) {
      for (let waits = 0; Atomics.load(state, ownWord(helper)) === id; waits++) {
        if (waits >= team.patience) throw team.fail(`helper thread ${helper + 1} did not leave in ${team.patience * WAIT_MS} ms; the memory must not be used again`);
        Atomics.wait(state, ownWord(helper), id, WAIT_MS);
      }
    }
    hasLeft = true;
    team.free();
  }

  return Object.freeze({ wake: () => callHelpers(state), settled, leave });
}

/** The error of a team that cannot work. */
export function teamClosed(reason: string, cause?: unknown): QuantwrightError {
  return new QuantwrightError('ERR_CLOSED', `threadTeam: the team must be open and whole, but ${reason}`, cause === undefined ? {} : { cause });
}
