/**
 * The best split of one leaf over a block of features.
 *
 * With a = HL + lambda and A = H + 2 lambda, GL^2 / a + GR^2 / (A - a) = G^2 / A + (GL A - G a)^2 / (A a (A - a)): only the square and a (A - a)
 * vary, and they are compared as fractions, without a division. Operands and their order are those of kernels/train.ts, so that every product
 * rounds alike.
 *
 * @see Chen and Guestrin (2016), XGBoost, equation 7 and algorithm 3
 */
import { BINS } from './layout.ts';
import type { Candidate, FitMemory, ScanLimits } from './kernel.ts';
import { ROUND } from './typescript-cells.ts';
import type { Cells } from './typescript-cells.ts';

const MISSING = BINS - 1;

/** Best split over the features `first .. end - 1` that are allowed; undefined when none exceeds the floor. */
export function scanBlock(cells: Cells, unit: number, first: number, end: number, { binCounts }: FitMemory, allowed: Uint8Array, limits: ScanLimits): Candidate | undefined {
  if (cells.hessians === undefined) return scanGradients(cells.gradients, unit, first, end, binCounts, allowed, limits);
  return scanBoth(cells.gradients, cells.hessians, unit, first, end, binCounts, allowed, limits);
}

// Every hessian is 1: HL is the count.
function scanGradients(cells: Float64Array, unit: number, first: number, endFeature: number, binCounts: Int32Array, allowed: Uint8Array, { sums, lambda, floor, minCount }: ScanLimits): Candidate | undefined {
  const inverse = 1 / unit;
  const round = ROUND; // bundlers may read an imported constant by a getter
  const most = sums.count - minCount;
  const A = sums.count + 2 * lambda;
  const G = sums.gradient;
  let bestNum = floor;
  let bestDen = 1;
  let bestLeft = 0;
  let bestFeature = -1;
  let bestBin = 0;
  let bestSide = 0;
  for (let f = first; f < endFeature; f++) {
    if (allowed[f] === 0) continue;
    const base = f * BINS;
    const missing = cells[base + MISSING];
    for (let side = 0; side < (missing === 0 ? 1 : 2); side++) {
      let packed = side === 1 ? missing : 0;
      // With missing values on the right the last bin still parts them off; otherwise everything would be left.
      const end = base + (side === 0 && missing !== 0 ? binCounts[f] : binCounts[f] - 1);
      for (let at = base; at < end; at++) {
        packed += cells[at];
        const count = packed * inverse + round - round;
        if (count < minCount) continue;
        if (count > most) break;
        const a = count + lambda;
        const d = (packed - count * unit) * A - G * a;
        const den = a * (A - a);
        const num = d * d;
        if (num * bestDen > bestNum * den) {
          bestNum = num;
          bestDen = den;
          bestLeft = packed;
          bestFeature = f;
          bestBin = at - base;
          bestSide = side;
        }
      }
    }
  }
  if (bestFeature < 0) return undefined;
  const count = bestLeft * inverse + round - round;
  return { numerator: bestNum, denominator: bestDen, feature: bestFeature, bin: bestBin, missingLeft: bestSide === 1, left: { gradient: bestLeft - count * unit, hessian: count, count } };
}

function scanBoth(cells: Float64Array, hessians: Float64Array, unit: number, first: number, endFeature: number, binCounts: Int32Array, allowed: Uint8Array, { sums, lambda, floor, minCount, minHessian }: ScanLimits): Candidate | undefined {
  const inverse = 1 / unit;
  const round = ROUND;
  const most = sums.count - minCount;
  const mostHessian = sums.hessian - minHessian;
  const A = sums.hessian + 2 * lambda;
  const G = sums.gradient;
  let bestNum = floor;
  let bestDen = 1;
  let bestLeft = 0;
  let bestHessian = 0;
  let bestFeature = -1;
  let bestBin = 0;
  let bestSide = 0;
  for (let f = first; f < endFeature; f++) {
    if (allowed[f] === 0) continue;
    const base = f * BINS;
    const missing = cells[base + MISSING];
    for (let side = 0; side < (missing === 0 ? 1 : 2); side++) {
      let packed = side === 1 ? missing : 0;
      let hessian = side === 1 ? hessians[base + MISSING] : 0;
      const end = base + (side === 0 && missing !== 0 ? binCounts[f] : binCounts[f] - 1);
      for (let at = base; at < end; at++) {
        packed += cells[at];
        hessian += hessians[at];
        const count = packed * inverse + round - round;
        if (count < minCount || hessian < minHessian) continue;
        if (count > most || hessian > mostHessian) break;
        const a = hessian + lambda;
        const d = (packed - count * unit) * A - G * a;
        const den = a * (A - a);
        const num = d * d;
        if (num * bestDen > bestNum * den) {
          bestNum = num;
          bestDen = den;
          bestLeft = packed;
          bestHessian = hessian;
          bestFeature = f;
          bestBin = at - base;
          bestSide = side;
        }
      }
    }
  }
  if (bestFeature < 0) return undefined;
  const count = bestLeft * inverse + round - round;
  return { numerator: bestNum, denominator: bestDen, feature: bestFeature, bin: bestBin, missingLeft: bestSide === 1, left: { gradient: bestLeft - count * unit, hessian: bestHessian, count } };
}
