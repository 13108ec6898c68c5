/** An eSSVI surface fitted to the quotes of all expiries, without butterfly and calendar arbitrage. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { printable } from '../../core/inspect.ts';
import { risingMeans } from '../../core/pava.ts';
import type { SmileQuotes } from '../option.ts';
import { essviFromWings, leftSlope, projectWings, rightSlope } from './essvi-conditions.ts';
import { interpolateEssvi } from './essvi-interpolation.ts';
import { refineEssvi, type EssviPrior, type EssviRefinement } from './essvi-refine.ts';
import { fitOneEssvi, sliceCost, type WeightedQuotes } from './essvi-residuals.ts';
import type { EssviSlice } from './essvi.ts';
import { distinctExpiries, printSlices, sliceFit, usableQuotes, type EssviSliceFit, type SurfaceWeights } from './essvi-slice-fit.ts';

export interface EssviFitOptions {
  /**
   * What a volatility residual is multiplied by: the inverse half spread, vega, 1, or own numbers (one array per expiry, 0 leaves a quote
   * out); see {@link sliceWeights}. @default 'spread'
   */
  readonly weights?: SurfaceWeights;
  /** Usable quotes an expiry needs to have a shape of its own, >= 3. @default 5 */
  readonly minQuotes?: number;
  /** Steps of the joint refinement. @default 500 */
  readonly maxIterations?: number;
  /** Share of the cost within which the joint refinement must come to the optimum. @default 1e-6 */
  readonly tolerance?: number;
}

export interface EssviFit {
  readonly kind: 'essvi-fit';
  /** One per element of `quotes`, in its order. */
  readonly slices: readonly EssviSliceFit[];
  /** Half the sum of squared weighted residuals. */
  readonly cost: number;
  /** The same of slices fitted one by one, arbitrage or not: what freedom from arbitrage costs. */
  readonly unconstrainedCost: number;
  readonly iterations: number;
  /** `no-quotes`: nothing could be fitted. */
  readonly reason: 'converged' | 'max-iterations' | 'no-quotes';
  readonly converged: boolean;
}

const KEYS = ['weights', 'minQuotes', 'maxIterations', 'tolerance'];

/**
 * Fits theta, rho and psi of every expiry to mid volatilities, free of arbitrage by {@link essviButterflyMargins} and
 * {@link essviCalendarMargins} for all strikes.
 *
 * Each expiry is fitted on its own, the results are made monotone by isotonic regression and moved inside the conditions, and all expiries
 * are then refined together by an interior-point method. No order of expiries is favoured, as it is where slices are calibrated one after
 * the other within bounds from the one before. Expiries with few quotes get their shape by {@link interpolateEssvi}: no total variance is
 * carried from one time to another unscaled.
 *
 * @param quotes - one per expiry, in any order; NaN and non-positive volatilities are skipped
 * @throws ShapeError for columns of different lengths, DomainError for options out of range
 * @see Corbetta, Cohort, Laachir and Martini (2019), "Robust calibration and arbitrage-free interpolation of SSVI slices"; Mingone (2022),
 * "No arbitrage global parametrization for the eSSVI volatility surface"
 * @example fitEssvi(smileQuotes).slices[0].smile
 */
export function fitEssvi(quotes: readonly SmileQuotes[], options: EssviFitOptions = {}): EssviFit {
  const fn = 'fitEssvi';
  requireKnownKeys(fn, options, KEYS);
  const { weights = 'spread' } = options;
  const minQuotes = requireInteger(fn, 'minQuotes', options.minQuotes ?? 5, { min: 3 });
  const maxIterations = requireInteger(fn, 'maxIterations', options.maxIterations ?? 500, { min: 1 });
  const tolerance = requireNumber(fn, 'tolerance', options.tolerance ?? 1e-6, { min: 1e-12, max: 0.1 });
  const usable = usableQuotes(fn, quotes, weights);
  const { chosen, statusOf } = distinctExpiries(usable);
  const slices = chosen.map((i) => usable[i]);
  const found = fitAll(slices, minQuotes, maxIterations, tolerance);
  const fits = quotes.map((slice, i): EssviSliceFit => {
    const place = chosen.indexOf(i);
    if (place < 0) return sliceFit(slice, usable[i], statusOf(i), null);
    if (found === null) return sliceFit(slice, usable[i], 'no-shape', null);
    const used = usable[i].vol.length;
    return sliceFit(slice, usable[i], used >= minQuotes ? 'ok' : used > 0 ? 'level' : 'interpolated', sliceAt(found.refinement.x, place));
  });
  const none = { cost: 0, unconstrainedCost: 0, iterations: 0, reason: 'no-quotes' as const, converged: false };
  const fit: EssviFit = { kind: 'essvi-fit', slices: Object.freeze(fits), ...(found === null ? none : summary(found)) };
  return Object.freeze(printable(fit, printSlices));
}

