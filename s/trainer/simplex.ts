/** Ensemble weights: non-negative, summing to 1, with the least squared error out of fold. */
import { solveSymmetric } from '../core/linear-algebra.ts';

/** Sums that the weights depend on: `gram[i * m + j]` of predictions, `cross[i]` of prediction with target. */
export interface StackingSums {
  readonly members: number;
  readonly gram: Float64Array;
  readonly cross: Float64Array;
}

/** Sums over rows in which every member has a prediction. */
export function stackingSums(predictions: readonly ArrayLike<number>[], target: ArrayLike<number>, rows: ArrayLike<number>): StackingSums {
  const m = predictions.length;
  const gram = new Float64Array(m * m);
  const cross = new Float64Array(m);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r];
    for (let i = 0; i < m; i++) {
      const p = predictions[i][row];
      cross[i] += p * target[row];
      for (let j = 0; j <= i; j++) gram[i * m + j] += p * predictions[j][row];
    }
  }
  for (let i = 0; i < m; i++) for (let j = i + 1; j < m; j++) gram[i * m + j] = gram[j * m + i];
  return { members: m, gram, cross };
}

/** The sum of several parts, one of them left out. */
export function combineSums(parts: readonly StackingSums[], leaveOut = -1): StackingSums {
  const m = parts[0].members;
  const gram = new Float64Array(m * m);
  const cross = new Float64Array(m);
  parts.forEach((part, k) => {
    if (k === leaveOut) return;
    for (let i = 0; i < gram.length; i++) gram[i] += part.gram[i];
    for (let i = 0; i < m; i++) cross[i] += part.cross[i];
  });
  return { members: m, gram, cross };
}

/**
 * Minimises w'Gw - 2c'w over the simplex exactly, by solving the equality-constrained problem on every support and keeping the best
 * feasible one: at most 2^10 small systems. A tie goes to the smaller support, then to the earlier members.
 */
export function simplexWeights({ members: m, gram, cross }: StackingSums): Float64Array {
  let best: Float64Array = new Float64Array(m);
  let bestLoss = Infinity;
  const supports = Array.from({ length: 2 ** m - 1 }, (_, k) => k + 1).sort((a, b) => bitCount(a) - bitCount(b) || a - b);
  for (const support of supports) {
    const index = Array.from({ length: m }, (_, i) => i).filter((i) => (support >> i) & 1);
    const weights = onSupport(index, m, gram, cross);
    if (weights === undefined) continue;
    let loss = 0;
    for (let i = 0; i < m; i++) {
      loss -= 2 * cross[i] * weights[i];
      for (let j = 0; j < m; j++) loss += weights[i] * gram[i * m + j] * weights[j];
    }
    if (loss < bestLoss - 1e-12 * Math.abs(bestLoss) || bestLoss === Infinity) [best, bestLoss] = [weights, loss];
  }
  return best;
}

// With w_last = 1 - sum of the others the constraint goes away: solve the reduced normal equations.
function onSupport(index: readonly number[], m: number, gram: Float64Array, cross: Float64Array): Float64Array | undefined {
  const k = index.length - 1;
  const last = index[k];
  const a = new Float64Array(k * k);
  const b = new Float64Array(k);
  const g = (i: number, j: number): number => gram[i * m + j];
  for (let i = 0; i < k; i++) {
    const p = index[i];
    b[i] = cross[p] - cross[last] - g(p, last) + g(last, last);
    for (let j = 0; j < k; j++) a[i * k + j] = g(p, index[j]) - g(p, last) - g(last, index[j]) + g(last, last);
  }
  const head = solveSymmetric(a, b);
  const weights = new Float64Array(m);
  let rest = 1;
  for (let i = 0; i < k; i++) {
    weights[index[i]] = head[i];
    rest -= head[i];
  }
  weights[last] = rest;
  return index.every((i) => weights[i] >= -1e-12) ? weights.map((w) => Math.max(0, w)) : undefined;
}

function bitCount(x: number): number {
  let n = 0;
  for (let y = x; y !== 0; y &= y - 1) n++;
  return n;
}
