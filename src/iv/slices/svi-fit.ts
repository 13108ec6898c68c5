/** Raw SVI fitted to the quotes of one expiry. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { levenbergMarquardt, type LeastSquaresSolver } from '../../core/levenberg-marquardt.ts';
import type { SmileQuotes } from '../option.ts';
import { NO_ERRORS, sliceErrors, type SliceErrors } from './slice-errors.ts';
import { sliceWeights, type SliceWeights } from './slice-weights.ts';
import { approachSvi, sviSample } from './svi-approach.ts';
import { LEAST_VARIANCE_SHARE, sviBox, type SviBox } from './svi-box.ts';
import { isSviButterflyFree } from './svi-butterfly.ts';
import { constrainSvi, type ConstrainedPoint } from './svi-constrain.ts';
import { obeysConstraint, type SviConstraint } from './svi-guarantee.ts';
import type { SviStart } from './svi-start.ts';
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
  /** The fit lies nowhere above this slice, checked exactly: the slice of the expiry after. */
  readonly below?: SviSmile;
  /** Weighted residuals beyond this count ever less (Cauchy loss); with `spread` weights 1 is the edge of bid and ask. @default Infinity */
  readonly lossScale?: number;
  /** A slice to start from instead of the grid. */
  readonly start?: SviSmile;
  /**
   * Any solver of core, for the search without constraints. Without one, `levenbergMarquardt` searches centre and width and, under a `lossScale`, all five
   * parameters; least squares in all five are left to the quadratic programs of the constrained fit, which know the box that a solver of core only keeps to. `mlLevenbergMarquardt` steps with the
   * library ml-levenberg-marquardt, which can neither reject a step nor stop by itself and so is driven a step at a time.
   */
  readonly solver?: LeastSquaresSolver;
  /** Of each search from the best start, with and without constraint. @default 500 */
  readonly maxIterations?: number;
}

export interface SviFit extends SliceErrors {
  /**
   * `ok`; `not-converged`: the slice is the best found; `infeasible`: no slice obeys, as above one that breaks Lee's bound; `too-few-quotes`: fewer
   * than five different log-moneyness can be used; `bad-expiry`: not a number of years from 1e-9 on.
   */
  readonly status: 'ok' | 'not-converged' | 'infeasible' | 'too-few-quotes' | 'bad-expiry';
  /** Null where there is nothing to fit. */
  readonly smile: SviSmile | null;
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  /** Quotes with a weight above 0. */
  readonly usedQuotes: number;
  readonly isButterflyFree: boolean;
  /** `none` was set; `inactive`: the best fit obeyed; `active`: the fit was made under it; `moved`: besides, total variance was raised or scaled at last. */
  readonly constraint: 'none' | 'inactive' | 'active' | 'moved' | 'infeasible';
  /** Steps of the solver over all starts and rounds. */
  readonly iterations: number;
  readonly evaluations: number;
}

const MIN_QUOTES = 5; // as many as parameters
const SHORTEST_YEARS = 1e-9; // a thirtieth of a second; far below, products of total variances are no longer numbers
const SAFE_FLOOR = 0.5 / LEAST_VARIANCE_SHARE; // g is too wild to start where total variance nearly vanishes
const FREE_RUN = 20; // iterations without the constraint before it is looked at
const NEIGHBOUR_RUN = 100; // iterations from the slice of the expiry before, then the grid competes
const CLEARLY_INSIDE = 0.2; // share of the quotes inside bid and ask that no wrong valley reaches

/**
 * Fits raw SVI to volatilities by weighted least squares.
 *
 * Starts on a quasi-explicit grid, searches centre and width from three of them with the rest solved for, then all five parameters from the best by
 * sequential quadratic programs with analytic derivatives, in coordinates in which positive variance and Lee's bound are boxes. A fit that breaks
 * `arbitrage`, `above` or `below` is moved by the same programs to the best one that does not. Quotes that cannot be used are left out and never throw.
 * Not for fewer than five strikes, and a window without curvature leaves sigma open: the fit is good, the parameters are not unique.
 *
 * @throws ShapeError when columns differ in length, DomainError for options out of range
 * @see De Marco and Martini (2009), "Quasi-explicit calibration of Gatheral's SVI model"; Gatheral and Jacquier (2014), section 5.2
 * @example fitSvi(quotes, { arbitrage: 'free' }).smile
 */
