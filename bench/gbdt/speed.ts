/** Time, memory and prediction speed against the peers. */
import { join } from 'node:path';
import { generatePanel } from './generate.ts';
import type { PanelShape } from './generate.ts';
import { isMeasured, SAME_SETTINGS, totalSeconds } from './job.ts';
import type { Answer, Job, Measured, Objective, OursJob, PeerName, Settings } from './job.ts';
import { judge, judgeRatio, tell } from './lines.ts';
import { writePanel } from './panel-files.ts';
import { bundleOurs, measureOursApart, measurePeer } from './processes.ts';
import type { PeerVersions } from './processes.ts';

export interface SpeedCase {
  readonly title: string;
  readonly shape: PanelShape;
  readonly seed: number;
  readonly objective: Objective;
  readonly settings: Settings;
  /** Rounds over all engines, and fits of each engine in a round: the fastest of all counts. */
  readonly rounds: number;
  readonly repeats: number;
  /** Bounds of our time over LightGBM's and over the best of xgboost's and sklearn's. */
  readonly targets: { readonly lightgbm: number; readonly others: number };
}

const SQUARED = { objective: 'squared', settings: SAME_SETTINGS } as const;
const MEDIUM = { rows: 200_000, testRows: 50_000, features: 50 } as const;

export const SPEED_CASES: Readonly<Record<'S' | 'M' | 'L' | 'logistic', SpeedCase>> = {
  S: { ...SQUARED, title: 'S 20k x 40', shape: { rows: 20_000, testRows: 20_000, features: 40 }, seed: 1, rounds: 5, repeats: 6, targets: { lightgbm: 0.45, others: 0.35 } },
  M: { ...SQUARED, title: 'M 200k x 50', shape: MEDIUM, seed: 2, rounds: 3, repeats: 3, targets: { lightgbm: 0.5, others: 0.45 } },
  L: { ...SQUARED, title: 'L 1M x 50', shape: { rows: 1_000_000, testRows: 100_000, features: 50 }, seed: 3, rounds: 2, repeats: 1, targets: { lightgbm: 0.6, others: 0.45 } },
  logistic: {
    title: 'M logistic, lambda 1, bagging 0.8, feature fraction 0.8, 2 categorical',
    shape: { ...MEDIUM, categorical: true },
    seed: 4,
    objective: 'logistic',
    settings: { ...SAME_SETTINGS, lambda: 1, rowShare: 0.8, featureShare: 0.8 },
    rounds: 3,
    repeats: 2,
    targets: { lightgbm: 0.7, others: 0.6 },
  },
};

export type SpeedName = keyof typeof SPEED_CASES;

const NAMES: Readonly<Record<PeerName, string>> = { lightgbm: 'LightGBM', xgboost: 'xgboost', sklearn: 'sklearn' };

/** An engine and what it did in each round. */
interface Entrant {
  readonly name: PeerName | 'ours';
  readonly label: string;
  readonly measure: (job: Job) => Promise<Answer>;
  readonly answers: Measured[];
  skipped: string | undefined;
}

export interface SpeedOptions {
  readonly threads: number;
  readonly kernel?: OursJob['kernel'];
  readonly rounds?: number;
  readonly peers?: readonly PeerName[];
}

/** Measures engines round by round, so that a noisy minute meets all of them, and keeps what it has measured. */
export class SpeedBench {
  readonly #dir: string;
  readonly #versions: PeerVersions;
  readonly #written = new Map<SpeedName, Pick<Job, 'dir' | 'names' | 'categorical'>>();
  readonly #measured = new Map<string, Entrant[]>();
  #bundle: Promise<string> | undefined;

  /** @param dir - takes the panels' files */
  constructor(dir: string, versions: PeerVersions) {
    this.#dir = dir;
    this.#versions = versions;
  }

