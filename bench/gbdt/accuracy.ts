/** Test error over many data seeds: differences between engines are smaller than the luck of one seed. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { binMatrix, fitGbdtSync, gbdtLearner, predictGbdt } from 'quantwright/learners';
import type { GbdtLearnerOptions } from 'quantwright/learners';
import { driveSync } from '../../src/core/drive.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { binOptionsOf, lossOf, optionsOf } from './engine.ts';
import { generatePanel } from './generate.ts';
import type { BenchPanel } from './generate.ts';
import { isMeasured, SAME_SETTINGS } from './job.ts';
import type { PeerJob, PeerName, Settings } from './job.ts';
import { judge, tell } from './lines.ts';
import { matrixOf, writePanel } from './panel-files.ts';
import { servePeer } from './processes.ts';
import type { PeerServer, PeerVersions } from './processes.ts';
import { SPEED_CASES } from './speed.ts';

const SMALL = SPEED_CASES.S.shape;
const MEDIUM = SPEED_CASES.M.shape;

// Apart from the seeds of the speed cases.
const FIRST_SEED = 1000;

// "Equal accuracy": what the choice of bin edges at 0 alone is worth on these panels.
const PARITY = 2e-4;

export interface StudyOptions {
  readonly seeds: number;
  readonly peers: readonly PeerName[];
}

export class AccuracyBench {
  readonly #dir: string;
  readonly #versions: PeerVersions;
  readonly #memory: PeerMemory;

  /**
   * @param dir - takes the panels' files
   * @param memory - file of peers' results, so that a study can be taken up again
   */
  constructor(dir: string, versions: PeerVersions, memory: string) {
    this.#dir = dir;
    this.#versions = versions;
    this.#memory = new PeerMemory(memory);
  }

  /** The same settings as LightGBM and sklearn: as good as the one, not worse than the other. */
  async same(size: 'S' | 'M', { seeds, peers }: StudyOptions): Promise<void> {
    const shape = size === 'S' ? SMALL : MEDIUM;
    const study = await this.#study(`accuracy-${size}`, shape, seeds, SAME_SETTINGS, peers.filter((peer) => peer !== 'xgboost'), [(panel) => lossOfFit(panel, SAME_SETTINGS)]);
    for (const [peer, theirs] of study.peers) {
      tellPair(study.title, this.#label(peer), study.ours[0], theirs, ({ difference, standardError }) =>
        peer === 'lightgbm' ? { target: PARITY, met: Math.abs(difference) <= Math.max(PARITY, 2 * standardError) } : { target: 0, met: difference <= 2 * standardError });
    }
  }

  /** Everyone's defaults. */
  async defaults({ seeds, peers }: StudyOptions): Promise<void> {
    const study = await this.#study('defaults', SMALL, seeds, undefined, peers, [(panel) => lossOfFit(panel, undefined)]);
    for (const [peer, theirs] of study.peers) tellPair(study.title, `${this.#label(peer)}, its defaults`, study.ours[0], theirs, ({ difference }) => ({ target: -2e-3, met: difference <= -2e-3 }));
  }

  /** Three models on jittered bins against one. */
  async bags({ seeds }: StudyOptions): Promise<void> {
    const study = await this.#study('bags', SMALL, seeds, SAME_SETTINGS, [], [(panel) => lossOfBags(panel, 3), (panel) => lossOfBags(panel, 1)]);
    tellPair(`${study.title}, bags 3`, 'bags 1', study.ours[0], study.ours[1], ({ difference }) => ({ target: 0, met: difference <= 0 }));
  }

  #label(peer: PeerName): string {
    return `${peer} ${this.#versions[peer] ?? ''}`.trim();
  }

  // While the peers fit a seed, ours fits it here and the next panel is made.
  async #study(name: string, shape: typeof SMALL, seeds: number, settings: Settings | undefined, peers: readonly PeerName[], ours: readonly ((panel: BenchPanel) => number)[]): Promise<Study> {
    const found = peers.filter((peer) => this.#versions[peer] !== null);
    const servers = new Map<PeerName, PeerServer>();
    const study: Study = { title: `${name}, ${shape.rows / 1000}k x ${shape.features}, ${seeds} data seeds`, ours: ours.map(() => []), peers: new Map(peers.map((peer) => [peer, found.includes(peer) ? [] : undefined])) };
    try {
      let next: BenchPanel | undefined = generatePanel(shape, FIRST_SEED);
      for (let i = 0; i < seeds && next !== undefined; i++) {
        const panel: BenchPanel = next;
        const digest = digestOf(panel);
        const dir = join(this.#dir, `seed-${FIRST_SEED + i}`);
        const asked = found.map((peer) => {
          const key = JSON.stringify([digest, peer, this.#versions[peer], settings ?? 'defaults']);
          const known = this.#memory.get(key);
          if (known !== undefined) return known;
          if (!existsSync(dir)) writePanel(dir, panel);
          const server = servers.get(peer) ?? servePeer(1);
          servers.set(peer, server);
          const job: PeerJob = { peer, dir, names: panel.names, categorical: [], objective: 'squared', ...(settings === undefined ? {} : { settings }), threads: 1, repeats: 1, timePrediction: false };
          return server.measure(job).then((answer) => {
            if (!isMeasured(answer)) throw new Error(`bench gbdt: ${peer}: ${answer.skipped}`);
            this.#memory.set(key, answer.loss);
            return answer.loss;
          });
        });
        const answers = Promise.all(asked);
        answers.catch(() => {}); // awaited below; ours may fail first
        ours.forEach((lossOn, k) => study.ours[k].push(lossOn(panel)));
        next = i + 1 < seeds ? generatePanel(shape, FIRST_SEED + i + 1) : undefined;
        for (const [k, loss] of (await answers).entries()) study.peers.get(found[k])?.push(loss);
        rmSync(dir, { recursive: true, force: true });
        console.error(`${name}: seed ${i + 1} of ${seeds}: ours ${study.ours.map((losses) => losses[i].toFixed(5)).join(' ')}${found.map((peer) => `, ${peer} ${study.peers.get(peer)?.[i].toFixed(5)}`).join('')}`);
      }
    } finally {
      for (const server of servers.values()) server.close();
    }
    return study;
  }
}

/** Test losses per seed; a missing peer has none. */
interface Study {
  readonly title: string;
  readonly ours: readonly number[][];
  readonly peers: ReadonlyMap<PeerName, number[] | undefined>;
}

interface Paired {
  readonly difference: number;
  readonly standardError: number;
}

function tellPair(which: string, peer: string, ours: readonly number[], theirs: readonly number[] | undefined, verdict: (paired: Paired) => { readonly target: number; readonly met: boolean }): void {
  if (theirs === undefined) {
    const { target } = verdict({ difference: NaN, standardError: NaN });
    tell({ case: which, metric: 'rmse-difference', value: null, unit: 'label', peer, target });
    return;
  }
  const differences = ours.map((loss, i) => loss - theirs[i]);
  const paired = { difference: mean(differences), standardError: standardDeviation(differences) / Math.sqrt(differences.length) };
  tell({ case: which, metric: 'mean-test-rmse', value: mean(ours), unit: 'label', peer, peerValue: mean(theirs) });
  const { target, met } = verdict(paired);
  judge({ case: which, metric: 'rmse-difference', value: paired.difference, unit: 'label', peer, target }, met);
  tell({ case: which, metric: 'rmse-difference-standard-error', value: Number.isNaN(paired.standardError) ? null : paired.standardError, unit: 'label', peer });
  tell({ case: which, metric: 'share-of-seeds-with-lower-rmse', value: mean(differences.map((d) => Number(d < 0))), unit: 'share', peer });
}

function lossOfFit(panel: BenchPanel, settings: Settings | undefined): number {
  const binned = binMatrix(matrixOf(panel.train, panel.names), binOptionsOf(settings, []));
  const { model } = fitGbdtSync(binned, panel.train.labels, optionsOf('squared', settings));
  return lossOf('squared', predictGbdt(model, matrixOf(panel.test, panel.names)), panel.test.labels);
}

function lossOfBags(panel: BenchPanel, bags: number): number {
  const matrix = matrixOf(panel.train, panel.names);
  const set = { matrix, features: matrix.names.map((_, f) => f), rows: Uint32Array.from({ length: matrix.rowCount }, (_, i) => i), target: Float64Array.from(panel.train.labels) };
  const options = { ...optionsOf('squared', SAME_SETTINGS), maxBin: SAME_SETTINGS.maxBin, bags } as GbdtLearnerOptions;
  const model = driveSync(gbdtLearner.fit(set, options, { seed: 0 }));
  return lossOf('squared', gbdtLearner.predict(model, matrixOf(panel.test, panel.names)), panel.test.labels);
}

function digestOf({ train, test }: BenchPanel): string {
  const hash = createHash('sha256');
  for (const part of [train, test]) hash.update(part.values).update(part.labels);
  return hash.digest('hex');
}

/** Losses of peers by data, version and settings. Ours are never kept: the engine under test changes without a version. */
class PeerMemory {
  readonly #path: string;
  readonly #losses = new Map<string, number>();

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (!line.endsWith('}')) continue; // cut off when the bench was stopped
      const { key, loss } = JSON.parse(line) as { key: string; loss: number };
      this.#losses.set(key, loss);
    }
  }

  get(key: string): number | undefined {
    return this.#losses.get(key);
  }

  set(key: string, loss: number): void {
    this.#losses.set(key, loss);
    appendFileSync(this.#path, `${JSON.stringify({ key, loss })}\n`);
  }
}
