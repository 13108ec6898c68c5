/** Raw SVI fitted to the quotes of one expiry. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { levenbergMarquardt, type LeastSquaresSolver, type LevenbergMarquardtFit } from '../../core/levenberg-marquardt.ts';
import type { SmileQuotes } from '../option.ts';
import { sliceWeights, type SliceWeights } from './slice-weights.ts';
import { isSviButterflyFree } from './svi-butterfly.ts';
import { constrainSvi, type ConstrainedPoint } from './svi-constrain.ts';
import { separableSvi } from './svi-separable.ts';
import { apart, minimumOf, sviStarts } from './svi-start.ts';
import { sviFromCoordinates, sviSystem, sviToCoordinates, type SviData } from './svi-system.ts';
import { requireSvi, uncheckedSviSmile, type SviSmile } from './svi.ts';

export interface SviFitOptions {
  /** What a quote counts. @default 'spread' */
  readonly weights?: SliceWeights;
  /**
   * `none`: positive variance and Lee's bound only; `penalize`: negative densities cost, but may remain; `free`: g >= 0 on the whole real line,
   * checked exactly. @default 'none'
   */
  readonly arbitrage?: 'none' | 'penalize' | 'free';
  /** The fit lies nowhere below this slice, checked exactly: the slice of the expiry before. */
  readonly above?: SviSmile;
  /** Weighted residuals beyond this count ever less (Cauchy loss); with `spread` weights 1 is the edge of bid and ask. @default Infinity */
  readonly lossScale?: number;
  /** A slice to start from instead of the grid. */
  readonly start?: SviSmile;
  /**
   * Any solver of core. Ours rejects steps that lead uphill and stops when nothing is gained; `mlLevenbergMarquardt` steps with the library
   * ml-levenberg-marquardt, which can do neither by itself and so is driven a step at a time. @default levenbergMarquardt
   */
  readonly solver?: LeastSquaresSolver;
  /** Of the solver, from the best start. @default 100 */
  readonly maxIterations?: number;
}

export interface SviFit {
  /**
   * `ok`; `not-converged`: the slice is the best found; `infeasible`: no slice obeys, as above one that breaks Lee's bound; `too-few-quotes`: fewer
   * than five different log-moneyness can be used; `bad-expiry`: not a positive number of years.
   */
  readonly status: 'ok' | 'not-converged' | 'infeasible' | 'too-few-quotes' | 'bad-expiry';
  /** Null where there is nothing to fit. */
  readonly smile: SviSmile | null;
  readonly expiryYears: number;
  /** Quotes with a weight. */
  readonly quoteCount: number;
  /** Root mean square of model minus mid volatility over these quotes, unweighted; null without a slice. */
  readonly rmse: number | null;
  /** The same after weighting. */
  readonly weightedRmse: number | null;
  /** Share of the quotes with bid and ask whose model volatility lies within them; null where no quote has both. */
  readonly insideBidAsk: number | null;
  readonly isButterflyFree: boolean;
  /** What the constraints did: nothing to do, moved the fit, or raised its total variance at last by `lift`. */
  readonly constraint: 'none' | 'inactive' | 'active' | 'lifted';
  readonly lift: number;
  /** Steps of the solver over all starts and rounds. */
  readonly iterations: number;
  readonly evaluations: number;
}

const MIN_QUOTES = 5; // as many as parameters
const SHORT_RUN = 12; // iterations per start before the best goes on alone
const SAMPLE = 48; // quotes that the starts are judged by

/**
 * Fits raw SVI to volatilities by weighted least squares.
 *
 * Starts on a quasi-explicit grid, runs three of them a few steps and the best to its end, with analytic derivatives, in coordinates in which
 * positive variance and Lee's bound are boxes. Quotes that cannot be used are left out and never throw.
 * Not for fewer than five strikes, and a window without curvature leaves sigma open: the fit is good, the parameters are not unique.
 *
 * @throws ShapeError when columns differ in length, DomainError for options out of range
 * @see De Marco and Martini (2009), "Quasi-explicit calibration of Gatheral's SVI model"; Gatheral and Jacquier (2014), section 5.2
 * @example fitSvi(quotes, { arbitrage: 'free' }).smile
 */
