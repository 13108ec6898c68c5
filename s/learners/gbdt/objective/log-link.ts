/** Losses of labels >= 0 whose mean is exp(margin): Poisson, gamma and Tweedie. */
import { rowObjective } from './row-objective.ts';
import type { Objective, ObjectiveData } from './types.ts';
import { weightedMeanLabel } from './weighted-mean.ts';

// Margins beyond +-300 count as +-300: a mean of e^300 is 1e130, and a sum over rows still squares without overflow.
const MAX_MARGIN = 300;

// Start of labels that are all 0, whose best margin would be -Infinity.
const LEAST_MEAN = 1e-9;

const COUNT = { labelRule: 'must be finite and >= 0', isLabel: (label: number): boolean => label >= 0 && label < Infinity, constantHessian: false } as const;

/**
 * Poisson's negative log-likelihood, exp(m) - y m.
 *
 * The hessian is exp(m + maxDeltaStep), larger than the second derivative by a constant factor, so that few events make no long step: a
 * leaf without any moves down by exp(-maxDeltaStep) and not by 1.
 */
export function poissonObjective(maxDeltaStep: number): Objective {
  const inflation = Math.exp(maxDeltaStep);
  return rowObjective({
    name: 'poisson',
    ...COUNT,
    start: logOfMean,
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        const mean = Math.exp(Math.max(-MAX_MARGIN, Math.min(MAX_MARGIN, margins[row])));
        gradient[row] = (mean - labels[row]) * weight;
        if (hessian !== undefined) hessian[row] = mean * inflation * weight;
      }
    },
    lossAt: (margin, label) => Math.exp(clamp(margin)) - label * clamp(margin),
  });
}

/** The gamma distribution's negative log-likelihood per unit of shape, m + y exp(-m). */
export function gammaObjective(): Objective {
  return rowObjective({
    name: 'gamma',
    constantHessian: false,
    labelRule: 'must be finite and > 0',
    isLabel: (label) => label > 0 && label < Infinity,
    start: logOfMean,
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        const ratio = labels[row] * Math.exp(-Math.max(-MAX_MARGIN, Math.min(MAX_MARGIN, margins[row])));
        gradient[row] = (1 - ratio) * weight;
        if (hessian !== undefined) hessian[row] = ratio * weight;
      }
    },
    lossAt: (margin, label) => clamp(margin) + label * Math.exp(-clamp(margin)),
  });
}

/**
 * Tweedie's negative quasi-log-likelihood of variance power p in [1, 2), exp((2 - p) m) / (2 - p) - y (exp((1 - p) m) - 1) / (1 - p).
 * At p = 1 it is Poisson's.
 *
 * @see Jorgensen (1987), Exponential dispersion models
 */
export function tweedieObjective(power: number): Objective {
  const first = 1 - power;
  const second = 2 - power;
  return rowObjective({
    name: 'tweedie',
    ...COUNT,
    start: logOfMean,
    fill(margins, { labels, weights, rows }, from, to, gradient, hessian) {
      for (let i = from; i < to; i++) {
        const row = rows[i];
        const weight = weights === undefined ? 1 : weights[row];
        const margin = Math.max(-MAX_MARGIN, Math.min(MAX_MARGIN, margins[row]));
        const pull = labels[row] * Math.exp(first * margin);
        const push = Math.exp(second * margin);
        gradient[row] = (push - pull) * weight;
        if (hessian !== undefined) hessian[row] = (second * push - first * pull) * weight;
      }
    },
    // expm1 keeps the loss continuous as the power nears 1.
    lossAt: (margin, label) => Math.exp(second * clamp(margin)) / second - label * (first === 0 ? clamp(margin) : Math.expm1(first * clamp(margin)) / first),
  });
}

// The mean minimises all three losses.
function logOfMean(data: ObjectiveData): number {
  const mean = weightedMeanLabel(data);
  return Math.log(mean > 0 ? mean : LEAST_MEAN);
}

function clamp(margin: number): number {
  return Math.max(-MAX_MARGIN, Math.min(MAX_MARGIN, margin));
}
