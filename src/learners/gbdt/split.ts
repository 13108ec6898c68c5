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

// A gain below this share of the parent's score is rounding.
const NOISE = 1e-12;

// Adding and taking off 1.5 * 2^52 rounds to the nearest integer: the count of a cell is its value over the unit, rounded, since |sum of q|
// is below half a unit. Two adds cost half of what Math.floor does here.
const ROUND = 6755399441055744;

/**
 * Best split over the allowed features; undefined when none gains more than the minimum.
 *
 * Gain is GL^2/(HL + lambda) + GR^2/(HR + lambda) - G^2/(H + lambda), half of which is the drop of the second-order loss. Missing values are tried on both sides.
 * Ties go to the earlier feature, the lower bin, and missing values to the right.
 *
 * @see Chen and Guestrin (2016), XGBoost, equation 7 and algorithm 3
 */
export function findSplit(histogram: LeafHistogram, sums: NodeSums, binCounts: ArrayLike<number>, features: ArrayLike<number>, packing: Packing, scaleOfHessian: number, settings: GbdtSettings): Split | undefined {
  const { gradients, hessians } = histogram;
  // The scans work in the integers of the histogram; scales are powers of two, so nothing is rounded on the way.
  const total = { gradient: sums.gradient * packing.scale, hessian: hessians === undefined ? sums.count : sums.hessian * scaleOfHessian, count: sums.count };
  const lambda = hessians === undefined ? settings.lambdaL2 : settings.lambdaL2 * scaleOfHessian;
  const toGain = (hessians === undefined ? 1 : scaleOfHessian) / packing.scale / packing.scale;
  const parentScore = total.hessian + lambda > 0 ? (total.gradient * total.gradient) / (total.hessian + lambda) : 0;
  // Scores are compared as fractions; two divisions per bin would double the cost of a scan.
  const best: Best = { numerator: Math.max(parentScore + settings.minGainToSplit / toGain, parentScore * (1 + NOISE)), denominator: 1, feature: -1, bin: 0, missingLeft: false, gradient: 0, hessian: 0, count: 0 };
  for (let k = 0; k < features.length; k++) {
    const feature = features[k];
    if (hessians === undefined) scanCounts(gradients, feature, binCounts[feature], total, packing.unit, lambda, settings, best);
    else scanHessians(gradients, hessians, feature, binCounts[feature], total, packing.unit, lambda, settings.minSumHessianInLeaf * scaleOfHessian, settings.minDataInLeaf, best);
  }
  if (best.feature < 0) return undefined;
  const leftSums = { gradient: best.gradient / packing.scale, hessian: hessians === undefined ? best.count : best.hessian / scaleOfHessian, count: best.count };
  return {
    gain: (best.numerator / best.denominator - parentScore) * toGain,
    feature: best.feature,
    bin: best.bin,
    missingLeft: best.missingLeft,
    leftSums,
    rightSums: { gradient: sums.gradient - leftSums.gradient, hessian: sums.hessian - leftSums.hessian, count: sums.count - leftSums.count },
  };
}

interface Best {
  numerator: number;
  denominator: number;
  feature: number;
  bin: number;
  missingLeft: boolean;
  gradient: number;
  hessian: number;
  count: number;
}

// Squared loss without weights: the count is the hessian.
function scanCounts(cells: Float64Array, feature: number, bins: number, sums: NodeSums, unit: number, lambda: number, settings: GbdtSettings, best: Best): void {
  const base = feature * BINS;
  const missing = cells[base + MISSING_BIN];
  const inverse = 1 / unit;
  const total = sums.gradient;
  const n = sums.count;
  const least = Math.max(settings.minDataInLeaf, settings.minSumHessianInLeaf);
  const most = n - least;
  let bestNumerator = best.numerator;
  let bestDenominator = best.denominator;
  let bestBin = -1;
  let bestPacked = 0;
  let bestSide = 0;
  for (let side = 0; side < (missing === 0 ? 1 : 2); side++) {
    let packed = side === 1 ? missing : 0;
    // With missing values on the right the last bin still parts them off; otherwise everything would be left.
    const end = base + (side === 0 && missing !== 0 ? bins : bins - 1);
    for (let at = base; at < end; at++) {
      packed += cells[at];
      const nLeft = packed * inverse + ROUND - ROUND;
      if (nLeft < least) continue;
      if (nLeft > most) break;
      const left = packed - nLeft * unit;
      const right = total - left;
      const hLeft = nLeft + lambda;
      const hRight = n - nLeft + lambda;
      const numerator = left * left * hRight + right * right * hLeft;
      const denominator = hLeft * hRight;
      if (numerator * bestDenominator > bestNumerator * denominator) {
        bestNumerator = numerator;
        bestDenominator = denominator;
        bestBin = at - base;
        bestPacked = packed;
        bestSide = side;
      }
    }
  }
  if (bestBin < 0) return;
  best.numerator = bestNumerator;
  best.denominator = bestDenominator;
  best.feature = feature;
  best.bin = bestBin;
  best.missingLeft = bestSide === 1;
  best.count = bestPacked * inverse + ROUND - ROUND;
  best.gradient = bestPacked - best.count * unit;
  best.hessian = best.count;
}

function scanHessians(cells: Float64Array, hessians: Float64Array, feature: number, bins: number, sums: NodeSums, unit: number, lambda: number, minSumHessian: number, least: number, best: Best): void {
  const base = feature * BINS;
  const missing = cells[base + MISSING_BIN];
  const inverse = 1 / unit;
  const most = sums.count - least;
  // Never 0: a leaf without any hessian has no value.
  const leastHessian = Math.max(minSumHessian, 1);
  const mostHessian = sums.hessian - leastHessian;
  for (let side = 0; side < (missing === 0 ? 1 : 2); side++) {
    let packed = side === 1 ? missing : 0;
    let hLeft = side === 1 ? hessians[base + MISSING_BIN] : 0;
    const end = base + (side === 0 && missing !== 0 ? bins : bins - 1);
    for (let at = base; at < end; at++) {
      packed += cells[at];
      hLeft += hessians[at];
      const nLeft = packed * inverse + ROUND - ROUND;
      if (nLeft < least || hLeft < leastHessian) continue;
      if (nLeft > most || hLeft > mostHessian) break;
      const left = packed - nLeft * unit;
      const right = sums.gradient - left;
      const hRight = sums.hessian - hLeft;
      const numerator = left * left * (hRight + lambda) + right * right * (hLeft + lambda);
      const denominator = (hLeft + lambda) * (hRight + lambda);
      if (numerator * best.denominator > best.numerator * denominator) {
        best.numerator = numerator;
        best.denominator = denominator;
        best.feature = feature;
        best.bin = at - base;
        best.missingLeft = side === 1;
        best.gradient = left;
        best.hessian = hLeft;
        best.count = nLeft;
      }
    }
  }
}
