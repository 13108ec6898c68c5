/** What margins mean on the label's scale. */
import type { GbdtObjectiveName } from '../model.ts';

/**
 * `margin` is the sum of the trees, `response` what it means on the label's scale: a probability for logistic, one per class for softmax, the
 * mean for Poisson, gamma and Tweedie; for the other objectives the margin itself.
 */
export type GbdtOutput = 'response' | 'margin';

export const GBDT_OUTPUTS: readonly GbdtOutput[] = ['response', 'margin'];

/** 1 / (1 + exp(-x)), without overflow. */
function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/**
 * Response of one margin: the probability of label 1 for logistic, the mean exp(margin) for Poisson, gamma and Tweedie, else the margin
 * itself (a score for ranking and custom losses). Softmax needs all margins of a row: {@link respond}.
 */
export function responseOf(objective: GbdtObjectiveName, margin: number): number {
  switch (objective) {
    case 'logistic':
      return sigmoid(margin);
    case 'poisson':
    case 'gamma':
    case 'tweedie':
      return Math.exp(margin);
    default:
      return margin;
  }
}

/** Margins of rows, `outputs` each, become responses in place; for softmax the probabilities of the classes. */
export function respond(objective: GbdtObjectiveName, outputs: number, margins: Float64Array): void {
  if (objective === 'softmax') for (let at = 0; at < margins.length; at += outputs) softmax(margins, at, outputs);
  else if (responseOf(objective, 2) !== 2) for (let i = 0; i < margins.length; i++) margins[i] = responseOf(objective, margins[i]);
}

// exp(m_k) / sum of exp(m_j), less the largest margin so that nothing overflows.
function softmax(margins: Float64Array, at: number, outputs: number): void {
  let largest = -Infinity;
  for (let k = at; k < at + outputs; k++) if (margins[k] > largest) largest = margins[k];
  let sum = 0;
  for (let k = at; k < at + outputs; k++) {
    margins[k] = Math.exp(margins[k] - largest);
    sum += margins[k];
  }
  for (let k = at; k < at + outputs; k++) margins[k] /= sum;
}