function summary({ refinement: { iterations, isConverged }, cost, unconstrainedCost }: FittedLogs): Omit<EssviFit, 'kind' | 'slices'> {
  return { cost, unconstrainedCost, iterations, reason: isConverged ? 'converged' : 'max-iterations', converged: isConverged };
}

interface FittedLogs {
  readonly refinement: EssviRefinement;
  readonly cost: number;
  readonly unconstrainedCost: number;
}

function fitAll(slices: readonly WeightedQuotes[], minQuotes: number, maxIterations: number, tolerance: number): FittedLogs | null {
  const shaped = slices.filter((slice) => slice.vol.length >= minQuotes);
  if (shaped.length === 0) return null;
  const alone = shaped.map(fitOneEssvi);
  let unconstrainedCost = 0;
  let count = 0;
  shaped.forEach((slice, i) => {
    unconstrainedCost += sliceCost(slice, alone[i], 0, null);
    count += slice.vol.length;
  });
  const counts = shaped.map((slice) => slice.vol.length);
  const pooled = (a: number): Float64Array => risingMeans(alone.map((x) => (a === 0 ? x[0] : Math.log(x[a]))), counts).map(Math.exp);
  const shapes = project(pooled(0), pooled(1), pooled(2));
  const term = { expiryYears: shaped.map((slice) => slice.expiryYears), slices: shapes };

  // Shapes of expiries with few quotes come from their neighbours; a prior holds them, a quote of typical error being worth a tenth.
  const all = slices.map((slice) => interpolateEssvi(term, slice.expiryYears));
  const inside = project(Float64Array.from(all, (slice) => slice.theta), Float64Array.from(all, leftSlope), Float64Array.from(all, rightSlope));
  const start = Float64Array.from(inside.flatMap((slice) => [Math.log(slice.theta), leftSlope(slice), rightSlope(slice)]));
  const prior: EssviPrior = { target: start.slice(), factor: new Float64Array(start.length) };
  const typical = Math.sqrt((2 * unconstrainedCost) / count);
  slices.forEach((slice, i) => {
    if (slice.vol.length >= minQuotes) return;
    const strength = 10 * Math.max(typical, 1e-3 * weightedVol(slice, shaped[0]));
    for (const j of [3 * i + 1, 3 * i + 2]) prior.factor[j] = strength / start[j];
    if (slice.vol.length === 0) prior.factor[3 * i] = strength;
  });
  const refinement = refineEssvi(slices, start, prior, { maxIterations, tolerance });
  let cost = 0;
  slices.forEach((slice, i) => {
    cost += sliceCost(slice, refinement.x, 3 * i, null);
  });
  return { refinement, cost, unconstrainedCost };
}

// The unit of residuals: a volatility times its weight.
function weightedVol(slice: WeightedQuotes, other: WeightedQuotes): number {
  const { vol, factor } = slice.vol.length > 0 ? slice : other;
  let sum = 0;
  for (let i = 0; i < vol.length; i++) sum += vol[i] * factor[i];
  return sum / vol.length;
}

// Far enough inside the conditions for an interior-point method to start from.
function project(theta: Float64Array, left: Float64Array, right: Float64Array): EssviSlice[] {
  projectWings(theta, left, right, Math.min(0.01, 1 / theta.length));
  return Array.from(theta, (value, i) => essviFromWings(value, left[i], right[i]));
}

function sliceAt(x: Float64Array, i: number): EssviSlice {
  return essviFromWings(Math.exp(x[3 * i]), x[3 * i + 1], x[3 * i + 2]);
}
