/** Gradient boosting: trees fitted one after another to the gradients of a loss. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { drive, driveSync } from '../../core/drive.ts';
import type { DriveOptions, Progress, Task } from '../../core/drive.ts';
import { hashLabel, hashUniform } from '../../core/hash.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import { MISSING_BIN } from './binned-matrix.ts';
import { growScratch, growTree } from './grow.ts';
import type { GrownNode, GrowScratch } from './grow.ts';
import { generalGradients, packGradients, roundHessians, squaredGradients } from './gradients.ts';
import { hessianScale, packingFor } from './histogram.ts';
import type { GbdtModel } from './model.ts';
import { objectives } from './objective.ts';
import type { ObjectiveFunctions } from './objective.ts';
import { gbdtSettings } from './options.ts';
import type { GbdtOptions, GbdtSettings } from './options.ts';
import { finishTrees } from './finish-trees.ts';
import { leafValue } from './leaf-value.ts';

/** A fit: the model and what was seen on the way. */
export interface GbdtFit {
  readonly model: GbdtModel;
  /** Trees kept. */
  readonly bestIteration: number;
  readonly reason: 'iterations' | 'early-stopping' | 'no-split';
  /** Mean loss on the early-stopping rows after each iteration; empty without them. */
  readonly lossByIteration: Float64Array;
}

// Above this many rows the gradients are a progress step of their own.
const ROWS_PER_STEP = 200_000;

// Squares of gradient sums must stay finite.
const MAX_GRADIENT_SUM = 1e150;

/**
 * Fits a boosted ensemble as a task.
 *
 * Leaf values are -G / (H + lambda) times the learning rate. Gradients are rounded to integers of about 2^34 levels (packing of the
 * histogram), so that all sums are exact and the result does not depend on the order of rows; the rounding is far below the noise of a leaf.
 *
 * @param target - label of every row of the matrix; finite on the rows used
 * @throws DomainError for labels outside the objective's range or too large to square, `ERR_UNKNOWN_NAME` for an unknown option
 * @see Friedman (2001), Greedy function approximation; Chen and Guestrin (2016), XGBoost, section 2
 */