export function fitSvi(quotes: SmileQuotes, options: SviFitOptions = {}): SviFit {
  requireKnownKeys('fitSvi', options, ['weights', 'arbitrage', 'above', 'below', 'lossScale', 'start', 'solver', 'maxIterations']);
  const { arbitrage = 'none', above = null, below = null, lossScale = Infinity, solver, maxIterations = 500 } = options;
  requireOneOf('fitSvi', 'arbitrage', arbitrage, ['none', 'penalize', 'free']);
  requireInteger('fitSvi', 'maxIterations', maxIterations, { min: 1 });
  if (!(lossScale > 0)) throw new DomainError(`fitSvi: lossScale must be > 0, got ${lossScale}`);
  if (above !== null) requireSvi('fitSvi', above);
  if (below !== null) requireSvi('fitSvi', below);
  if (options.start !== undefined) requireSvi('fitSvi', options.start);
  const weight = sliceWeights(quotes, options.weights);
  const { expiryYears, forward, discount } = quotes;
  if (!(expiryYears >= SHORTEST_YEARS && expiryYears < Infinity)) return withoutSlice('bad-expiry', quotes, 0);
  const data = usableQuotes(quotes, weight);
  if (!hasEnoughStrikes(data.logMoneyness)) return withoutSlice('too-few-quotes', quotes, data.vol.length);

  const box = sviBox(data, arbitrage === 'free', above, below);
  const isConstrained = arbitrage !== 'none' || above !== null || below !== null;
  const constraint: SviConstraint = { arbitrage, above, below, lossScale, ...box };
  const finish = (point: Float64Array, constraintOutcome: SviFit['constraint'], converged: boolean, steps: { readonly iterations: number; readonly evaluations: number }): SviFit => {
    const smile = sviFromCoordinates(point);
    const errors = sliceErrors(quotes, weight, (logMoneyness, out) => uncheckedSviSmile(smile, logMoneyness, out));
    // On noise-free quotes nothing is left to improve and no measure relative to the cost can say so.
    const isDone = converged || errors.rmseVol! < 1e-10;
    return Object.freeze({
      status: constraintOutcome === 'infeasible' ? 'infeasible' : isDone ? 'ok' : 'not-converged',
      smile,
      expiryYears,
      forward,
      discount,
      usedQuotes: data.vol.length,
      ...errors,
      isButterflyFree: isSviButterflyFree(smile),
      constraint: constraintOutcome,
      iterations: steps.iterations,
      evaluations: steps.evaluations,
    });
  };
  // Next to its neighbour's slice a fit is mostly a short way off; where the quotes do not agree, the starts of the grid compete with it.
  const neighbour = options.start === undefined && above !== null ? constrainSvi(data, scaledTo(data, above), constraint, Math.min(maxIterations, NEIGHBOUR_RUN)) : null;
  if (neighbour?.converged === true && neighbour.outcome === 'active') {
    const quick = finish(neighbour.point, 'active', true, neighbour);
    if (quick.insideShare !== null && quick.insideShare >= CLEARLY_INSIDE) return quick;
  }
  const approach = options.start === undefined ? approachSvi(data, box, solver ?? levenbergMarquardt) : { point: sviToCoordinates(options.start), cells: [], iterations: 0, evaluations: 0 };
  let { point, iterations, evaluations } = approach;
  let isConverged = true;
  // Of the many minima of a loss the programs, whose curvature is of the last step, find worse ones.
  const searcher = solver ?? (lossScale < Infinity ? levenbergMarquardt : null);
  const search = (scale: number, most: number): void => {
    const fit = searcher === null ? boxedSvi(data, point, box, scale, most) : searcher(sviSystem(data, scale), { initial: point, ...box, maxIterations: most, costTolerance: 1e-7 });
    point = fit.parameters;
    iterations += fit.iterations;
    evaluations += fit.evaluations;
    isConverged = fit.converged;
  };
  // A loss with several minima is reached from the squares by degrees.
  if (lossScale < Infinity) for (const times of [16, 4]) search(times * lossScale, 10);
  const first = isConstrained ? Math.min(maxIterations, FREE_RUN) : maxIterations;
  search(lossScale, first);
  if (first < maxIterations && !isConverged && obeysConstraint(point, constraint)) search(lossScale, maxIterations - first);
  let outcome: SviFit['constraint'] = 'none';
  if (isConstrained) {
    outcome = 'inactive';
    if (!obeysConstraint(point, constraint)) {
      const found = constrainFromBestStart(data, point, approach.cells, neighbour, constraint, maxIterations);
      ({ point, outcome, converged: isConverged } = found);
      iterations += found.iterations;
      evaluations += found.evaluations;
    }
  }
  return finish(point, outcome, isConverged, { iterations, evaluations });
}

