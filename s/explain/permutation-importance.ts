/** How much worse predictions become when a column no longer belongs to its rows. */
import { requireInteger, requireKnownKeys, requireSameLength, show } from '../core/assert.ts';
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { mean } from '../core/stats.ts';
import type { FeatureMatrix } from '../learners/types.ts';
import { clusteredStandardError } from '../metrics/index.ts';
import { sampleRows, shuffler } from './shuffle.ts';

export interface PermutationImportanceInput {
  /**
   * Predictions of `rows` of the matrix, shape (rows); it must find columns by name or position in the matrix it is given, must not keep
   * them, and a row's prediction must not depend on the other rows.
   */
  readonly predict: (matrix: FeatureMatrix, rows: Uint32Array) => ArrayLike<number>;
  readonly matrix: FeatureMatrix;
  /** Distinct rows to score on, best ones the model was not fitted on. Rows whose target is NaN are left out. */
  readonly rows: ArrayLike<number>;
  /** Outcome of every row of the matrix, shape (matrix.rowCount). */
  readonly target: ArrayLike<number>;
  /** Seed of the sample and of every permutation. */
  readonly seed: number;
  /** Loss of one row, smaller is better. @default squared error */
  readonly loss?: (target: number, prediction: number) => number;
  /** Permutations of each column; their losses are averaged. @default 1 */
  readonly repeats?: number;
  /** Most rows to score on, chosen by hash. @default all */
  readonly sampleRows?: number;
  /**
   * Group of every row of the matrix, shape (matrix.rowCount). Values are then exchanged within a group only, and standard errors take a
   * group's rows as dependent. With sessions as groups, the importance is that of ordering the names of a session: a column all names share has none.
   */
  readonly groups?: ArrayLike<number>;
}

export interface FeatureImportance {
  readonly feature: string;
  /** Mean rise of the loss when the column is permuted, in units of the loss; negative when the model does better without it. */
  readonly importance: number;
  /** Standard error over rows (or groups) of that mean; NaN with fewer than two. Permutations are averaged first. */
  readonly standardError: number;
}

const INPUT_KEYS = ['predict', 'matrix', 'rows', 'target', 'seed', 'loss', 'repeats', 'sampleRows', 'groups'];

// Rows predicted between two steps of progress: about 10 ms of a booster of 200 trees.
const CHUNK = 2048;

/**
 * Permutation importance of every column, as a task to drive or `yield*`.
 *
 * One column at a time is exchanged among the scored rows and predicted again; nothing is fitted and the matrix is not copied. A column that
 * is constant on those rows, or that the model does not read, has importance exactly 0. Columns that say the same thing hide each other.
 * The permutation of a column depends on the seed and its name alone, so other columns change nothing.
 *
 * @returns one row per column, largest importance first, ties in column order
 * @throws ShapeError for arrays of different length; DomainError for rows that do not exist and when no row has a target; `ERR_DUPLICATE` for a row given twice
 * @see Breiman (2001), "Random forests", section 10; Fisher, Rudin and Dominici (2019), "All models are wrong, but many are useful", equation 3.2 as a difference
 */
export function* permutationImportanceTask(input: PermutationImportanceInput): Task<readonly FeatureImportance[]> {
  const fn = 'permutationImportance';
  const { predict, matrix, target, seed, loss = squaredError, repeats = 1, groups } = input;
  const rows = checkedRows(fn, input);
  const n = rows.length;
  const sampleGroups = groups === undefined ? undefined : Float64Array.from(rows, (row) => groups[row]);
  const clusters = sampleGroups ?? Uint32Array.from(rows.keys());
  const lossesOf = (columns: FeatureMatrix, phase: string): Task<Float64Array> => lossTask(fn, columns, rows, target, predict, loss, phase);
  const baseline = yield* lossesOf(matrix, 'permutation importance: baseline');

  const result: FeatureImportance[] = [];
  for (let j = 0; j < matrix.names.length; j++) {
    const feature = matrix.names[j];
    const column = matrix.columns[j];
    const rise = new Float64Array(n);
    if (!isConstant(column, rows)) {
      const exchanged = column.slice();
      const columns = [...matrix.columns];
      columns[j] = exchanged;
      const altered: FeatureMatrix = { rowCount: matrix.rowCount, names: matrix.names, columns };
      const shuffle = shuffler(seed, feature, n, sampleGroups);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const source = shuffle();
        for (let i = 0; i < n; i++) exchanged[rows[i]] = column[rows[source[i]]];
        const losses = yield* lossesOf(altered, `permutation importance: ${feature}`);
        for (let i = 0; i < n; i++) rise[i] += (losses[i] - baseline[i]) / repeats;
      }
    }
    result.push(Object.freeze({ feature, importance: mean(rise), standardError: clusteredStandardError(rise, clusters) }));
  }
  // Undefined losses sort last; the sort is stable.
  return Object.freeze(result.sort((a, b) => orderKey(b.importance) - orderKey(a.importance)));
}

