/** Predicted classes against those that happened. */
import { requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { rowsByGroup } from './groups.ts';
import type { GroupKey } from './groups.ts';
import type { WeightOptions } from './weighted-mean.ts';

export interface ConfusionMatrixOptions<Key extends GroupKey = GroupKey> extends WeightOptions {
  /** The classes, in the order of rows and columns. @default those that occur, ascending: numbers by value, then text */
  readonly classes?: ArrayLike<Key>;
}

export interface ConfusionMatrix<Key extends GroupKey = GroupKey> {
  readonly classes: readonly Key[];
  /** Weight of rows of class `classes[i]` predicted as `classes[j]` at [i][j]; without weights their number. */
  readonly counts: readonly (readonly number[])[];
  /** Rows counted. */
  readonly n: number;
  /** Rows left out because the outcome or the prediction is NaN. */
  readonly missing: number;
}

/**
 * Counts of outcome and predicted class.
 *
 * @param actual - class of each row, a number or text, shape (n)
 * @param predicted - shape (n)
 * @throws ShapeError for different lengths; DomainError for a class that is not in `classes`, a class given twice or a negative weight
 * @example confusionMatrix([0, 1, 1], [0, 0, 1]).counts // [[1, 0], [1, 1]]
 */
export function confusionMatrix<Key extends GroupKey>(actual: ArrayLike<Key>, predicted: ArrayLike<Key>, options: ConfusionMatrixOptions<Key> = {}): ConfusionMatrix<Key> {
  requireKnownKeys('confusionMatrix', options, ['classes', 'weights']);
  return countClasses('confusionMatrix', actual, predicted, options.weights, options.classes);
}

/** {@link confusionMatrix} under the name of the metric that needs it. */
export function countClasses<Key extends GroupKey>(fn: string, actual: ArrayLike<Key>, predicted: ArrayLike<Key>, weights: ArrayLike<number> | undefined, given?: ArrayLike<Key>): ConfusionMatrix<Key> {
  const size = requireSameLength(fn, { actual, predicted, ...(weights && { weights }) });
  const classes = given === undefined ? distinctClasses(actual, predicted) : Array.from(given);
  const place = new Map<Key, number>(classes.map((key, k) => [key, k]));
  if (place.size < classes.length) throw new DomainError(`${fn}: classes must be distinct, got ${classes.map(show).join(', ')}`);
  const counts = classes.map(() => classes.map(() => 0));
  let [n, missing] = [0, 0];
  for (let i = 0; i < size; i++) {
    const weight = weights === undefined ? 1 : requireNumber(fn, 'weights', weights[i], { min: 0 });
    const a: Key = actual[i];
    const p: Key = predicted[i];
    if (a !== a || p !== p) {
      missing++;
      continue;
    }
    const [row, column] = [place.get(a), place.get(p)];
    if (row === undefined || column === undefined) throw new DomainError(`${fn}: classes must include every class, got ${show(row === undefined ? a : p)} at row ${i}`);
    if (weight === 0) continue;
    counts[row][column] += weight;
    n++;
  }
  return Object.freeze({ classes: Object.freeze(classes), counts: Object.freeze(counts.map((row) => Object.freeze(row))), n, missing });
}

function distinctClasses<Key extends GroupKey>(...arrays: readonly ArrayLike<Key>[]): Key[] {
  const distinct = new Set<Key>();
  for (const array of arrays) for (let i = 0; i < array.length; i++) distinct.add(array[i]);
  return rowsByGroup([...distinct]).map(([key]) => key);
}
