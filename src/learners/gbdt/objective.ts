/** Losses: where a row starts, its gradient and hessian, and what the margin means. */
import type { GbdtObjective } from './options.ts';

/** 1 / (1 + exp(-x)), without overflow. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

export interface ObjectiveFunctions {
  /** Margin that fits the weighted mean label. */
  readonly start: (weightedMean: number) => number;
  /** What a margin means on the label's scale. */
  readonly response: (margin: number) => number;
  /** First and second derivative of the loss in the margin, from the response so that it is computed once. */
  readonly gradient: (response: number, label: number) => number;
  readonly hessian: (response: number) => number;
  readonly loss: (margin: number, label: number) => number;
  /** True when the hessian is 1 everywhere. */
  readonly constantHessian: boolean;
}

/**
 * Squared loss is half the squared error, logistic loss the negative log-likelihood of labels in {0, 1}.
 */
export const objectives: Readonly<Record<GbdtObjective, ObjectiveFunctions>> = {
  squared: {
    start: (mean) => mean,
    response: (margin) => margin,
    gradient: (response, label) => response - label,
    hessian: () => 1,
    loss: (margin, label) => (margin - label) ** 2 / 2,
    constantHessian: true,
  },
  logistic: {
    // A class that is always or never there would start at infinity.
    start: (mean) => {
      const p = Math.min(1 - 1e-9, Math.max(1e-9, mean));
      return Math.log(p / (1 - p));
    },
    response: sigmoid,
    gradient: (p, label) => p - label,
    hessian: (p) => Math.max(p * (1 - p), 1e-16),
    loss: (margin, label) => Math.max(margin, 0) - margin * label + Math.log1p(Math.exp(-Math.abs(margin))),
    constantHessian: false,
  },
};