/** Runs {@link permutationImportanceTask} without blocking the host. */
export function permutationImportance(input: PermutationImportanceInput, options: DriveOptions = {}): Promise<readonly FeatureImportance[]> {
  return drive(permutationImportanceTask(input), options);
}

/** Runs {@link permutationImportanceTask} in one go. */
export function permutationImportanceSync(input: PermutationImportanceInput, options: DriveOptions = {}): readonly FeatureImportance[] {
  return driveSync(permutationImportanceTask(input), options);
}

function squaredError(target: number, prediction: number): number {
  return (target - prediction) ** 2;
}

function orderKey(importance: number): number {
  return importance === importance ? importance : -Number.MAX_VALUE;
}

function checkedRows(fn: string, input: PermutationImportanceInput): Uint32Array {
  requireKnownKeys(fn, input, INPUT_KEYS);
  const { matrix, rows, target, seed, repeats = 1, sampleRows: most, groups } = input;
  requireInteger(fn, 'seed', seed, { min: -2147483648, max: 4294967295 });
  requireInteger(fn, 'repeats', repeats, { min: 1 });
  requireSameLength(fn, { 'matrix.names': matrix.names, 'matrix.columns': matrix.columns });
  const lengths = { target, ...(groups && { groups }), ...Object.fromEntries(matrix.names.map((name, j) => [`column ${name}`, matrix.columns[j]])) };
  for (const [name, values] of Object.entries(lengths)) {
    if (values.length !== matrix.rowCount) throw new ShapeError(`${fn}: ${name} must have one value for each of ${matrix.rowCount} rows, got ${values.length}`);
  }
  const usable: number[] = [];
  const seen = new Uint8Array(matrix.rowCount);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!Number.isInteger(row) || row < 0 || row >= matrix.rowCount) throw new DomainError(`${fn}: rows must be row indices below ${matrix.rowCount}, got ${show(row)} at position ${i}`);
    if (seen[row] === 1) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: rows must be distinct, got ${row} twice`);
    seen[row] = 1;
    if (target[row] === target[row]) usable.push(row);
  }
  if (usable.length === 0) throw new DomainError(`${fn}: rows must include one with a target, got none among ${rows.length}`);
  const kept = Uint32Array.from(usable);
  return most === undefined ? kept : sampleRows(kept, requireInteger(fn, 'sampleRows', most, { min: 1 }), seed);
}

// Bits are compared, so that NaN equals NaN.
function isConstant(column: ArrayLike<number>, rows: Uint32Array): boolean {
  const first = column[rows[0]];
  return rows.every((row) => Object.is(column[row], first));
}

function* lossTask(fn: string, matrix: FeatureMatrix, rows: Uint32Array, target: ArrayLike<number>, predict: PermutationImportanceInput['predict'], loss: (target: number, prediction: number) => number, phase: string): Task<Float64Array> {
  const losses = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += CHUNK) {
    const part = rows.subarray(start, start + CHUNK);
    const predicted = predict(matrix, part);
    if (predicted.length !== part.length) throw new ShapeError(`${fn}: predict must return one value for each of ${part.length} rows, got ${predicted.length}`);
    for (let i = 0; i < part.length; i++) losses[start + i] = loss(target[part[i]], predicted[i]);
    yield { phase, done: Math.min(start + CHUNK, rows.length), total: rows.length };
  }
  return losses;
}
