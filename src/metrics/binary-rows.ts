/** Outcomes of two classes beside a number for each, checked once. */
import { requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

export interface BinaryRows {
  /** 0 or 1, shape (n). */
  readonly outcome: Uint8Array;
  /** The probability or score, never NaN, shape (n). */
  readonly score: Float64Array;
  /** Above 0, shape (n). */
  readonly weight: Float64Array;
  /** Row of the caller's arrays, ascending, shape (n). */
  readonly row: Uint32Array;
  readonly n: number;
  /** Rows left out because the outcome or the score is NaN. */
  readonly missing: number;
}

/**
 * The rows with an outcome, a score and a weight above 0.
 *
 * @param name - of the scores, for messages; when it is `probability` they must lie in [0, 1]
 * @throws ShapeError for different lengths; DomainError for an outcome other than 0, 1 or NaN, a probability outside [0, 1] or a weight below 0
 */
export function binaryRows(fn: string, name: 'probability' | 'score', actual: ArrayLike<number>, scores: ArrayLike<number>, weights: ArrayLike<number> | undefined): BinaryRows {
  const size = requireSameLength(fn, { actual, [name]: scores, ...(weights && { weights }) });
  const outcome = new Uint8Array(size);
  const score = new Float64Array(size);
  const weight = new Float64Array(size).fill(1);
  const row = new Uint32Array(size);
  let [n, missing] = [0, 0];
  for (let i = 0; i < size; i++) {
    const y = actual[i];
    const p = scores[i];
    const w = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    if (y !== y || p !== p) {
      missing++;
      continue;
    }
    if (y !== 0 && y !== 1) throw new DomainError(`${fn}: actual must be 0, 1 or NaN, got ${show(y)} at row ${i}`);
    if (name === 'probability' && !(p >= 0 && p <= 1)) throw new DomainError(`${fn}: probability must lie in [0, 1], got ${show(p)} at row ${i}`);
    if (w === 0) continue;
    outcome[n] = y;
    score[n] = p;
    weight[n] = w;
    row[n++] = i;
  }
  return { outcome: outcome.subarray(0, n), score: score.subarray(0, n), weight: weight.subarray(0, n), row: row.subarray(0, n), n, missing };
}
