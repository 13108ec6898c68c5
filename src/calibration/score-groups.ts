/** Rows with the same score are one observation. */
import { DomainError } from '../core/errors.ts';
import { argsort } from '../core/sort.ts';

export interface ScoreGroups {
  /** Distinct scores, strictly ascending, shape (g). */
  readonly score: Float64Array;
  /** Sum of weight * target of each score, shape (g): exact for whole weights and 0/1 labels, so that equal shares stay equal. */
  readonly sum: Float64Array;
  /** Total weight of each score, > 0, shape (g). */
  readonly weight: Float64Array;
  /** Rows used: score and target finite, weight above 0. */
  readonly n: number;
}

/**
 * Groups rows by score.
 *
 * @param weights - >= 0, shape (n)
 * @throws DomainError for weights that are negative or not finite
 */
export function groupByScore(fn: string, scores: ArrayLike<number>, targets: ArrayLike<number>, weights?: ArrayLike<number>): ScoreGroups {
  const order = argsort(scores);
  const score = new Float64Array(order.length);
  const sum = score.slice();
  const weight = score.slice();
  // Score and target side by side: in the order of the scores every row is a miss of the cache, and so it is one.
  const pairs = new Float64Array(2 * order.length);
  for (let i = 0; i < order.length; i++) {
    pairs[2 * i] = scores[i];
    pairs[2 * i + 1] = targets[i];
  }
  let last = -1;
  let n = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const s = pairs[2 * i];
    const y = pairs[2 * i + 1];
    const w = weights ? weights[i] : 1;
    if (!(w >= 0 && w < Infinity)) throw new DomainError(`${fn}: weights must be finite numbers >= 0, got ${w} at row ${i}`);
    if (s * 0 + y * 0 !== 0 || w === 0) continue; // 0 only when both are finite
    n++;
    if (last < 0 || score[last] !== s) score[++last] = s;
    sum[last] += w * y;
    weight[last] += w;
  }
  const size = last + 1;
  return { score: score.subarray(0, size), sum: sum.subarray(0, size), weight: weight.subarray(0, size), n };
}
