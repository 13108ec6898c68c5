/** Arrays over the nodes of a curve, and the step from ln phi to the terms of an integral. */
import { expColumns } from './complex-columns.ts';
import type { CurveNodes } from './contour.ts';
import { kernelColumns, type KernelColumns } from './kernel-columns.ts';

export interface NodeColumns extends CurveNodes {
  /** In `re` and `im` ln phi, and after `weighTerms` the terms. */
  readonly kernel: KernelColumns;
  /** exp(i zeta x) of a strike at hand. */
  readonly ownRe: Float64Array;
  readonly ownIm: Float64Array;
}

export function nodeColumns(capacity: number): NodeColumns {
  const column = (): Float64Array => new Float64Array(capacity);
  return { nodeRe: column(), nodeIm: column(), weightRe: column(), weightIm: column(), kernel: kernelColumns(capacity), ownRe: column(), ownIm: column() };
}

/** Replaces ln phi by exp(ln phi + i zeta x - reference) times the weight, for nodes from `from` to before `to`. */
export function weighTerms({ nodeRe, nodeIm, weightRe, weightIm, kernel }: NodeColumns, from: number, to: number, x: number, reference: number): void {
  const { re, im } = kernel;
  for (let j = from; j < to; j++) {
    re[j] -= nodeIm[j] * x + reference;
    im[j] += nodeRe[j] * x;
  }
  expColumns(re, im, from, to);
  for (let j = from; j < to; j++) {
    const factorRe = re[j];
    const factorIm = im[j];
    re[j] = factorRe * weightRe[j] - factorIm * weightIm[j];
    im[j] = factorRe * weightIm[j] + factorIm * weightRe[j];
  }
}
