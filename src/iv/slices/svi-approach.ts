/** From the quotes of one expiry to an SVI slice near the best: grid, then the two-parameter search. */
import type { LeastSquaresSolver, LevenbergMarquardtFit } from '../../core/levenberg-marquardt.ts';
import type { SviBox } from './svi-box.ts';
import { separableSvi, type SlopeBounds } from './svi-separable.ts';
import { apart, minimumOf, sviStarts, type SviStart } from './svi-start.ts';
import type { SviData } from './svi-system.ts';

const SHORT_RUN = 12; // iterations per start before the best goes on alone
const SAMPLE = 64; // quotes that the starts are judged by

export interface SviApproach {
  readonly point: Float64Array;
  /** The grid, best first: further starts where the best fit breaks a constraint. */
  readonly cells: readonly SviStart[];
  readonly iterations: number;
  readonly evaluations: number;
}

/** The best of three starts over (m, ln sigma): first on a sample of the quotes, then on all. */
export function approachSvi(data: SviData, { lower, upper }: SviBox, solver: LeastSquaresSolver): SviApproach {
  const bounds: SlopeBounds = { leftMin: lower[1] * lower[1], leftMax: upper[1] * upper[1], rightMin: lower[2] * lower[2], rightMax: upper[2] * upper[2] };
  const box = { lower: Float64Array.of(lower[3], Math.log(lower[4])), upper: Float64Array.of(upper[3], Math.log(upper[4])), maxStep: 2 };
  const few = sviSample(data);
  const sample = separableSvi(few, bounds);
  const cells = sviStarts(few, bounds);
  let iterations = 0;
  let evaluations = 0;
  let best: LevenbergMarquardtFit | null = null;
  for (const cell of apart(cells, 3)) {
    const fit = solver(sample.system, { initial: [cell.m, Math.log(cell.sigma)], ...box, maxIterations: SHORT_RUN, costTolerance: 1e-4 });
    iterations += fit.iterations;
    evaluations += fit.evaluations;
    if (best === null || fit.cost < best.cost) best = fit;
  }
  const { system, linear, reweight } = separableSvi(data, bounds);
  const residuals = new Float64Array(system.residualCount);
  system.evaluate(best!.parameters, residuals, null);
  reweight();
  const fit = solver(system, { initial: best!.parameters, ...box, maxIterations: 30, costTolerance: 1e-5 });
  system.evaluate(fit.parameters, residuals, null);
  const sigma = Math.exp(fit.parameters[1]);
  const point = Float64Array.of(minimumOf(linear[0], linear[1], linear[2], sigma), Math.sqrt(linear[1]), Math.sqrt(linear[2]), fit.parameters[0], sigma);
  return { point, cells, iterations: iterations + fit.iterations, evaluations: evaluations + fit.evaluations };
}

/** Every few-th quote, ends included. */
export function sviSample(data: SviData): SviData {
  const n = data.vol.length;
  if (n <= SAMPLE) return data;
  const pick = (column: Float64Array): Float64Array => Float64Array.from({ length: SAMPLE }, (_, j) => column[Math.round((j * (n - 1)) / (SAMPLE - 1))]);
  return { expiryYears: data.expiryYears, logMoneyness: pick(data.logMoneyness), vol: pick(data.vol), weight: pick(data.weight) };
}