// The search in the box alone.
function boxedSvi(data: SviData, start: Float64Array, box: SviBox, lossScale: number, maxIterations: number): { readonly parameters: Float64Array; readonly iterations: number; readonly evaluations: number; readonly converged: boolean } {
  const { point, iterations, evaluations, converged } = constrainSvi(data, start, { arbitrage: 'none', above: null, below: null, lossScale, ...box }, maxIterations);
  return { parameters: point, iterations, evaluations, converged };
}

// The slice of the expiry before, with its total variance and slopes raised to the level of the quotes nearest to the money.
function scaledTo({ logMoneyness, vol, expiryYears }: SviData, above: SviSmile): Float64Array {
  let nearest = 0;
  for (let i = 1; i < vol.length; i++) if (Math.abs(logMoneyness[i]) < Math.abs(logMoneyness[nearest])) nearest = i;
  uncheckedSviSmile(above, logMoneyness[nearest], scratch);
  const ratio = Math.max((vol[nearest] * vol[nearest] * expiryYears) / scratch[0], 1.0001);
  const point = sviToCoordinates(above);
  point[0] *= ratio;
  point[1] *= Math.sqrt(ratio);
  point[2] *= Math.sqrt(ratio);
  return point;
}

// An unconstrained fit far from the constraint may lie in another valley: the starts compete on a sample of the quotes.
function constrainFromBestStart(data: SviData, own: Float64Array, cells: readonly SviStart[], neighbour: ConstrainedPoint | null, constraint: SviConstraint, maxIterations: number): ConstrainedPoint {
  const floor = constraint.lower[0] * SAFE_FLOOR;
  const starts = [own.map((value, j) => (j === 0 ? Math.max(value, floor) : value))];
  for (const { minimum, leftSlope, rightSlope, m, sigma } of cells) {
    if (starts.length > 2) break;
    const point = Float64Array.of(Math.max(minimum, floor), Math.sqrt(leftSlope), Math.sqrt(rightSlope), m, sigma);
    if (isSviButterflyFree(sviFromCoordinates(point))) starts.push(point);
  }
  const sample = sviSample(data);
  let best: ConstrainedPoint | null = null;
  let iterations = 0;
  let evaluations = 0;
  for (const start of starts.length > 1 ? starts : []) {
    const found = constrainSvi(sample, start, constraint, 15);
    iterations += found.iterations;
    evaluations += found.evaluations;
    if (found.outcome !== 'infeasible' && (best === null || found.cost < best.cost)) best = found;
  }
  const found = constrainSvi(data, best === null ? own : best.point, constraint, maxIterations);
  const isBetter = neighbour !== null && neighbour.outcome !== 'infeasible' && !(found.outcome !== 'infeasible' && found.cost <= neighbour.cost);
  return { ...(isBetter ? neighbour : found), iterations: iterations + found.iterations, evaluations: evaluations + found.evaluations };
}

// Whether there are as many places as parameters; those closer than 1e-9 are one.
function hasEnoughStrikes(logMoneyness: Float64Array): boolean {
  const places: number[] = [];
  for (let i = 0; i < logMoneyness.length && places.length < MIN_QUOTES; i++) {
    const place = Math.round(logMoneyness[i] * 1e9);
    if (!places.includes(place)) places.push(place);
  }
  return places.length >= MIN_QUOTES;
}

function withoutSlice(status: SviFit['status'], { expiryYears, forward, discount }: SmileQuotes, usedQuotes: number): SviFit {
  return Object.freeze({ status, smile: null, expiryYears, forward, discount, usedQuotes, ...NO_ERRORS, isButterflyFree: false, constraint: 'none', iterations: 0, evaluations: 0 });
}

function usableQuotes({ expiryYears, logMoneyness, midVol }: SmileQuotes, weights: Float64Array): SviData {
  let count = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] > 0) count++;
  const data = { expiryYears, logMoneyness: new Float64Array(count), vol: new Float64Array(count), weight: new Float64Array(count) };
  for (let i = 0, at = 0; i < weights.length; i++) {
    if (!(weights[i] > 0)) continue;
    data.logMoneyness[at] = logMoneyness[i];
    data.vol[at] = midVol[i];
    data.weight[at++] = weights[i];
  }
  return data;
}

const scratch = new Float64Array(3);