export function fitSvi(quotes: SmileQuotes, options: SviFitOptions = {}): SviFit {
  requireKnownKeys('fitSvi', options, ['weights', 'arbitrage', 'above', 'lossScale', 'start', 'solver', 'maxIterations']);
  const { arbitrage = 'none', above = null, lossScale = Infinity, solver = levenbergMarquardt, maxIterations = 100 } = options;
  requireOneOf('fitSvi', 'arbitrage', arbitrage, ['none', 'penalize', 'free']);
  requireInteger('fitSvi', 'maxIterations', maxIterations, { min: 1 });
  if (!(lossScale > 0)) throw new DomainError(`fitSvi: lossScale must be > 0, got ${lossScale}`);
  if (above !== null) requireSvi('fitSvi', above);
  if (options.start !== undefined) requireSvi('fitSvi', options.start);
  const weight = sliceWeights(quotes, options.weights);
  const { expiryYears } = quotes;
  if (!(expiryYears > 0 && expiryYears < Infinity)) return withoutSlice('bad-expiry', expiryYears, 0);
  const data = usableQuotes(quotes, weight);
  if (new Set(data.logMoneyness).size < MIN_QUOTES) return withoutSlice('too-few-quotes', expiryYears, data.vol.length);

  const { lower, upper } = boxOf(data, arbitrage === 'free', above);
  let iterations = 0;
  let evaluations = 0;
  let initial: Float64Array;
  if (options.start === undefined) {
    const approach = approachSvi(data, lower, upper, solver);
    initial = approach.point;
    iterations += approach.iterations;
    evaluations += approach.evaluations;
  } else initial = sviToCoordinates(options.start);
  const best = solver(sviSystem(data, lossScale, null), { initial, lower, upper, maxIterations, costTolerance: 1e-8 });
  iterations += best.iterations;
  evaluations += best.evaluations;

  let found: ConstrainedPoint = { point: best.parameters, iterations: 0, evaluations: 0, converged: true, outcome: 'inactive', lift: 0 };
  const isConstrained = arbitrage !== 'none' || above !== null;
  if (isConstrained) {
    found = constrainSvi(data, best.parameters, { isButterflyFree: arbitrage !== 'none', isGuaranteed: arbitrage === 'free', above, lower, upper, lossScale, solver });
  }
  const smile = sviFromCoordinates(found.point);
  const errors = errorsOf(smile, data);
  // On noise-free quotes nothing is left to improve and no measure relative to the cost can say so.
  const isConverged = (found.outcome === 'inactive' ? best.converged : found.converged) || errors.rmse < 1e-10;
  return Object.freeze({
    status: Number.isNaN(found.lift) ? 'infeasible' : isConverged ? 'ok' : 'not-converged',
    smile,
    expiryYears,
    quoteCount: data.vol.length,
    ...errors,
    insideBidAsk: shareInside(smile, quotes, weight),
    isButterflyFree: isSviButterflyFree(smile),
    constraint: isConstrained ? found.outcome : 'none',
    lift: Number.isNaN(found.lift) ? 0 : found.lift,
    iterations: iterations + found.iterations,
    evaluations: evaluations + found.evaluations,
  });
}

