/** The best split of one leaf, from its histograms. */
import { MISSING_BIN } from './binned-matrix.ts';
import { BINS } from './histogram.ts';
import type { Packing } from './histogram.ts';
import type { GbdtSettings } from './options.ts';

/** Sums over a set of rows: gradient and hessian in their own units. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

export interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Bins up to this one go left. */
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly leftSums: NodeSums;
  readonly rightSums: NodeSums;
}

/** Histograms of one leaf. `hessians` is absent when every hessian is 1: then the count is the hessian. */
export interface LeafHistogram {
  readonly gradients: Float64Array;
  readonly hessians: Float64Array | undefined;
}

/**
 * Best split over the allowed features; undefined when none gains more than the minimum.
 *
 * Gain is GL^2/(HL + lambda) + GR^2/(HR + lambda) - G^2/(H + lambda), half of which is the drop of the second-order loss. Missing values are tried on both sides.
 * Ties go to the earlier feature, the lower bin, and missing values to the right.
 *
 * @see Chen and Guestrin (2016), XGBoost, equation 7 and algorithm 3
 */
export function findSplit(histogram: LeafHistogram, sums: NodeSums, binCounts: ArrayLike<number>, features: ArrayLike<number>, packing: Packing, scaleOfHessian: number, settings: GbdtSettings): Split | undefined {
  const { lambdaL2: lambda, minDataInLeaf, minSumHessianInLeaf, minGainToSplit } = settings;
  const { gradients, hessians } = histogram;
  const { unit } = packing;
  const half = unit / 2;
  const inverseUnit = 1 / unit;
  const toGradient = 1 / packing.scale;
  const toHessian = 1 / scaleOfHessian;
  const G = sums.gradient;
  const H = sums.hessian;
  const n = sums.count;
  const parentScore = (G * G) / (H + lambda);
  let bestGain = minGainToSplit;
  let bestFeature = -1;
  let bestBin = 0;
  let bestMissingLeft = false;
  let bestG = 0;
  let bestH = 0;
  let bestN = 0;
  for (let k = 0; k < features.length; k++) {
    const f = features[k];
    const base = f * BINS;
    const last = binCounts[f] - 1;
    const missing = gradients[base + MISSING_BIN];
    const missingHessian = hessians === undefined ? 0 : hessians[base + MISSING_BIN];
    const sides = missing === 0 ? 1 : 2;
    for (let side = 0; side < sides; side++) {
      let packed = side === 1 ? missing : 0;
      let packedHessian = side === 1 ? missingHessian : 0;
      // With missing values on the right the last bin still splits them off; otherwise everything would be left.
      const end = side === 0 && sides === 2 ? last : last - 1;
      for (let b = 0; b <= end; b++) {
        const cell = gradients[base + b];
        if (cell === 0) continue; // an empty bin splits as the one before it
        packed += cell;
        if (hessians !== undefined) packedHessian += hessians[base + b];
        const nLeft = Math.floor((packed + half) * inverseUnit);
        if (nLeft < minDataInLeaf) continue;
        const nRight = n - nLeft;
        if (nRight < minDataInLeaf) break;
        const gLeft = (packed - nLeft * unit) * toGradient;
        const hLeft = hessians === undefined ? nLeft : packedHessian * toHessian;
        const gRight = G - gLeft;
        const hRight = hessians === undefined ? nRight : H - hLeft;
        if (hLeft < minSumHessianInLeaf || hRight < minSumHessianInLeaf) continue;
        const gain = (gLeft * gLeft) / (hLeft + lambda) + (gRight * gRight) / (hRight + lambda) - parentScore;
        if (gain > bestGain) {
          bestGain = gain;
          bestFeature = f;
          bestBin = b;
          bestMissingLeft = side === 1;
          bestG = gLeft;
          bestH = hLeft;
          bestN = nLeft;
        }
      }
    }
  }
  if (bestFeature < 0) return undefined;
  return {
    gain: bestGain,
    feature: bestFeature,
    bin: bestBin,
    missingLeft: bestMissingLeft,
    leftSums: { gradient: bestG, hessian: bestH, count: bestN },
    rightSums: { gradient: G - bestG, hessian: H - bestH, count: n - bestN },
  };
}
