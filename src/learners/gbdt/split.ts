/** The best split of a leaf: the kernel's candidate, or one of the searches it does not do. */
import type { Candidate, NodeSums, PartitionRule, ScanLimits } from './kernel/kernel.ts';
import { gainOfValue, leafValue, subtractSums } from './leaf-value.ts';
import type { Scales, ValueBounds } from './leaf-value.ts';
import type { GbdtSettings } from './options.ts';

/** A split worth making. */
export interface Split {
  /** Twice the drop of the loss, in real units. */
  readonly gain: number;
  readonly rule: PartitionRule;
  readonly left: NodeSums;
  readonly right: NodeSums;
}

// A gain below this share of the parent's score is rounding.
const NOISE = 1e-12;

// More than any leaf can have, and what the kernels' integers hold.
const MAX_COUNT = 2 ** 31 - 1;
const MAX_HESSIAN = 2 ** 53;

/** Whether gains must be computed from the leaves' values, which the kernel's scan does not do. */
export function needsValues(settings: GbdtSettings): boolean {
  return settings.lambdaL1 > 0 || settings.pathSmooth > 0 || settings.extraTrees || settings.monotone !== undefined;
}

/** What the kernel's scan of a leaf must respect. With hessians of 1 the count is the hessian. */
export function scanLimits(sums: NodeSums, scales: Scales, hessians: boolean, settings: GbdtSettings): ScanLimits {
  const lambda = settings.lambdaL2 * scales.hessian;
  const { a, parent, common } = scores(sums, lambda);
  const least = Math.max(settings.minGainToSplit / toGain(scales), NOISE * parent);
  return {
    sums,
    lambda,
    floor: Math.max(0, a * (parent + least - common)),
    minCount: Math.min(MAX_COUNT, hessians ? settings.minDataInLeaf : Math.max(settings.minDataInLeaf, Math.ceil(settings.minSumHessianInLeaf))),
    // Never 0: a leaf without any hessian has no value.
    minHessian: hessians ? Math.min(MAX_HESSIAN, Math.max(1, Math.ceil(settings.minSumHessianInLeaf * scales.hessian))) : 0,
  };
}

/**
 * The kernel's candidate as a split.
 *
 * GL^2 / (HL + lambda) + GR^2 / (HR + lambda) = G^2 / A + num / (A den) with A = H + 2 lambda, which is how the kernel compares.
 *
 * @see Chen and Guestrin (2016), XGBoost, equation 7
 */
export function candidateSplit(candidate: Candidate | undefined, sums: NodeSums, scales: Scales, settings: GbdtSettings): Split | undefined {
  if (candidate === undefined) return undefined;
  const { a, parent, common } = scores(sums, settings.lambdaL2 * scales.hessian);
  const gain = (candidate.numerator / candidate.denominator / a + (common - parent)) * toGain(scales);
  if (!(gain > 0)) return undefined;
  const { feature, bin, missingLeft, left } = candidate;
  return { gain, rule: { feature, bin, missingLeft, table: undefined }, left, right: subtractSums(sums, left) };
}

function scores({ gradient, hessian }: NodeSums, lambda: number): { readonly a: number; readonly parent: number; readonly common: number } {
  const a = hessian + 2 * lambda;
  const square = gradient * gradient;
  return { a, parent: hessian + lambda > 0 ? square / (hessian + lambda) : 0, common: a > 0 ? square / a : 0 };
}

// Scores are of integers; real gradients and hessians are those over their scales.
function toGain({ gradient, hessian }: Scales): number {
  return hessian / gradient / gradient;
}

/** Judges splits of one leaf by the values its sides would get. */
export interface SplitJudge {
  /** Gain of sending `left` to one side; undefined when it breaks a limit. `direction` is the monotone constraint of the feature, `extraL2` a penalty on both values. */
  readonly gain: (left: NodeSums, direction: number, extraL2: number) => number | undefined;
}

/** A judge of the splits of a leaf with these sums and this value. */
export function splitJudge(sums: NodeSums, value: number, bounds: ValueBounds, scales: Scales, settings: GbdtSettings): SplitJudge {
  const { lambdaL1, lambdaL2, pathSmooth, minDataInLeaf, minGainToSplit } = settings;
  const minHessian = settings.minSumHessianInLeaf * scales.hessian;
  const parentGain = gainOfValue(sums, value, scales, lambdaL1, lambdaL2);
  const least = Math.max(minGainToSplit, NOISE * Math.abs(parentGain));
  const childBounds = { ...bounds, parentValue: value };
  const allows = (side: NodeSums): boolean => side.count >= minDataInLeaf && side.hessian >= minHessian && side.hessian > 0;
  return {
    gain: (left, direction, extraL2) => {
      const right = subtractSums(sums, left);
      if (!allows(left) || !allows(right)) return undefined;
      const penalised = { lambdaL1, lambdaL2: lambdaL2 + extraL2, pathSmooth };
      const leftValue = leafValue(left, scales, penalised, childBounds);
      const rightValue = leafValue(right, scales, penalised, childBounds);
      if (direction * (rightValue - leftValue) < 0) return undefined;
      const gain = gainOfValue(left, leftValue, scales, lambdaL1, penalised.lambdaL2) + gainOfValue(right, rightValue, scales, lambdaL1, penalised.lambdaL2) - parentGain;
      return gain > least ? gain : undefined;
    },
  };
}