// From the grid to the minimum over (m, sigma): first on a sample of the quotes, then on all.
function approachSvi(data: SviData, lower: Float64Array, upper: Float64Array, solver: LeastSquaresSolver): { point: Float64Array; iterations: number; evaluations: number } {
  const bounds = { leftMin: lower[1] * lower[1], leftMax: upper[1] * upper[1], rightMin: lower[2] * lower[2], rightMax: upper[2] * upper[2] };
  const box = { lower: Float64Array.of(lower[3], Math.log(lower[4])), upper: Float64Array.of(upper[3], Math.log(upper[4])), maxStep: 2 };
  const few = sampleOf(data);
  const sample = separableSvi(few, bounds);
  let iterations = 0;
  let evaluations = 0;
  let best: LevenbergMarquardtFit | null = null;
  for (const start of apart(sviStarts(few, bounds), 3)) {
    const fit = solver(sample.system, { initial: [start.m, Math.log(start.sigma)], ...box, maxIterations: SHORT_RUN, costTolerance: 1e-4 });
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
  return { point, iterations: iterations + fit.iterations, evaluations: evaluations + fit.evaluations };
}

// Every few-th quote, ends included.
function sampleOf(data: SviData): SviData {
  const n = data.vol.length;
  if (n <= SAMPLE) return data;
  const pick = (column: Float64Array): Float64Array => Float64Array.from({ length: SAMPLE }, (_, j) => column[Math.round((j * (n - 1)) / (SAMPLE - 1))]);
  return { expiryYears: data.expiryYears, logMoneyness: pick(data.logMoneyness), vol: pick(data.vol), weight: pick(data.weight) };
}

function withoutSlice(status: SviFit['status'], expiryYears: number, quoteCount: number): SviFit {
  const none = { rmse: null, weightedRmse: null, insideBidAsk: null, isButterflyFree: false, constraint: 'none' as const, lift: 0, iterations: 0, evaluations: 0 };
  return Object.freeze({ status, smile: null, expiryYears, quoteCount, ...none });
}

function usableQuotes(quotes: SmileQuotes, weight: Float64Array): SviData {
  const isUsed = (_: number, i: number): boolean => weight[i] > 0;
  return { expiryYears: quotes.expiryYears, logMoneyness: quotes.logMoneyness.filter(isUsed), vol: quotes.midVol.filter(isUsed), weight: weight.filter(isUsed) };
}

// The bounds of (v, C, P, m, sigma).
function boxOf({ logMoneyness, vol, expiryYears }: SviData, isFree: boolean, above: SviSmile | null): { lower: Float64Array; upper: Float64Array } {
  let lowest = Infinity;
  let highest = -Infinity;
  let calmest = Infinity;
  for (let i = 0; i < vol.length; i++) {
    lowest = Math.min(lowest, logMoneyness[i]);
    highest = Math.max(highest, logMoneyness[i]);
    calmest = Math.min(calmest, vol[i] * vol[i] * expiryYears);
  }
  const span = highest - lowest;
  const deviation = Math.sqrt(calmest);
  // A slope at Lee's bound leaves g no room in its wing.
  const steepest = Math.sqrt(isFree ? 1.999 : 2);
  const left = above === null ? 0 : Math.sqrt(above.b * (1 - above.rho)) * (1 + 1e-9);
  const right = above === null ? 0 : Math.sqrt(above.b * (1 + above.rho)) * (1 + 1e-9);
  return {
    lower: Float64Array.of(1e-4 * calmest, left, right, lowest - 2 * span, 1e-4 * Math.min(span, deviation)),
    upper: Float64Array.of(Infinity, Math.max(steepest, left), Math.max(steepest, right), highest + 2 * span, 50 * Math.max(span, deviation)),
  };
}

const scratch = new Float64Array(3);

function errorsOf(smile: SviSmile, { logMoneyness, vol, weight, expiryYears }: SviData): { rmse: number; weightedRmse: number } {
  let plain = 0;
  let weighted = 0;
  for (let i = 0; i < vol.length; i++) {
    uncheckedSviSmile(smile, logMoneyness[i], scratch);
    const error = Math.sqrt(scratch[0] / expiryYears) - vol[i];
    plain += error * error;
    weighted += error * error * weight[i] * weight[i];
  }
  return { rmse: Math.sqrt(plain / vol.length), weightedRmse: Math.sqrt(weighted / vol.length) };
}

function shareInside(smile: SviSmile, { logMoneyness, bidVol, askVol, expiryYears }: SmileQuotes, weight: Float64Array): number | null {
  let both = 0;
  let inside = 0;
  for (let i = 0; i < weight.length; i++) {
    if (!(weight[i] > 0 && bidVol[i] >= 0 && askVol[i] >= bidVol[i])) continue;
    both++;
    uncheckedSviSmile(smile, logMoneyness[i], scratch);
    const vol = Math.sqrt(scratch[0] / expiryYears);
    if (vol >= bidVol[i] && vol <= askVol[i]) inside++;
  }
  return both > 0 ? inside / both : null;
}
