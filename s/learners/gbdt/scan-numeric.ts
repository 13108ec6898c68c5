/** Splits of numeric features judged by the values of the leaves: L1, path smoothing, monotone constraints, random cuts. */
import { MISSING_BIN } from './binned-matrix.ts';
import { BINS } from './kernel/layout.ts';
import type { NodeSums } from './kernel/kernel.ts';
import { subtractSums } from './leaf-value.ts';
import type { Split, SplitJudge } from './split.ts';

/**
 * The best split of one feature.
 *
 * Bins ascend; missing values are tried on the right, then on the left. Ties go to the earlier.
 *
 * @param cells - sums by bin, shape (3 * 256), as the kernel's `cells` writes them
 * @param onlyBin - the one cut to try, or -1 for all
 */
export function scanNumeric(cells: Float64Array, feature: number, bins: number, sums: NodeSums, judge: SplitJudge, direction: number, onlyBin: number): Split | undefined {
  let best: Split | undefined;
  const hasMissing = cells[2 * BINS + MISSING_BIN] > 0;
  for (let side = 0; side < (hasMissing ? 2 : 1); side++) {
    let gradient = side === 1 ? cells[MISSING_BIN] : 0;
    let hessian = side === 1 ? cells[BINS + MISSING_BIN] : 0;
    let count = side === 1 ? cells[2 * BINS + MISSING_BIN] : 0;
    // With missing values on the right the last bin still parts them off; otherwise everything would be left.
    const end = side === 0 && hasMissing ? bins : bins - 1;
    for (let bin = 0; bin < end; bin++) {
      gradient += cells[bin];
      hessian += cells[BINS + bin];
      count += cells[2 * BINS + bin];
      if (onlyBin >= 0 && bin !== onlyBin) continue;
      const left = { gradient, hessian, count };
      const gain = judge.gain(left, direction, 0);
      if (gain !== undefined && gain > (best?.gain ?? 0)) best = { gain, rule: { feature, bin, missingLeft: side === 1, table: undefined }, left, right: subtractSums(sums, left) };
    }
  }
  return best;
}
