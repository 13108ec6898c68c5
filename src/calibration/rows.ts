/** The rows a calibrator may use, checked once. */
import { requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

export interface CalibrationRows {
  /** Finite scores, shape (n). */
  readonly score: Float64Array;
  /** 0 or 1, shape (n). */
  readonly label: Uint8Array;
  /** Above 0, shape (n). */
  readonly weight: Float64Array;
  /** Row of the caller's arrays, ascending, shape (n). */
  readonly row: Uint32Array;
  readonly n: number;
  /** Rows whose label is 1. */
  readonly positives: number;
  /** Total weight of label 0 and of label 1. */
  readonly classWeight: readonly [number, number];
  /** Rows left out because score or label is missing or their weight is 0. */
  readonly missingRows: number;
}

/**
 * The rows with a finite score, a label and a weight above 0.
 *
 * @throws ShapeError for different lengths; DomainError for labels other than 0, 1 and NaN and for weights that are negative or not finite
 */
export function calibrationRows(fn: string, scores: ArrayLike<number>, labels: ArrayLike<number>, weights?: ArrayLike<number>): CalibrationRows {
  const rowCount = requireSameLength(fn, { scores, labels, ...(weights && { weights }) });
  const score = new Float64Array(rowCount);
  const label = new Uint8Array(rowCount);
  const weight = new Float64Array(rowCount);
  const row = new Uint32Array(rowCount);
  const classWeight: [number, number] = [0, 0];
  let n = 0;
  let positives = 0;
  for (let i = 0; i < rowCount; i++) {
    const y = labels[i];
    const w = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    if (y === y && y !== 0 && y !== 1) throw new DomainError(`${fn}: labels must be 0, 1 or NaN, got ${show(y)} at row ${i}`);
    if (y !== y || !Number.isFinite(scores[i]) || w === 0) continue;
    score[n] = scores[i];
    label[n] = y;
    weight[n] = w;
    row[n++] = i;
    positives += y;
    classWeight[y as 0 | 1] += w;
  }
  return { score: score.subarray(0, n), label: label.subarray(0, n), weight: weight.subarray(0, n), row: row.subarray(0, n), n, positives, classWeight, missingRows: rowCount - n };
}

/** Share of label 1 with one row of each label added: (N+ + 1) / (N + 2). Never 0 or 1. */
export function softBaseRate(rows: Pick<CalibrationRows, 'classWeight'>): number {
  const [negative, positive] = rows.classWeight;
  return (positive + 1) / (negative + positive + 2);
}

/** What Platt softens labels 0 and 1 to: 1 / (N- + 2) and (N+ + 1) / (N+ + 2). */
export function softEnds(rows: Pick<CalibrationRows, 'classWeight'>): readonly [number, number] {
  const [negative, positive] = rows.classWeight;
  return [1 / (negative + 2), (positive + 1) / (positive + 2)];
}

/** The labels, softened. */
export function softLabels(rows: Pick<CalibrationRows, 'label' | 'classWeight'>): Float64Array {
  const ends = softEnds(rows);
  return Float64Array.from(rows.label, (y) => ends[y]);
}
