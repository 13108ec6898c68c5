/** One python process that prepares cases and times them when told. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Times } from './timing.ts';

const PYTHON = process.env['QUANTWRIGHT_BENCH_PYTHON'] ?? '/usr/bin/python3'; // Debian's own sees quantlib-python and python3-scipy
const SCRIPT = join(import.meta.dirname, 'peer.py');

/** A prepared case. */
export interface Peer {
  readonly name: string;
  /** Seconds of the first call, while it was prepared. */
  readonly coldSeconds: number;
  /** Cases in one call. */
  readonly count: number;
  /** What else the case tells: errors, values. */
  readonly found: Readonly<Record<string, unknown>>;
  /** Times the case prepared last, which must be this one. */
  time(): Promise<Times>;
}

interface Answer {
  readonly missing?: string;
  readonly peer: string;
  readonly count: number;
  readonly coldSeconds: number;
  readonly found: Readonly<Record<string, unknown>>;
}

interface Server {
  readonly child: ChildProcessWithoutNullStreams;
  ask(job: object): Promise<unknown>;
}

let server: Server | null = null;
const told = new Set<string>();

function serve(): Server {
  const child = spawn(PYTHON, [SCRIPT]);
  child.stderr.pipe(process.stderr);
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  const fail = (reason: string): void => {
    for (const { reject } of waiting.splice(0)) reject(new Error(reason));
  };
  child.on('error', (error) => fail(error.message));
  child.stdin.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => fail(`${PYTHON} ended with ${code ?? signal}`));
  return {
    child,
    ask: (job) => new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin.write(`${JSON.stringify(job)}\n`);
    }),
  };
}

/** Prepares a case of peer.py; null, and a message, when its library is missing. */
export async function preparePeer(name: string, input: object): Promise<Peer | null> {
  try {
    server ??= serve();
    const { ask } = server;
    const answer = (await ask({ prepare: name, input })) as Answer;
    if (answer.missing === undefined) return { name: answer.peer, coldSeconds: answer.coldSeconds, count: answer.count, found: answer.found, time: () => ask({ run: true }) as Promise<Times> };
    tell(`no peer for ${name}: ${answer.missing}`);
  } catch (error) {
    server = null;
    tell(`no peer for ${name}: ${(error as Error).message}`);
  }
  return null;
}

function tell(message: string): void {
  if (!told.has(message)) console.error(`bench iv: ${message}`);
  told.add(message);
}

/** Lets the python process end. */
export function closePeers(): void {
  server?.child.stdin.end();
  server = null;
}
