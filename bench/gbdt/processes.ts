/** Starts the engines in processes of their own. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Answer, Measured, OursJob, PeerJob, PeerName } from './job.ts';

const run = promisify(execFile);

/** Debian's own python sees python3-xgboost and python3-sklearn; a version manager's does not. */
const PYTHON = process.env['QUANTWRIGHT_BENCH_PYTHON'] ?? '/usr/bin/python3';
const PEER_SCRIPT = join(import.meta.dirname, 'peer.py');
const OURS_SCRIPT = join(import.meta.dirname, 'ours.ts');
const NONE: PeerVersions = { lightgbm: null, xgboost: null, sklearn: null };

/** Version of each peer, null when python cannot import it. */
export type PeerVersions = Readonly<Record<PeerName, string | null>>;

export async function peerVersions(): Promise<PeerVersions> {
  try {
    return JSON.parse((await run(PYTHON, [PEER_SCRIPT, '--versions'])).stdout) as PeerVersions;
  } catch (error) {
    console.error(`bench gbdt: no peers: ${(error as Error).message}`);
    return NONE;
  }
}

function environment(threads: number): NodeJS.ProcessEnv {
  return { ...process.env, OMP_NUM_THREADS: String(threads) };
}

/** One measurement in a fresh process; a peer that fails is told on stderr and counts as missing. */
export async function measurePeer(job: PeerJob): Promise<Answer> {
  try {
    const { stdout } = await run(PYTHON, [PEER_SCRIPT, JSON.stringify(job)], { env: environment(job.threads) });
    return JSON.parse(stdout) as Answer;
  } catch (error) {
    console.error(`bench gbdt: ${job.peer} failed: ${(error as Error).message}`);
    return { skipped: `${job.peer} failed` };
  }
}

/** One measurement of ours in a fresh process that runs `bundle`. */
export async function measureOursApart(job: OursJob, bundle: string): Promise<Measured> {
  const { stdout } = await run(process.execPath, [bundle, JSON.stringify(job)]);
  return JSON.parse(stdout) as Measured;
}

/** Bundles our side into `dir`, as it ships: a loader of TypeScript would count as our memory. Returns the script's path. */
export async function bundleOurs(dir: string): Promise<string> {
  const outfile = join(dir, 'ours.mjs');
  await build({ entryPoints: [OURS_SCRIPT], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', conditions: ['quantwright-source'] });
  return outfile;
}

/** A peer's process that takes one job after another. */
export interface PeerServer {
  measure(job: PeerJob): Promise<Answer>;
  close(): void;
}

export function servePeer(threads: number): PeerServer {
  const child = spawn(PYTHON, [PEER_SCRIPT, '--serve'], { env: environment(threads), stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line) as Answer));
  const fail = (reason: string): void => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`bench gbdt: the peer's process ${reason}`));
  };
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  return {
    measure: (job) => new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(job)}\n`);
    }),
    close: () => child.stdin.end(),
  };
}
