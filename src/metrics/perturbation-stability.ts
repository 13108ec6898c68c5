/** How far predictions move when their inputs are a little different. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, show, unknownName } from '../core/assert.ts';
import { spearman } from '../core/correlation.ts';
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import { mean, standardDeviation } from '../core/stats.ts';

/** Columns of equal length, as a `FeatureMatrix`; NaN means missing. */
export interface InputColumns {
  readonly rowCount: number;
  readonly names: readonly string[];
  readonly columns: readonly (Float64Array | Float32Array)[];
}

export interface PerturbationStabilityInput {
  /** Predictions of `rows` of the columns, shape (rows); a row's prediction must not depend on the other rows, and the columns it is given must not be kept. */
  readonly predict: (columns: InputColumns, rows: Uint32Array) => ArrayLike<number>;
  readonly columns: InputColumns;
  /** Rows to predict. @default all */
  readonly rows?: ArrayLike<number>;
  /** Seed of the noise. */
  readonly seed: number;
  /** Standard deviation of the noise in standard deviations of its column over the rows, > 0. @default 0.1 */
  readonly scale?: number;
  /** Columns that get noise, all at once; leave out codes and flags. @default all */
  readonly features?: readonly string[];
  /** Draws of the noise. @default 10 */
  readonly repeats?: number;
  /** A metric of the predictions of `rows`, of which the change is wanted too. */
  readonly metric?: (predictions: Float64Array, rows: Uint32Array) => number | { readonly value: number };
}

export interface PerturbationRepeat {
  /** Mean and root mean square of the change of a prediction, in units of the prediction; NaN when no row has both. */
  readonly meanAbsoluteChange: number;
  readonly rootMeanSquareChange: number;
  /** Spearman correlation with the undisturbed predictions; NaN with fewer than two rows or constant predictions. */
  readonly rankCorrelation: number;
  /** Share of the rows with a prediction other than 0 whose sign changes; NaN without one. */
  readonly signFlipShare: number;
  /** Value of the metric; NaN without one. */
  readonly metric: number;
}

export interface PerturbationStability extends PerturbationRepeat {
  /** `rootMeanSquareChange` over the standard deviation of the undisturbed predictions: 0 does not move at all, 1 moves as much as rows differ. NaN exactly when `reason` is not null. */
  readonly relativeChange: number;
  /** Why there is no relative change; null when there is one. The other numbers are means over repeats. */
  readonly reason: 'no-rows' | 'constant-prediction' | null;
  /** Value of the metric of undisturbed predictions; NaN without one. */
  readonly baselineMetric: number;
  readonly repeats: readonly PerturbationRepeat[];
  /** Columns that got no noise although they were asked to, because they do not vary on the rows. */
  readonly constant: readonly string[];
  /** Rows with an undisturbed prediction, and rows without. */
  readonly n: number;
  readonly missing: number;
}

const INPUT_KEYS = ['predict', 'columns', 'rows', 'seed', 'scale', 'features', 'repeats', 'metric'];
const CHUNK = 2048; // rows predicted or disturbed between two steps of progress

/**
 * Stability of predictions under normal noise on their inputs, as a task to drive or `yield*`.
 *
 * Missing inputs stay missing. The noise of a column depends on the seed, its name and the repeat, so other columns change nothing.
 *
 * @throws ShapeError for columns or predictions of a wrong length; DomainError for rows that do not exist or unusable options; `ERR_UNKNOWN_NAME` for a feature that is no column
 */
