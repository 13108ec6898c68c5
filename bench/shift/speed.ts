/**
 * Seconds of the loops that see every value, the fastest of several after warm-up, and those of river, numpy and scipy on the same machine.
 * On a busy machine read the processor's seconds: they do not count the waiting.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Adwin, buildDriftReferenceSync, checkDriftSync, kolmogorovSmirnov, PageHinkley } from 'quantwright/shift-detection';
import { randomStream } from '../../src/core/random.ts';
import { report } from '../report.ts';

const run = promisify(execFile);
const PYTHON = process.env['QUANTWRIGHT_BENCH_PYTHON'] ?? '/usr/bin/python3'; // Debian's own sees python3-scipy
const WARM_UPS = 4;
const REPEATS = 7;
const UPDATES = 200_000;
const ROWS = 1_000_000;
const FEATURES = 50;

interface SpeedCase {
  readonly title: string;
  readonly target: number;
  readonly run: () => unknown;
}

type CaseName = 'adwin' | 'pageHinkley' | 'psi' | 'kolmogorovSmirnov';

/** Updates of two detectors, a drift check of all features of a large panel, and a test of two large samples. */
export async function speedCases(): Promise<void> {
  const peers = await peerSeconds();
  for (const [name, make] of Object.entries(CASES) as [CaseName, () => SpeedCase][]) {
    const { title, target, run: once } = make();
    const peer = peers[name];
    const { seconds, cpuSeconds } = fastest(once);
    report({ bench: 'shift', case: title, metric: 'seconds', value: seconds, unit: 's', target, ...(peer && { peer: peer.peer, peerValue: peer.seconds }) });
    report({ bench: 'shift', case: title, metric: 'cpu-seconds', value: cpuSeconds, unit: 's', ...(peer && { peer: peer.peer, peerValue: peer.cpuSeconds }) });
  }
}

function normals(size: number, label: string): Float64Array {
  const { normal } = randomStream(1, label);
  return Float64Array.from({ length: size }, normal);
}

const CASES: Readonly<Record<CaseName, () => SpeedCase>> = {
  pageHinkley: () => {
    const values = normals(UPDATES, 'stream');
    return { title: 'PageHinkley, 200,000 updates', target: 0.02, run: () => new PageHinkley().updateMany(values) };
  },
  adwin: () => {
    const values = normals(UPDATES, 'stream');
    return { title: 'Adwin, 200,000 updates', target: 0.1, run: () => new Adwin().updateMany(values) };
  },
  psi: () => {
    const names = Array.from({ length: FEATURES }, (_, j) => `f${j}`);
    const columns = names.map((name) => normals(ROWS, name));
    const reference = buildDriftReferenceSync({ names, columns });
    return { title: 'checkDrift, 1e6 rows x 50 features', target: 1, run: () => checkDriftSync(reference, { names, columns }) };
  },
  kolmogorovSmirnov: () => {
    const [a, b] = [normals(ROWS, 'first'), normals(ROWS, 'second')];
    return { title: 'kolmogorovSmirnov, 2 x 1e6 values', target: 0.25, run: () => kolmogorovSmirnov(a, b) };
  },
};

interface Times {
  readonly seconds: number;
  /** Of all threads of the process, its garbage collector's too. */
  readonly cpuSeconds: number;
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

type Peers = Readonly<Partial<Record<CaseName, (Times & { readonly peer: string }) | null>>>;

async function peerSeconds(): Promise<Peers> {
  try {
    const { stdout, stderr } = await run(PYTHON, [join(import.meta.dirname, 'peer.py'), String(REPEATS)]);
    if (stderr !== '') console.error(stderr.trim());
    return JSON.parse(stdout) as Peers;
  } catch (error) {
    console.error(`bench shift: no peers: ${(error as Error).message}`);
    return {};
  }
}
