/** The boosting loop: gradients, rows, a tree per output, margins, until it stops. */
import type { Progress, Task } from '../../core/drive.ts';
import { hashLabel, hashUniform } from '../../core/hash.ts';
import type { FitInput } from './fit-input.ts';
import { drawFeatures, growTree } from './grow.ts';
import type { GrownNode, TreeContext } from './grow.ts';
import type { NodeSums, RowRange } from './kernel/kernel.ts';
import { UPDATE_CHUNK } from './kernel/layout.ts';
import type { Scales } from './leaf-value.ts';
import { weightedQuantile } from './objective/weighted-quantile.ts';
import { gradientScale, quantise } from './quantise.ts';
import { bagOf, gossSample, withoutRows } from './sampling.ts';
import type { Sample } from './sampling.ts';
import { finishedTree, scaledTree, treesOf } from './trees.ts';
import type { FinishedTree } from './trees.ts';
import type { Workspace } from './workspace.ts';

/** What a fit ends with. */
export interface Boosted {
  readonly trees: readonly FinishedTree[];
  readonly baseScores: Float64Array;
  /** Iterations kept, those of an initial model not counted. */
  readonly bestIteration: number;
  readonly reason: 'iterations' | 'early-stopping' | 'no-split';
  readonly lossByIteration: Float64Array;
}

/** Boosts until a reason to stop. */
export function boost(input: FitInput, workspace: Workspace, hessians: boolean): Task<Boosted> {
  return new Booster(input, workspace, hessians).run();
}

class Booster {
  readonly #input: FitInput;
  readonly #workspace: Workspace;
  readonly #hessians: boolean;
  readonly #rows: Uint32Array;
  readonly #allRows: boolean;
  /** Early-stopping rows that are not trained on, and all rows whose margins are kept, ascending. */
  readonly #onlyWatched: Uint32Array;
  readonly #everyone: Uint32Array;
  readonly #features: Uint8Array;
  readonly #categorical: Uint8Array;
  /** Squared loss whose gradients the kernel computes while it adds leaf values. */
  readonly #fused: boolean;
  readonly #gradient: Float64Array;
  readonly #hessian: Float64Array | undefined;
  readonly #multiplier: Float64Array | undefined;
  readonly #trees: FinishedTree[] = [];
  /** Trees of an initial model, which come first. */
  #initialTrees = 0;
  /** Of the fused gradients: their scale, a bound on the next absolute sum, and their integer sum. */
  #fusedScale = 1;
  #fusedAbsolute = 0;
  #fusedSum = 0;

  constructor(input: FitInput, workspace: Workspace, hessians: boolean) {
    const { binned, data, objective, settings } = input;
    this.#input = input;
    this.#workspace = workspace;
    this.#hessians = hessians;
    this.#allRows = data.rows.length === binned.rowCount;
    workspace.training.set(data.rows);
    this.#rows = workspace.training;
    this.#onlyWatched = input.watched === undefined ? new Uint32Array(0) : withoutRows(input.watched.rows, data.rows, binned.rowCount);
    this.#everyone = this.#onlyWatched.length === 0 ? this.#rows : merged(data.rows, this.#onlyWatched);
    this.#features = new Uint8Array(binned.names.length).fill(1);
    this.#categorical = Uint8Array.from(binned.categories, (values) => (values === undefined ? 0 : 1));
    this.#fused = objective.name === 'squared' && !hessians && settings.boosting === 'gbdt';
    const size = this.#fused ? 0 : objective.outputs * binned.rowCount;
    this.#gradient = new Float64Array(size);
    this.#hessian = hessians ? new Float64Array(size) : undefined;
    this.#multiplier = settings.dataSampleStrategy === 'goss' ? new Float64Array(binned.rowCount) : undefined;
  }

