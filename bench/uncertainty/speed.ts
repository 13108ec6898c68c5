/**
 * Seconds of the loops that see every row, the fastest of several after warm-up, and those of scikit-learn, scipy and numpy on the same machine.
 * On a busy machine read the processor's seconds: they do not count the waiting.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fitIsotonic } from 'quantwright/calibration';
import { aci, adaptScores } from 'quantwright/conformal';
import { spearmanCorrelation } from 'quantwright/metrics';
import { randomStream } from '../../src/core/random.ts';
import { report } from '../report.ts';

const run = promisify(execFile);
const PYTHON = process.env['QUANTWRIGHT_BENCH_PYTHON'] ?? '/usr/bin/python3'; // Debian's own sees python3-sklearn
const REPEATS = 7;
const ROWS = 1_000_000;

interface SpeedCase {
  readonly title: string;
  readonly target: number;
  readonly run: () => unknown;
}

type CaseName = 'isotonic' | 'spearman' | 'aci';

/** Isotonic regression and Spearman's correlation of a million rows, and adaptive conformal inference over 19,500 steps. */
export async function speedCases(): Promise<void> {
  const peers = await peerSeconds();
  for (const [name, make] of Object.entries(CASES) as [CaseName, () => SpeedCase][]) {
    const { title, target, run: once } = make();
    const peer = peers[name];
    const { seconds, cpuSeconds } = fastest(once);
    report({ bench: 'uncertainty', case: title, metric: 'seconds', value: seconds, unit: 's', target, ...(peer && { peer: peer.peer, peerValue: peer.seconds }) });
    report({ bench: 'uncertainty', case: title, metric: 'cpu-seconds', value: cpuSeconds, unit: 's', ...(peer && { peer: peer.peer, peerValue: peer.cpuSeconds }) });
  }
}

const CASES: Readonly<Record<CaseName, () => SpeedCase>> = {
  isotonic: () => {
    const stream = randomStream(1, 'isotonic');
    const scores = Float64Array.from({ length: ROWS }, () => stream.normal());
    const labels = scores.map((score) => (stream.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0));
    return { title: 'fitIsotonic, 1e6 rows', target: 0.2, run: () => fitIsotonic(scores, labels) };
  },
  spearman: () => {
    const stream = randomStream(2, 'spearman');
    const x = Float64Array.from({ length: ROWS }, () => stream.normal());
    const y = x.map((value) => 0.1 * value + stream.normal());
    return { title: 'spearmanCorrelation, 1e6 pairs', target: 0.4, run: () => spearmanCorrelation(x, y) };
  },
  aci: () => {
    const stream = randomStream(3, 'aci');
    const scores = Float64Array.from({ length: 20_000 }, () => Math.abs(stream.normal()));
    const adapt = aci({ gamma: 0.02, window: 500 });
    return { title: 'ACI on the last 500 scores, 19,500 steps', target: 0.03, run: () => adaptScores(scores, { adapt, calibration: 500 }) };
  },
};

interface Times {
  readonly seconds: number;
  /** Of all threads of the process, its garbage collector's too. */
  readonly cpuSeconds: number;
}

function fastest(once: () => unknown): Times {
  once();
  once();
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
    console.error(`bench uncertainty: no peers: ${(error as Error).message}`);
    return {};
  }
}
