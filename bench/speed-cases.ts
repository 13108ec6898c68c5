/**
 * Seconds of some calls, the fastest of several after warm-up, and those of python libraries on the same machine. On a busy machine read the
 * processor's seconds: they do not count the waiting.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { report } from './report.ts';

const run = promisify(execFile);
const PYTHON = process.env['QUANTWRIGHT_BENCH_PYTHON'] ?? '/usr/bin/python3'; // Debian's own sees python3-sklearn and python3-scipy
const WARM_UPS = 4;
const REPEATS = 7;

export interface SpeedCase {
  readonly title: string;
  /** Seconds at most. */
  readonly target: number;
  readonly run: () => unknown;
}

interface Times {
  readonly seconds: number;
  /** Of all threads of the process, its garbage collector's too. */
  readonly cpuSeconds: number;
}

type Peers = Readonly<Partial<Record<string, (Times & { readonly peer: string }) | null>>>;

/**
 * Times the cases one after the other and prints two lines for each.
 *
 * @param peerScript - a python file that prints the peers' times by case, see peer_times.py
 */
export async function speedLines(bench: string, cases: Readonly<Record<string, () => SpeedCase>>, peerScript: string): Promise<void> {
  const peers = await peerTimes(bench, peerScript);
  for (const [name, make] of Object.entries(cases)) {
    const { title, target, run: once } = make();
    const peer = peers[name];
    const { seconds, cpuSeconds } = fastest(once);
    report({ bench, case: title, metric: 'seconds', value: seconds, unit: 's', target, ...(peer && { peer: peer.peer, peerValue: peer.seconds }) });
    report({ bench, case: title, metric: 'cpu-seconds', value: cpuSeconds, unit: 's', ...(peer && { peer: peer.peer, peerValue: peer.cpuSeconds }) });
  }
}

function fastest(once: () => unknown): Times {
  for (let i = 0; i < WARM_UPS; i++) once();
  let [seconds, cpuSeconds] = [Infinity, Infinity];
  for (let i = 0; i < REPEATS; i++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    once();
    seconds = Math.min(seconds, (performance.now() - start) / 1e3);
    const { user, system } = process.cpuUsage(cpu);
    cpuSeconds = Math.min(cpuSeconds, (user + system) / 1e6);
  }
  return { seconds, cpuSeconds };
}

async function peerTimes(bench: string, script: string): Promise<Peers> {
  try {
    const { stdout, stderr } = await run(PYTHON, [script, String(REPEATS)]);
    if (stderr !== '') console.error(stderr.trim());
    return JSON.parse(stdout) as Peers;
  } catch (error) {
    console.error(`bench ${bench}: no peers: ${(error as Error).message}`);
    return {};
  }
}
