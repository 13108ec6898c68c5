/** Fitted preprocessing: medians for missing values, standard scores, clipping at training quantiles. */
import { show } from '../../core/assert.ts';
import type { Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { quantileSorted } from '../../core/stats.ts';
import { sortedFinite } from '../../core/sort.ts';
import type { MatrixLike } from '../../core/linear-algebra.ts';
import type { TrainingSet } from '../types.ts';
import type { LinearModel } from './model.ts';

type Preprocessing = Pick<LinearModel, 'featureNames' | 'medians' | 'means' | 'scales' | 'lower' | 'upper'>;

export interface PreparedRows {
  readonly preprocessing: Preprocessing;
  /** Standardised, clipped features of the training rows. */
  readonly z: MatrixLike;
  readonly y: Float64Array;
  readonly weights: Float64Array | undefined;
}

// Rows that median and clipping quantiles are read from: their standard error is then below a hundredth of a standard deviation.
const QUANTILE_ROWS = 20_000;

/**
 * Fits the preprocessing on the training rows and applies it to them.
 *
 * @param clipQuantile - share cut at either end of each feature, in [0, 0.5); 0 clips at the training range
 * @throws DomainError for an infinite value, naming feature and row
 */
export function* prepareRowsTask(set: TrainingSet, clipQuantile: number): Task<PreparedRows> {
  const { rows, features, matrix, target } = set;
  const p = features.length;
  const n = rows.length;
  const data = new Float64Array(n * p);
  const [medians, means, scales, lower, upper] = Array.from({ length: 5 }, () => new Float64Array(p));
  for (let f = 0; f < p; f++) {
    const column = matrix.columns[features[f]];
    const sorted = sortedFinite(evenly(column, rows));
    medians[f] = sorted.length > 0 ? quantileSorted(sorted, 0.5) : 0;
    // Moments over the rows as the model will see them, missing ones at the median.
    let mean = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = column[rows[i]];
      if (x === Infinity || x === -Infinity) throw new DomainError(`fit: feature ${show(matrix.names[features[f]])} must be finite or NaN, got ${x} in row ${rows[i]}`);
      const v = x === x ? x : medians[f];
      data[i * p + f] = v;
      const d = v - mean;
      mean += d / (i + 1);
      squares += d * (v - mean);
    }
    means[f] = mean;
    const scale = Math.sqrt(squares / Math.max(1, n));
    scales[f] = scale > 1e-12 * Math.abs(mean) ? scale : 1;
    const z = (x: number): number => (x - mean) / scales[f];
    lower[f] = sorted.length > 0 ? z(quantileSorted(sorted, clipQuantile)) : 0;
    upper[f] = sorted.length > 0 ? z(quantileSorted(sorted, 1 - clipQuantile)) : 0;
    for (let i = 0; i < n; i++) {
      const v = z(data[i * p + f]);
      data[i * p + f] = v < lower[f] ? lower[f] : v > upper[f] ? upper[f] : v;
    }
    yield { phase: 'standardising', done: f + 1, total: p };
  }
  return {
    preprocessing: { featureNames: features.map((index) => matrix.names[index]), medians, means, scales, lower, upper },
    z: { rows: n, columns: p, data },
    y: Float64Array.from(rows, (row) => target[row]),
    weights: set.weights === undefined ? undefined : Float64Array.from(rows, (row) => set.weights?.[row] ?? 1),
  };
}

// Values of at most QUANTILE_ROWS rows, evenly spread.
function evenly(column: ArrayLike<number>, rows: Uint32Array): Float64Array {
  const count = Math.min(rows.length, QUANTILE_ROWS);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = column[rows[Math.floor((i * rows.length) / count)]];
  return values;
}
