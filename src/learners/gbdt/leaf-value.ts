/** What a leaf adds to the margin. */
import type { GrownNode } from './grow.ts';
import type { GbdtSettings } from './options.ts';

/** -G / (H + lambda) times the learning rate. */
export function leafValue(node: GrownNode, { lambdaL2, learningRate }: GbdtSettings): number {
  const denominator = node.sums.hessian + lambdaL2;
  return denominator > 0 ? (-node.sums.gradient / denominator) * learningRate + 0 : 0; // + 0: never -0
}