export function* gbdtTask(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions = {}): Task<GbdtFit> {
  const fn = 'fitGbdt';
  const settings = gbdtSettings(fn, options);
  const objective = objectives[settings.objective];
  if (options.earlyStopping !== undefined) requireKnownKeys(`${fn}.earlyStopping`, options.earlyStopping, ['rows', 'rounds']);
  const rows = rowsOf(fn, 'rows', binned, options.rows);
  const watched = options.earlyStopping === undefined ? undefined : rowsOf(fn, 'earlyStopping.rows', binned, options.earlyStopping.rows);
  const patience = options.earlyStopping === undefined ? 0 : requireInteger(fn, 'earlyStopping.rounds', options.earlyStopping.rounds, { min: 1 });
  checkLabels(fn, binned, target, settings, rows, watched);
  const start: Progress = { phase: 'boosting', done: 0, total: settings.numIterations };
  yield start; // the checks above and the copies below take a while on many rows
  const labels = Float64Array.from(target);
  const weights = options.weights === undefined ? undefined : checkWeights(fn, binned, options.weights, rows);

  const baseScore = options.baseScore === undefined ? objective.start(weightedMean(labels, weights, rows)) : requireNumber(fn, 'baseScore', options.baseScore);
  const margin = new Float64Array(binned.rowCount).fill(baseScore);
  const constant = objective.constantHessian && weights === undefined;
  const packed = new Float64Array(binned.rowCount);
  const gradient = new Float64Array(binned.rowCount);
  const hessians = constant ? undefined : new Float64Array(binned.rowCount);
  const scratch = growScratch(binned, rows.length);
  const trees: GrownNode[][] = [];
  const losses: number[] = [];
  let best = { loss: Infinity, iteration: 0 };
  let reason: GbdtFit['reason'] = 'iterations';

  yield start;
  for (let iteration = 0; iteration < settings.numIterations; iteration++) {
    const progress: Progress = { phase: 'boosting', done: iteration, total: settings.numIterations };
    const bag = settings.baggingFraction < 1 ? bagOf(rows, iteration, settings) : rows;
    const sums = hessians === undefined ? squaredGradients(margin, labels, bag, gradient) : generalGradients(objective, margin, labels, weights, bag, gradient, hessians);
    if (!(sums.absolute <= MAX_GRADIENT_SUM && sums.hessian <= MAX_GRADIENT_SUM)) throw new DomainError(`${fn}: target and weights must keep sums of gradients and hessians below ${MAX_GRADIENT_SUM}, got ${sums.absolute} and ${sums.hessian}`);
    const packing = packingFor(bag.length, sums.absolute);
    const scale = hessianScale(bag.length, sums.hessian);
    packGradients(gradient, bag, packing, packed);
    if (hessians !== undefined) roundHessians(hessians, bag, scale);
    if (bag.length > ROWS_PER_STEP) yield progress;
    scratch.order.set(bag);
    const features = featuresOf(binned.names.length, iteration, settings);
    const nodes = yield* growTree(binned, { packed, packing, hessians, hessianScale: scale }, scratch, bag.length, features, settings, progress);
    if (nodes.length === 1 && settings.baggingFraction === 1 && settings.featureFraction === 1) {
      reason = 'no-split'; // the same gradients would give the same stump for ever
      break;
    }
    trees.push(nodes);
    addToMargins(binned, nodes, scratch, settings, margin, rows, bag, watched);
    if (watched !== undefined) {
      const loss = meanLoss(objective, margin, labels, watched);
      losses.push(loss);
      if (loss < best.loss) best = { loss, iteration: iteration + 1 };
      else if (iteration + 1 - best.iteration >= patience) {
        reason = 'early-stopping';
        break;
      }
    }
    yield { ...progress, done: iteration + 1 };
  }
  const kept = watched === undefined ? trees.length : best.iteration;
  const model = finishTrees(binned, trees.slice(0, kept), settings, baseScore);
  return Object.freeze({ model, bestIteration: kept, reason, lossByIteration: Float64Array.from(losses) });
}

/** Fits without blocking the host for longer than 50 ms. See {@link gbdtTask}. */
export function fitGbdt(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions & DriveOptions = {}): Promise<GbdtFit> {
  const { signal, onProgress, ...rest } = options;
  return drive(gbdtTask(binned, target, rest), { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) });
}

/** Fits in one go. See {@link gbdtTask}. */
export function fitGbdtSync(binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions = {}): GbdtFit {
  return driveSync(gbdtTask(binned, target, options));
}

function rowsOf(fn: string, name: string, binned: BinnedMatrix, rows: ArrayLike<number> | undefined): Uint32Array {
  if (rows === undefined) {
    if (binned.rowCount === 0) throw new DomainError(`${fn}: ${name} must hold at least one row, got 0`);
    return Uint32Array.from({ length: binned.rowCount }, (_, i) => i);
  }
  if (rows.length === 0) throw new DomainError(`${fn}: ${name} must hold at least one row, got 0`);
  // Every index is proven here: the kernels do not look again.
  for (let i = 0; i < rows.length; i++) if (!Number.isInteger(rows[i]) || rows[i] < 0 || rows[i] >= binned.rowCount) throw new DomainError(`${fn}: ${name}[${i}] must be a row in [0, ${binned.rowCount - 1}], got ${rows[i]}`);
  const sorted = Uint32Array.from(rows).sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) throw new DomainError(`${fn}: ${name} must not repeat a row (use weights), got row ${sorted[i]} twice`);
  return sorted;
}

function checkLabels(fn: string, binned: BinnedMatrix, target: ArrayLike<number>, { objective }: GbdtSettings, ...sets: (Uint32Array | undefined)[]): void {
  requireSameLength(fn, { 'rows of the matrix': { length: binned.rowCount }, target });
  for (const rows of sets) {
    for (let i = 0; i < (rows?.length ?? 0); i++) {
      const label = target[(rows as Uint32Array)[i]];
      if (!Number.isFinite(label) || (objective === 'logistic' && label !== 0 && label !== 1)) {
        throw new DomainError(`${fn}: target must be ${objective === 'logistic' ? '0 or 1' : 'finite'} on every row used, got ${label} in row ${(rows as Uint32Array)[i]}`);
      }
    }
  }
}

