/** Probabilities of K classes, checked row by row. */
import { requireSameLength, show } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';

/** One array of K class probabilities for each row, shape (n, K). */
export type ClassProbabilities = ArrayLike<ArrayLike<number>>;

// Rows of single-precision softmax, or rounded to a few decimals, do not sum to 1 exactly.
const SUM_TOLERANCE = 1e-3;

/**
 * A test of row i: false when its outcome or a probability is NaN.
 *
 * @throws ShapeError for different lengths, and from the test for rows of different length; from the test DomainError for an outcome that is no class, a probability outside [0, 1] or a row that does not sum to 1 within 0.001
 */
export function classRowTest(fn: string, actual: ArrayLike<number>, probabilities: ClassProbabilities): (i: number) => boolean {
  requireSameLength(fn, { actual, probabilities });
  const classes = probabilities[0]?.length ?? 0;
  return (i) => {
    const row = probabilities[i];
    const outcome = actual[i];
    if (row.length < 2 || row.length !== classes) throw new ShapeError(`${fn}: probabilities must have at least two classes, the same number in every row, got ${row.length} at row ${i}`);
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      if (row[k] < 0 || row[k] > 1) throw new DomainError(`${fn}: probabilities must lie in [0, 1], got ${show(row[k])} at row ${i}, class ${k}`);
      sum += row[k];
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) throw new DomainError(`${fn}: probabilities of a row must sum to 1, got ${show(sum)} at row ${i}`);
    if (outcome === outcome && !(Number.isInteger(outcome) && outcome >= 0 && outcome < classes)) throw new DomainError(`${fn}: actual must be a class from 0 to ${classes - 1} or NaN, got ${show(outcome)} at row ${i}`);
    return sum === sum && outcome === outcome;
  };
}