export function* perturbationStabilityTask(input: PerturbationStabilityInput): Task<PerturbationStability> {
  const fn = 'perturbationStability';
  const { rows, features } = checkedInput(fn, input);
  const { columns: matrix, seed, metric } = input;
  const scale = requireNumber(fn, 'scale', input.scale ?? 0.1, { min: 0, max: Infinity, open: true });
  const repeats = requireInteger(fn, 'repeats', input.repeats ?? 10, { min: 1 });
  const metricOf = (predictions: Float64Array): number => {
    const result = metric?.(predictions, rows) ?? NaN;
    return typeof result === 'number' ? result : result.value;
  };
  const spreads = features.map((j) => standardDeviation(Float64Array.from(rows, (row) => matrix.columns[j][row]).filter(Number.isFinite)));
  const baseline = yield* predictTask(fn, input, matrix, rows, 'perturbation: baseline');

  const table: PerturbationRepeat[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const phase = `perturbation ${repeat + 1} of ${repeats}`;
    const columns = [...matrix.columns];
    for (const [k, j] of features.entries()) {
      if (!(spreads[k] > 0)) continue;
      const stream = randomStream(seed, `perturb ${repeat} ${matrix.names[j]}`);
      const column = matrix.columns[j].slice();
      for (let i = 0; i < rows.length; i++) {
        column[rows[i]] += scale * spreads[k] * stream.normal();
        if (i % CHUNK === CHUNK - 1) yield { phase: `${phase}: noise`, done: k, total: features.length };
      }
      columns[j] = column;
    }
    const disturbed = yield* predictTask(fn, input, { ...matrix, columns }, rows, phase);
    table.push(Object.freeze({ ...changeOf(baseline, disturbed), metric: metricOf(disturbed) }));
  }

  const over = (key: keyof PerturbationRepeat): number => mean(table.map((row) => row[key]));
  const present = baseline.filter((value) => value === value);
  const spread = standardDeviation(present);
  const reason = present.length === 0 ? 'no-rows' : spread > 0 ? null : 'constant-prediction';
  return Object.freeze({
    relativeChange: reason === null ? over('rootMeanSquareChange') / spread : NaN,
    reason,
    meanAbsoluteChange: over('meanAbsoluteChange'),
    rootMeanSquareChange: over('rootMeanSquareChange'),
    rankCorrelation: over('rankCorrelation'),
    signFlipShare: over('signFlipShare'),
    metric: over('metric'),
    baselineMetric: metricOf(baseline),
    repeats: Object.freeze(table),
    constant: Object.freeze(features.filter((_, k) => !(spreads[k] > 0)).map((j) => matrix.names[j])),
    n: present.length,
    missing: baseline.length - present.length,
  });
}

/**
 * Runs {@link perturbationStabilityTask} without blocking the host.
 *
 * @example (await perturbationStability({ predict, columns, seed: 1, scale: 0.05 })).relativeChange
 */
export function perturbationStability(input: PerturbationStabilityInput, options: DriveOptions = {}): Promise<PerturbationStability> {
  return drive(perturbationStabilityTask(input), options);
}

/** Runs {@link perturbationStabilityTask} in one go. */
export function perturbationStabilitySync(input: PerturbationStabilityInput, options: DriveOptions = {}): PerturbationStability {
  return driveSync(perturbationStabilityTask(input), options);
}

function checkedInput(fn: string, input: PerturbationStabilityInput): { rows: Uint32Array; features: number[] } {
  requireKnownKeys(fn, input, INPUT_KEYS);
  const { columns: matrix, rows, features } = input;
  requireInteger(fn, 'seed', input.seed, { min: -2147483648, max: 4294967295 });
  requireSameLength(fn, { 'columns.names': matrix.names, 'columns.columns': matrix.columns });
  matrix.columns.forEach((column, j) => {
    if (column.length !== matrix.rowCount) throw new ShapeError(`${fn}: column ${matrix.names[j]} must have one value for each of ${matrix.rowCount} rows, got ${column.length}`);
  });
  const kept = rows === undefined ? Uint32Array.from({ length: matrix.rowCount }, (_, i) => i) : Uint32Array.from(rows, (row, i) => {
    if (!Number.isInteger(row) || row < 0 || row >= matrix.rowCount) throw new DomainError(`${fn}: rows must be row indices below ${matrix.rowCount}, got ${show(row)} at position ${i}`);
    return row;
  });
  if (new Set(kept).size < kept.length) throw new DomainError(`${fn}: rows must be distinct, got ${kept.length - new Set(kept).size} repeated`);
  const chosen = (features ?? matrix.names).map((name) => {
    const j = matrix.names.indexOf(name);
    if (j < 0) throw unknownName(fn, 'feature', name, matrix.names);
    return j;
  });
  return { rows: kept, features: [...new Set(chosen)] };
}

function* predictTask(fn: string, { predict }: PerturbationStabilityInput, columns: InputColumns, rows: Uint32Array, phase: string): Task<Float64Array> {
  const predictions = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += CHUNK) {
    const part = rows.subarray(start, start + CHUNK);
    const values = predict(columns, part);
    if (values.length !== part.length) throw new ShapeError(`${fn}: predict must return one value for each of ${part.length} rows, got ${values.length}`);
    predictions.set(values, start);
    yield { phase, done: Math.min(start + CHUNK, rows.length), total: rows.length };
  }
  return predictions;
}

function changeOf(before: Float64Array, after: Float64Array): Omit<PerturbationRepeat, 'metric'> {
  const changes = after.map((value, i) => value - before[i]);
  const flips = after.map((value, i) => (before[i] === 0 || changes[i] !== changes[i] ? NaN : Number(Math.sign(value) !== Math.sign(before[i]))));
  return {
    meanAbsoluteChange: mean(changes.map(Math.abs)),
    rootMeanSquareChange: Math.sqrt(mean(changes.map((change) => change * change))),
    rankCorrelation: spearman(before, after),
    signFlipShare: mean(flips),
  };
}
