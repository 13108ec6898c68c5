/** Seconds of ours and of a peer in turn, so that what else the machine does slows both, and of the first call in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Peer } from './peer.ts';

const run = promisify(execFile);
const RUN_SCRIPT = join(import.meta.dirname, '..', 'run.ts');
const WARM_UP_CALLS = 3;
const WARM_UP_SECONDS = 0.5;
const LEAST_SECONDS = 0.005; // shorter calls are timed in groups
const COLD_PROCESSES = 3;

/** Of one call. */
export interface Times {
  readonly seconds: number;
  /** Of all threads of the process, its garbage collector's too. */
  readonly cpuSeconds: number;
}

/** Prepares work and returns the call to time. */
export type Workload = () => () => unknown;

export const COLD = '--cold=';

let repeats = 20;

/** How many times calls are timed, of which the fastest counts. */
export function setRepeats(count: number): void {
  repeats = count;
}

export function timed(once: () => unknown, calls = 1): Times {
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < calls; i++) once();
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: seconds / calls, cpuSeconds: (user + system) / 1e6 / calls };
}

/** The fastest of a number of calls after warm-up, ours and the peer's by turns. */
export async function fastest(once: () => unknown, peer: Peer | null = null, most = repeats): Promise<{ readonly ours: Times; readonly theirs: Times | null }> {
  let last = Infinity;
  for (let calls = 0, spent = 0; calls < Math.min(WARM_UP_CALLS, most) || (spent < WARM_UP_SECONDS && calls < 1e5); calls++) {
    last = timed(once).seconds;
    spent += last;
  }
  const group = Math.max(1, Math.ceil(LEAST_SECONDS / last));
  let ours: Times = { seconds: Infinity, cpuSeconds: Infinity };
  let theirs: Times | null = null;
  for (let i = 0; i < Math.min(repeats, most); i++) {
    ours = least(ours, timed(once, group));
    if (peer !== null) theirs = least(theirs, await peer.time());
  }
  return { ours, theirs };
}

function least(a: Times | null, b: Times): Times {
  return a === null ? b : { seconds: Math.min(a.seconds, b.seconds), cpuSeconds: Math.min(a.cpuSeconds, b.cpuSeconds) };
}

/** Seconds of the first call of a workload in a new process that has only prepared it; the fastest of three processes. */
export async function coldSeconds(workload: string): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < COLD_PROCESSES; i++) {
    const { stdout } = await run(process.execPath, [...process.execArgv, RUN_SCRIPT, 'iv', `${COLD}${workload}`]);
    best = Math.min(best, (JSON.parse(stdout) as Times).seconds);
  }
  return best;
}