  async time(name: SpeedName, options: SpeedOptions): Promise<void> {
    const { title, targets, objective } = SPEED_CASES[name];
    const entrants = await this.#run(name, options);
    const which = `${title}, ${threadsOf(options.threads)}`;
    const own = this.#judgeTime(which, entrants, options.threads, [[['lightgbm'], targets.lightgbm], [['xgboost', 'sklearn'], targets.others]]);
    tell({ case: which, metric: 'first-bin-and-boost-seconds', value: Math.min(...oursOf(entrants).answers.map((m) => m.firstSeconds)), unit: 's' });
    for (const entrant of entrants.filter((e) => e.name !== 'ours')) {
      const theirs = top(entrant, speedOfFit);
      if (theirs === undefined) continue;
      const compare = (metric: string, unit: string, of: (m: Measured) => number): void => tell({ case: which, metric, value: of(own), unit, peer: entrant.label, peerValue: of(theirs) });
      compare('bin-seconds', 's', (m) => m.binSeconds);
      compare('boost-seconds', 's', (m) => m.boostSeconds);
      compare(objective === 'squared' ? 'test-rmse' : 'test-log-loss', 'label', (m) => m.loss);
    }
    this.#compareBits(name, which, own);
  }

  async predict(options: SpeedOptions): Promise<void> {
    const entrants = await this.#run('M', options);
    const which = `predict, 200 trees on ${SPEED_CASES.M.title}, ${threadsOf(options.threads)}`;
    const speed = (m: Measured): number => m.rowsPerSecond ?? 0;
    for (const [peers, target] of [[['lightgbm'], 2], [['xgboost', 'sklearn'], 1.5]] as const) {
      judgeRatio({ case: which, metric: 'rows-per-second', unit: 'rows/s', target, better: 'at-least', ...against(entrants, peers, speed, speed) });
    }
    for (const { name, label, answers } of entrants.filter((e) => e.answers.length > 0)) {
      const line = { case: which, metric: 'one-row-microseconds', value: Math.min(...answers.map((m) => m.rowMicroseconds ?? Infinity)), unit: 'us' };
      if (name === 'ours') judge({ ...line, target: 4 });
      else tell({ ...line, case: `${which}, ${label}` });
    }
  }

  /** Peak memory of a process that reads the data and fits once. */
  async memory(options: SpeedOptions): Promise<void> {
    const { title, repeats } = SPEED_CASES.L;
    if (repeats !== 1) throw new Error('bench gbdt: memory is judged over one fit');
    const entrants = await this.#run('L', { ...options, rounds: options.rounds ?? 1 });
    const which = `${title}, ${threadsOf(options.threads)}`;
    for (const peer of ['lightgbm', 'xgboost', 'sklearn'] as const) {
      const line = { case: which, metric: 'peak-memory', unit: 'MB', ...against(entrants, [peer], (m) => -m.peakMb, (m) => m.peakMb) };
      if (peer === 'lightgbm') judgeRatio({ ...line, target: 0.8 });
      else if (line.peerValue !== undefined) tell(line);
    }
  }

  /** Without WebAssembly. */
  async typescript({ peers = ['lightgbm'], ...options }: SpeedOptions): Promise<void> {
    const entrants = await this.#run('M', { ...options, kernel: 'typescript', peers: peers.filter((peer) => peer === 'lightgbm') });
    const which = `${SPEED_CASES.M.title}, TypeScript kernel, ${threadsOf(options.threads)}`;
    this.#compareBits('M', which, this.#judgeTime(which, entrants, options.threads, [[['lightgbm'], 1.3]]));
  }

