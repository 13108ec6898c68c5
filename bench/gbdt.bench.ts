/**
 * The booster against LightGBM, xgboost and sklearn: `npm run bench -- gbdt [case ...] [--option=value ...]`, `npm run bench -- gbdt help`.
 *
 * Times are binning plus boosting of 200 trees with 31 leaves, the fastest of several rounds over all engines, each in a fresh process. In
 * lines with a ratio, `target` bounds the ratio. See docs/guide/boosting-benchmarks.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccuracyBench } from './gbdt/accuracy.ts';
import type { PeerName } from './gbdt/job.ts';
import { marketPanels } from './gbdt/market.ts';
import { peerVersions } from './gbdt/processes.ts';
import { SpeedBench } from './gbdt/speed.ts';

const HELP = `npm run bench -- gbdt [case ...] [--option=value ...]

cases (default: S M logistic predict; a quarter of an hour on an idle machine with two cores)
  S M            time at 20k x 40 and 200k x 50, 1 and 2 threads
  logistic       time at 200k x 50, label 0 or 1, lambda 1, bagging and feature fraction 0.8, 2 categorical columns
  predict        batch and single rows, 200 trees
  typescript     time at 200k x 50 without WebAssembly
  ours           S and M without peers
long ones
  L              time at 1M x 50: half an hour
  memory         peak memory at L, one fit per engine
  accuracy-S     test error at the same settings, 100 data seeds
  accuracy-M     the same at 200k x 50, 5 data seeds
  defaults       our defaults against the peers' defaults, 30 data seeds
  market         the same on us120 and sp500_20stocks
  bags           three models on jittered bins against one, 30 data seeds

options
  --threads=1,2  thread counts of S, M, L and logistic
  --rounds=N     rounds over all engines instead of 5 (S), 3 (M, logistic) or 2 (L)
  --seeds=N      data seeds of the studies
  --peers=LIST   of lightgbm, xgboost, sklearn; none for ours alone

environment
  QUANTWRIGHT_BENCH_PYTHON   python with the peers (default /usr/bin/python3, which sees Debian's python3-xgboost and python3-sklearn)
  PYTHONPATH                 folder made by: pip install --target FOLDER lightgbm narwhals`;

const CASES = ['S', 'M', 'L', 'logistic', 'predict', 'memory', 'typescript', 'accuracy-S', 'accuracy-M', 'defaults', 'market', 'bags', 'ours'] as const;
type Case = (typeof CASES)[number];

const DEFAULT_CASES: readonly Case[] = ['S', 'M', 'logistic', 'predict'];
const PEERS: readonly PeerName[] = ['lightgbm', 'xgboost', 'sklearn'];
const OPTIONS = ['threads', 'rounds', 'seeds', 'peers'];

// Peers' results of the studies survive here, so that a stopped study can be taken up again.
const PEER_MEMORY = join(tmpdir(), 'quantwright-bench-gbdt-peers.jsonl');

interface Request {
  readonly cases: readonly Case[];
  readonly threads: readonly number[];
  readonly rounds: number | undefined;
  readonly seeds: number | undefined;
  readonly peers: readonly PeerName[];
}

function parse(args: readonly string[]): Request {
  const options = new Map<string, string>();
  const cases: Case[] = [];
  for (const arg of args) {
    const [, name, value] = /^--([a-z]+)=(.*)$/.exec(arg) ?? [];
    if (name !== undefined && OPTIONS.includes(name)) options.set(name, value);
    else if ((CASES as readonly string[]).includes(arg)) cases.push(arg as Case);
    else throw new Error(`bench gbdt: case or option must be known, got ${arg}; try help`);
  }
  const count = (name: string): number | undefined => {
    const text = options.get(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw new Error(`bench gbdt: --${name} must be an integer >= 1, got ${text}`);
    return value;
  };
  const list = (options.get('peers') ?? PEERS.join()).split(',').filter((peer) => peer !== 'none');
  const peers = PEERS.filter((peer) => list.includes(peer));
  if (peers.length !== list.length) throw new Error(`bench gbdt: --peers must be of ${PEERS.join(', ')} or none, got ${options.get('peers')}`);
  const threads = (options.get('threads') ?? '1,2').split(',').map(Number);
  if (threads.some((n) => !Number.isInteger(n) || n < 1)) throw new Error(`bench gbdt: --threads must be integers >= 1, got ${options.get('threads')}`);
  return { cases: cases.length === 0 ? DEFAULT_CASES : cases, threads, rounds: count('rounds'), seeds: count('seeds'), peers };
}

export default async function gbdtBench(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === 'help' || arg === '--help')) {
    console.log(HELP);
    return;
  }
  const { cases, threads, rounds, seeds, peers } = parse(args);
  const versions = await peerVersions();
  console.error(`bench gbdt: node ${process.version}, ${PEERS.map((peer) => `${peer} ${versions[peer] ?? 'missing'}`).join(', ')}`);
  const dir = mkdtempSync(join(tmpdir(), 'quantwright-bench-gbdt-'));
  const speed = new SpeedBench(dir, versions);
  const accuracy = new AccuracyBench(dir, versions, PEER_MEMORY);
  const options = { peers, ...(rounds === undefined ? {} : { rounds }) };
  try {
    for (const name of cases) {
      if (name === 'S' || name === 'M' || name === 'L' || name === 'logistic') for (const n of threads) await speed.time(name, { ...options, threads: n });
      else if (name === 'ours') for (const size of ['S', 'M'] as const) for (const n of threads) await speed.time(size, { ...options, threads: n, peers: [] });
      else if (name === 'predict') await speed.predict({ ...options, threads: 1 });
      else if (name === 'memory') await speed.memory({ ...options, threads: 1 });
      else if (name === 'typescript') await speed.typescript({ ...options, threads: 1 });
      else if (name === 'accuracy-S') await accuracy.same('S', { seeds: seeds ?? 100, peers });
      else if (name === 'accuracy-M') await accuracy.same('M', { seeds: seeds ?? 5, peers });
      else if (name === 'defaults') await accuracy.defaults({ seeds: seeds ?? 30, peers });
      else if (name === 'bags') await accuracy.bags({ seeds: seeds ?? 30, peers });
      else await marketPanels(dir, versions, peers);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