  *run(): Task<Boosted> {
    const { objective, settings, watched, patience, binned } = this.#input;
    const { kernel, memory } = this.#workspace;
    const { outputs } = objective;
    const baseScores = yield* this.#start();
    const losses: number[] = [];
    let best = { loss: Infinity, iteration: 0 };
    let reason: Boosted['reason'] = 'iterations';
    const random = settings.baggingFraction < 1 || settings.featureFraction < 1 || settings.featureFractionByNode < 1 || settings.extraTrees || settings.dataSampleStrategy === 'goss' || settings.boosting === 'dart' || objective.name === 'xendcg';
    for (let iteration = 0; iteration < settings.numIterations; iteration++) {
      const progress: Progress = { phase: 'boosting', done: iteration, total: settings.numIterations };
      kernel.progress = progress;
      const dropped = settings.boosting === 'dart' ? yield* this.#drop(iteration) : [];
      if (!this.#fused) yield* objective.gradients(memory.margins, this.#input.data, binned.rowCount, this.#gradient, this.#hessian, iteration);
      const sample = this.#sample(iteration);
      const others = this.#others(sample.rows);
      const shrinkage = settings.learningRate / (dropped.length + 1);
      const first = this.#trees.length;
      let splits = 0;
      for (let output = 0; output < outputs; output++) {
        const tree = yield* this.#tree(sample, others, output, shrinkage, iteration + 1 < settings.numIterations || watched !== undefined);
        splits += tree.nodes.length - 1;
      }
      if (splits === 0 && !random) {
        this.#trees.length = first;
        reason = 'no-split'; // the same gradients would give the same stumps for ever
        break;
      }
      if (dropped.length > 0) yield* this.#restore(dropped);
      if (watched !== undefined) {
        const loss = objective.loss(memory.margins, watched, binned.rowCount);
        losses.push(loss);
        if (loss < best.loss) best = { loss, iteration: iteration + 1 };
        else if (iteration + 1 - best.iteration >= patience) {
          reason = 'early-stopping';
          break;
        }
      }
      yield { ...progress, done: iteration + 1 };
    }
    const made = (this.#trees.length - this.#initialTrees) / outputs;
    const bestIteration = watched === undefined ? made : best.iteration;
    return { trees: this.#trees.slice(0, this.#initialTrees + bestIteration * outputs), baseScores, bestIteration, reason, lossByIteration: Float64Array.from(losses) };
  }

  // Margins before the first tree, and the first gradients where the kernel keeps them.
  *#start(): Task<Float64Array> {
    const { fn, objective, data, binned, initialMargins, initialModel } = this.#input;
    const { memory, kernel } = this.#workspace;
    const { rowCount } = binned;
    memory.labels.set(data.labels);
    memory.leaves.fill(0);
    const baseScores = this.#input.baseScores ?? (initialMargins === undefined ? objective.start(data) : new Float64Array(objective.outputs));
    for (let k = 0; k < objective.outputs; k++) memory.margins.fill(baseScores[k], k * rowCount, (k + 1) * rowCount);
    if (initialMargins !== undefined) for (let i = 0; i < initialMargins.length; i++) memory.margins[i] += initialMargins[i];
    yield kernel.progress;
    if (initialModel !== undefined) {
      this.#trees.push(...treesOf(fn, initialModel, binned));
      this.#initialTrees = this.#trees.length;
      for (let t = 0; t < this.#trees.length; t++) yield* kernel.apply(this.#everyone, this.#trees[t].nodes, t % objective.outputs);
    }
    if (this.#fused) yield* this.#updateFused(new Float64Array(1), absoluteSum(this.#rows, memory.margins, memory.labels));
    return baseScores;
  }

  // Adds leaf values to the margins of the training rows and computes the next gradients; `bound` holds for the sum of their sizes.
  *#updateFused(values: Float64Array, bound: number): Task<void> {
    const { fn, binned } = this.#input;
    const { kernel } = this.#workspace;
    const scale = gradientScale(fn, binned.rowCount, bound, kernel.kind);
    const { absolute, gradient } = yield* kernel.update(this.#allRows ? undefined : this.#rows, values, scale);
    this.#fusedScale = scale;
    this.#fusedAbsolute = absolute;
    this.#fusedSum = gradient;
  }

  #sample(iteration: number): Sample {
    const { settings, binned, objective } = this.#input;
    if (this.#multiplier !== undefined) return gossSample(this.#rows, binned.rowCount, objective.outputs, this.#gradient, this.#hessian as Float64Array, iteration, settings, this.#multiplier);
    return { rows: settings.baggingFraction < 1 ? bagOf(this.#rows, iteration, settings) : this.#rows, multiplier: undefined };
  }

  // Training and early-stopping rows that the tree is not fitted on.
  #others(sampled: Uint32Array): Uint32Array {
    if (sampled === this.#rows) return this.#onlyWatched;
    return withoutRows(this.#everyone, sampled, this.#input.binned.rowCount);
  }

  *#tree(sample: Sample, others: Uint32Array, output: number, shrinkage: number, needsNext: boolean): Task<FinishedTree> {
    const { settings, binned } = this.#input;
    const { kernel, memory } = this.#workspace;
    const whole = sample.rows === this.#rows && this.#allRows;
    if (!whole) memory.rows[0].set(sample.rows);
    const range: RowRange = { side: whole ? -1 : 0, begin: 0, end: sample.rows.length };
    const { scales, sums } = this.#integers(sample, output);
    const number = this.#trees.length;
    const features = settings.featureFraction < 1 ? drawFeatures(this.#features, settings.featureFraction, settings.seed, `features ${number}`) : this.#features;
    const context: TreeContext = { kernel, settings, scales, hessians: this.#hessians, binCounts: binned.binCounts, features, categorical: this.#categorical, tree: number };
    const grown = yield* growTree(context, range, sums);
    const values = this.#leafValues(grown, output, shrinkage);
    const tree = finishedTree(grown, values);
    this.#trees.push(tree);
    if (others.length > 0) yield* kernel.apply(others, tree.nodes, output);
    yield* this.#addValues(grown, values, sample.rows, output, needsNext);
    return tree;
  }

  #integers(sample: Sample, output: number): { readonly scales: Scales; readonly sums: NodeSums } {
    const { fn, binned } = this.#input;
    const { kernel, memory } = this.#workspace;
    const { rows, multiplier } = sample;
    if (this.#fused) {
      let gradient = this.#fusedSum;
      if (rows !== this.#rows) {
        gradient = 0;
        for (let i = 0; i < rows.length; i++) gradient += memory.gradients[rows[i]];
      }
      return { scales: { gradient: this.#fusedScale, hessian: 1 }, sums: { gradient, hessian: rows.length, count: rows.length } };
    }
    const [from, to] = [output * binned.rowCount, (output + 1) * binned.rowCount];
    return quantise(fn, { rows, rowCount: binned.rowCount, gradient: this.#gradient.subarray(from, to), hessian: this.#hessian?.subarray(from, to), multiplier, kernel: kernel.kind }, memory.gradients, memory.hessians);
  }

  // Shrunken values of the leaves, shape (nodes): Newton steps, or quantiles of what is left to explain.
  #leafValues(grown: readonly GrownNode[], output: number, shrinkage: number): Float64Array {
    const { objective, data, binned } = this.#input;
    const { memory } = this.#workspace;
    const { renewalLevel } = objective;
    const values = new Float64Array(grown.length);
    for (let i = 0; i < grown.length; i++) {
      const { split, value, range: { side, begin, end } } = grown[i];
      if (split !== undefined) continue;
      if (renewalLevel === undefined) {
        values[i] = value * shrinkage;
        continue;
      }
      const rows = side < 0 ? this.#rows.subarray(begin, end) : memory.rows[side as 0 | 1].subarray(begin, end);
      const residuals = Float64Array.from(rows, (row) => data.labels[row] - memory.margins[output * binned.rowCount + row]);
      const level = weightedQuantile(residuals, data.weights === undefined ? undefined : Float64Array.from(rows, (row) => (data.weights as Float64Array)[row]), renewalLevel);
      values[i] = Number.isNaN(level) ? 0 : level * shrinkage; // no row of the leaf has weight
    }
    return values;
  }

  *#addValues(grown: readonly GrownNode[], values: Float64Array, sampled: Uint32Array, output: number, needsNext: boolean): Task<void> {
    const { binned } = this.#input;
    const { kernel, memory } = this.#workspace;
    const leaves: number[] = [];
    for (let i = 0; i < grown.length; i++) if (grown[i].split === undefined) leaves.push(i);
    const byLeaf = new Float64Array(leaves.length + 1);
    leaves.forEach((node, i) => {
      byLeaf[i] = values[node];
    });
    if (this.#fused && sampled !== this.#rows) memory.leaves.fill(leaves.length); // rows without a leaf have got their value already
    yield* kernel.mark(leaves.map((node) => grown[node].range));
    if (!this.#fused) {
      const { leaves: leafOfRow } = memory;
      const margins = memory.margins.subarray(output * binned.rowCount, (output + 1) * binned.rowCount);
      for (let i = 0; i < sampled.length; i++) margins[sampled[i]] += byLeaf[leafOfRow[sampled[i]]];
      return;
    }
    if (!needsNext) return;
    let largest = 0;
    for (const value of byLeaf) largest = Math.max(largest, Math.abs(value));
    yield* this.#updateFused(byLeaf, this.#fusedAbsolute + this.#rows.length * largest);
  }

  /**
   * Takes randomly drawn iterations off the margins and returns their numbers.
   *
   * @see Vinayak and Gilad-Bachrach (2015), DART, algorithm 1
   */
  *#drop(iteration: number): Task<number[]> {
    const { seed, dropRate, maxDrop, skipDrop } = this.#input.settings;
    const { outputs } = this.#input.objective;
    const stream = hashLabel(seed, `drop ${iteration}`);
    const made = this.#trees.length / outputs;
    if (hashUniform(seed, stream, made) < skipDrop) return [];
    let dropped = Array.from({ length: made }, (_, i) => i).filter((i) => i >= this.#initialTrees / outputs && hashUniform(seed, stream, i) < dropRate);
    if (maxDrop > 0 && dropped.length > maxDrop) dropped = dropped.sort((a, b) => hashUniform(seed, stream, a) - hashUniform(seed, stream, b)).slice(0, maxDrop).sort((a, b) => a - b);
    yield* this.#addIterations(dropped, -1);
    return dropped;
  }

  // The new tree and k dropped ones share what the k stood for: they keep k / (k + 1) of their values.
  *#restore(dropped: readonly number[]): Task<void> {
    const { outputs } = this.#input.objective;
    const factor = dropped.length / (dropped.length + 1);
    for (const iteration of dropped) for (let k = 0; k < outputs; k++) this.#trees[iteration * outputs + k] = scaledTree(this.#trees[iteration * outputs + k], factor);
    yield* this.#addIterations(dropped, 1);
  }

  *#addIterations(iterations: readonly number[], sign: number): Task<void> {
    const { outputs } = this.#input.objective;
    if (iterations.length === 0) return;
    for (const iteration of iterations) for (let k = 0; k < outputs; k++) yield* this.#workspace.kernel.apply(this.#everyone, scaledTree(this.#trees[iteration * outputs + k], sign).nodes, k);
  }
}

function merged(a: Uint32Array, b: Uint32Array): Uint32Array {
  const all = new Uint32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all.sort();
}

// Summed as the kernel does, by chunks, so that threads and kernels agree.
function absoluteSum(rows: Uint32Array, margins: Float64Array, labels: Float64Array): number {
  let total = 0;
  for (let from = 0; from < rows.length; from += UPDATE_CHUNK) {
    let sum = 0;
    for (let i = from; i < Math.min(rows.length, from + UPDATE_CHUNK); i++) sum += Math.abs(margins[rows[i]] - labels[rows[i]]);
    total += sum;
  }
  return total;
}