function checkWeights(fn: string, binned: BinnedMatrix, weights: ArrayLike<number>, rows: Uint32Array): Float64Array {
  requireSameLength(fn, { 'rows of the matrix': { length: binned.rowCount }, weights });
  let total = 0;
  for (const row of rows) {
    if (!Number.isFinite(weights[row]) || weights[row] < 0) throw new DomainError(`${fn}: weights must be finite and >= 0, got ${weights[row]} in row ${row}`);
    total += weights[row];
  }
  if (!(total > 0)) throw new DomainError(`${fn}: weights must not all be 0`);
  return Float64Array.from(weights);
}

function weightedMean(target: Float64Array, weights: Float64Array | undefined, rows: Uint32Array): number {
  if (weights === undefined) return exactSum(rows, (row) => target[row]) / rows.length;
  return exactSum(rows, (row) => target[row] * weights[row]) / exactSum(rows, (row) => weights[row]);
}

// Summed as integers of 52 bits less those of the count, so that the order of rows does not matter to the last bit.
function exactSum(rows: Uint32Array, valueAt: (row: number) => number): number {
  let largest = 0;
  for (const row of rows) largest = Math.max(largest, Math.abs(valueAt(row)));
  if (largest === 0) return 0;
  const scale = 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(2 ** 52 / rows.length / largest)) - 1));
  let sum = 0;
  for (const row of rows) sum += Math.round(valueAt(row) * scale);
  return sum / scale;
}

function bagOf(rows: Uint32Array, iteration: number, { seed, baggingFraction }: GbdtSettings): Uint32Array {
  const stream = hashLabel(seed, `bag ${iteration}`);
  const bag = rows.filter((row) => hashUniform(seed, stream, row) < baggingFraction);
  return bag.length > 0 ? bag : rows.slice(0, 1);
}

function featuresOf(count: number, iteration: number, { seed, featureFraction }: GbdtSettings): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, f) => f);
  const wanted = Math.max(1, Math.round(featureFraction * count));
  if (wanted >= count) return all;
  const stream = hashLabel(seed, `features ${iteration}`);
  const draws = Float64Array.from(all, (f) => hashUniform(seed, stream, f));
  return all.sort((a, b) => draws[a] - draws[b] || a - b).slice(0, wanted).sort();
}

function addToMargins(binned: BinnedMatrix, nodes: readonly GrownNode[], scratch: GrowScratch, settings: GbdtSettings, margin: Float64Array, rows: Uint32Array, bag: Uint32Array, watched: Uint32Array | undefined): void {
  const done = watched === undefined && bag === rows ? undefined : new Uint8Array(binned.rowCount);
  for (const node of nodes) {
    if (node.feature >= 0) continue;
    const value = leafValue(node, settings);
    for (let i = node.start; i < node.end; i++) margin[scratch.order[i]] += value;
    if (done !== undefined) for (let i = node.start; i < node.end; i++) done[scratch.order[i]] = 1;
  }
  if (done === undefined) return;
  for (const set of [rows, watched ?? []]) {
    for (const row of set) {
      if (done[row] === 1) continue;
      done[row] = 1;
      margin[row] += leafValue(leafOf(binned, nodes, row), settings);
    }
  }
}

function leafOf(binned: BinnedMatrix, nodes: readonly GrownNode[], row: number): GrownNode {
  let node = nodes[0];
  while (node.feature >= 0) {
    const bin = binned.columnMajor[node.feature * binned.rowCount + row];
    node = nodes[(bin === MISSING_BIN ? node.missingLeft : bin <= node.bin) ? node.left : node.right];
  }
  return node;
}

function meanLoss(objective: ObjectiveFunctions, margin: Float64Array, target: Float64Array, rows: Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += objective.loss(margin[row], target[row]);
  return sum / rows.length;
}