  // Other jobs of the machine lengthen wall time at random, CPU time hardly; with several threads it would count their waiting.
  #judgeTime(which: string, entrants: readonly Entrant[], threads: number, targets: readonly (readonly [readonly PeerName[], number])[]): Measured {
    for (const [peers, target] of targets) {
      judgeRatio({ case: which, metric: 'bin-and-boost-seconds', unit: 's', target, ...against(entrants, peers, speedOfFit, totalSeconds) });
      if (threads === 1) judgeRatio({ case: which, metric: 'bin-and-boost-cpu-seconds', unit: 's', target, ...against(entrants, peers, (m) => -m.cpuSeconds, (m) => m.cpuSeconds) });
    }
    return top(oursOf(entrants), speedOfFit) as Measured;
  }

  // Threads and kernels must not change a bit of the predictions.
  #compareBits(name: SpeedName, which: string, own: Measured): void {
    const digests = [...this.#measured].filter(([key]) => key.startsWith(`${name} `)).flatMap(([, entrants]) => oursOf(entrants).answers.map((m) => m.digest));
    judge({ case: which, metric: 'runs-with-other-bits', value: digests.filter((digest) => digest !== own.digest).length, unit: 'runs', target: 0 });
  }

  async #run(name: SpeedName, { threads, kernel = 'auto', rounds = SPEED_CASES[name].rounds, peers = ['lightgbm', 'xgboost', 'sklearn'] }: SpeedOptions): Promise<Entrant[]> {
    const key = `${name} ${threads} ${kernel} ${peers.join()}`;
    const known = this.#measured.get(key);
    if (known !== undefined) return known;
    const { objective, settings, repeats } = SPEED_CASES[name];
    const job: Job = { ...this.#panel(name), objective, settings, threads, repeats, timePrediction: true };
    this.#bundle ??= bundleOurs(this.#dir);
    const bundle = await this.#bundle;
    const entrants: Entrant[] = [
      { name: 'ours', label: 'quantwright', measure: (j) => measureOursApart({ ...j, kernel }, bundle), answers: [], skipped: undefined },
      ...peers.filter((peer) => this.#versions[peer] !== null).flatMap((peer) => this.#entrantsOf(peer)),
    ];
    for (let round = 1; round <= rounds; round++) {
      for (const entrant of entrants.filter((e) => e.skipped === undefined)) {
        const answer = await entrant.measure(job);
        if (isMeasured(answer)) entrant.answers.push(answer);
        else entrant.skipped = answer.skipped;
        console.error(`${key}: round ${round} of ${rounds}, ${entrant.label}: ${isMeasured(answer) ? `${totalSeconds(answer).toFixed(3)} s` : answer.skipped}`);
      }
    }
    this.#measured.set(key, entrants);
    return entrants;
  }

  // LightGBM's own choice of layout is a short trial and not always the faster one: both run.
  #entrantsOf(peer: PeerName): Entrant[] {
    const label = `${NAMES[peer]} ${this.#versions[peer]}`;
    if (peer !== 'lightgbm') return [{ name: peer, label, measure: (job) => measurePeer({ ...job, peer }), answers: [], skipped: undefined }];
    return (['row', 'col'] as const).map((layout) => ({ name: peer, label: `${label} ${layout}-wise`, measure: (job) => measurePeer({ ...job, peer, layout }), answers: [], skipped: undefined }));
  }

  #panel(name: SpeedName): Pick<Job, 'dir' | 'names' | 'categorical'> {
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const { shape, seed, title } = SPEED_CASES[name];
    console.error(`bench gbdt: making ${title}`);
    const panel = generatePanel(shape, seed);
    const dir = join(this.#dir, name);
    writePanel(dir, panel);
    const written = { dir, names: panel.names, categorical: panel.categorical };
    this.#written.set(name, written);
    return written;
  }
}

function threadsOf(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

function oursOf(entrants: readonly Entrant[]): Entrant {
  return entrants.find((e) => e.name === 'ours') as Entrant;
}

function speedOfFit(measured: Measured): number {
  return -totalSeconds(measured);
}

function top({ answers }: Entrant, score: (m: Measured) => number): Measured | undefined {
  return [...answers].sort((a, b) => score(b) - score(a))[0];
}

// Our best against the best of some peers, each by its own best answer.
function against(entrants: readonly Entrant[], peers: readonly PeerName[], score: (m: Measured) => number, of: (m: Measured) => number): { value: number; peer: string; peerValue?: number } {
  const value = of(top(oursOf(entrants), score) as Measured);
  const found = entrants.flatMap((e) => {
    const answer = (peers as readonly string[]).includes(e.name) ? top(e, score) : undefined;
    return answer === undefined ? [] : [{ peer: e.label, answer }];
  });
  const rival = found.sort((a, b) => score(b.answer) - score(a.answer))[0];
  return rival === undefined ? { value, peer: peers.map((name) => NAMES[name]).join(' or ') } : { value, peer: rival.peer, peerValue: of(rival.answer) };
}
