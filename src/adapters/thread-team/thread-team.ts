/**
 * Threads for boosting, as Node's workers over shared memory.
 *
 * Helpers sit in their event loops until a fit asks for them, then share its jobs: spinning shortly between two of them, asleep after that.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { requireInteger, requireKnownKeys } from '../../core/assert.ts';
import { DomainError, QuantwrightError } from '../../core/errors.ts';
import { CONTROL_BYTES, REMAINING, SCRATCH_BYTES } from '../../learners/gbdt/kernel/layout.ts';
import type { TeamSession, TeamWork, ThreadTeam } from '../../learners/gbdt/kernel/team.ts';
import { createSession, PATIENCE, teamClosed } from './session.ts';
import { callHelpers, createState, ownWord, SESSION } from './state.ts';
import { WORKER_SOURCE } from './worker-source.ts';

const MOST_BY_DEFAULT = 8;
const MOST = 64;
// Loads before a thread sleeps, a third of a millisecond: longer than the host works alone between two jobs, for being woken costs more than
// many jobs take. Where threads outnumber processors, a spinning one keeps off the one it waits for.
const SPINS = 200_000;
const SPINS_CROWDED = 100;
const GRACE_MS = 1000;

export interface ThreadTeamOptions {
  /** Threads, the caller's included, in [1, 64]. @default the processors available to the process, 8 at most */
  readonly threads?: number;
}

/** A team that holds threads until it is closed. */
export interface OpenThreadTeam extends ThreadTeam {
  /** Why the team cannot work any more: closed, or a helper has died. Undefined while it can. */
  readonly failure: QuantwrightError | undefined;
  /** Ends the threads; a fit they help fails with `ERR_CLOSED`. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Starts a team of threads that fits can share, one fit at a time.
 *
 * An idle team costs no processor time and does not keep the process running. A helper takes about 8 MB, and some tens of milliseconds to
 * start, so keep the team for many fits. The threads change how long a fit takes, never its result.
 *
 * @returns the team, with all its threads running
 * @throws {@link DomainError} `ERR_DOMAIN` when threads is not an integer in [1, 64]
 * @throws QuantwrightError `ERR_UNSUPPORTED` when the host does not let threads start
 * @example const team = await openThreadTeam({ threads: 2 });
 */
export async function openThreadTeam(options: ThreadTeamOptions = {}): Promise<OpenThreadTeam> {
  requireKnownKeys('openThreadTeam', options, ['threads']);
  const { threads: wanted = Math.min(availableParallelism(), MOST_BY_DEFAULT) } = options;
  const threads = requireInteger('openThreadTeam', 'threads', wanted, { min: 1, max: MOST });
  const state = createState(threads - 1);
  const spins = threads <= availableParallelism() ? SPINS : SPINS_CROWDED;
  const helpers: Helper[] = [];
  let failure: QuantwrightError | undefined;
  let isBusy = false;
  let lastSession = 0;
  let closing: Promise<void> | undefined;

  function fail(reason: string, cause?: unknown): QuantwrightError {
    failure ??= teamClosed(reason, cause);
    return failure;
  }

  function join(work: TeamWork): TeamSession | undefined {
    requireWork(work, threads - 1);
    if (failure !== undefined) throw failure;
    if (isBusy) return undefined;
    isBusy = true;
    lastSession = (lastSession % 0x7fffffff) + 1;
    const { module, memory, control, scratch } = work;
    Atomics.store(new Int32Array(memory.buffer, control + REMAINING, 1), 0, 0); // no job yet, whatever lay there
    Atomics.store(state, SESSION, lastSession);
    helpers.forEach(({ worker }, i) => worker.postMessage({ module, memory, control, scratch: scratch + i * SCRATCH_BYTES, session: lastSession }));
    const free = (): void => {
      isBusy = false;
    };
    return createSession({ state, helpers: helpers.length, spins, patience: PATIENCE, failure: () => failure, fail, free }, work, lastSession);
  }

  function close(): Promise<void> {
    fail('it was closed');
    closing ??= stopAll();
    return closing;
  }

  async function stopAll(): Promise<void> {
    Atomics.store(state, SESSION, 0);
    callHelpers(state);
    await Promise.all(helpers.map(stopHelper));
  }

  try {
    for (let i = 0; i < threads - 1; i++) helpers.push(startHelper(state, i, spins, fail));
    await Promise.all(helpers.map(({ online }) => online));
  } catch (cause) {
    await close();
    throw new QuantwrightError('ERR_UNSUPPORTED', `openThreadTeam: the host must let ${threads - 1} worker threads start, got ${String(cause)}`, { cause });
  }
  for (const { worker } of helpers) worker.unref();
  return Object.freeze({
    threads,
    join,
    close,
    get failure() {
      return failure;
    },
  });
}

interface Helper {
  readonly worker: Worker;
  readonly online: Promise<unknown>;
  readonly exited: Promise<void>;
}

function startHelper(state: Int32Array, index: number, spins: number, fail: (reason: string, cause?: unknown) => void): Helper {
  const own = ownWord(index);
  // Neither the host's loaders (by execArgv or NODE_OPTIONS) nor its environment: helpers start fast and see nothing they do not need.
  const worker = new Worker(WORKER_SOURCE, { eval: true, name: `quantwright ${index + 1}`, workerData: { state, own, spins }, env: {}, execArgv: [] });
  worker.on('error', (cause) => fail(`helper thread ${index + 1} met an error (${String(cause)})`, cause));
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      fail(`helper thread ${index + 1} has ended with code ${code}`);
      Atomics.store(state, own, 0); // a dead thread touches nothing
      resolve();
    });
  });
  return { worker, online: once(worker, 'online'), exited };
}

// The helper ends by itself, so that it first says when it has left the memory; only one that is stuck is ended from here.
async function stopHelper({ worker, exited }: Helper): Promise<void> {
  worker.ref();
  worker.postMessage(null);
  const timer = setTimeout(() => void worker.terminate(), GRACE_MS);
  await exited;
  clearTimeout(timer);
}

// What helpers could not survive. The kernel checks no pointer.
function requireWork({ memory, control, scratch }: TeamWork, helpers: number): void {
  const buffer = memory.buffer as ArrayBufferLike;
  if (!(buffer instanceof SharedArrayBuffer)) throw new DomainError('threadTeam.join: memory must be shared, got memory of one thread');
  const isInside = (at: number, bytes: number): boolean => Number.isInteger(at) && at >= 0 && at % 8 === 0 && at + bytes <= buffer.byteLength;
  if (!isInside(control, CONTROL_BYTES)) throw new DomainError(`threadTeam.join: control must point to ${CONTROL_BYTES} bytes inside the memory, got ${control}`);
  if (!isInside(scratch, helpers * SCRATCH_BYTES)) throw new DomainError(`threadTeam.join: scratch must point to ${helpers * SCRATCH_BYTES} bytes inside the memory, got ${scratch}`);
}
