/** A surface of raw SVI slices without static arbitrage, slice by slice from the first expiry. */
import { requireInteger, requireKnownKeys, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { ShapeError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import type { LeastSquaresSolver } from '../../core/levenberg-marquardt.ts';
import { quantile } from '../../core/stats.ts';
import type { SmileQuotes } from '../option.ts';
import { NO_ERRORS } from '../slices/slice-errors.ts';
import { sliceWeights } from '../slices/slice-weights.ts';
import { fitSvi } from '../slices/svi-fit.ts';
import type { SviFit } from '../slices/svi-fit.ts';
import type { SviSmile } from '../slices/svi.ts';
import type { IvSurface, IvSurfaceOptions } from './iv-surface.ts';
import { surfaceFromFits } from './surface-from-fits.ts';

export interface SviSurfaceOptions extends IvSurfaceOptions {
  /** What a quote counts; `vega` measures errors in price, which keeps the fit closer at the money and further off in the wings. @default 'spread' */
  readonly weights?: 'spread' | 'vega' | 'uniform';
  /**
   * Weighted residuals beyond this count ever less (Cauchy loss), which keeps more quotes inside bid and ask than least squares does.
   * @default the median weighted half spread of each expiry, 1 with `spread` weights; Infinity without bids and asks
   */
  readonly lossScale?: number;
  /** Expiries with fewer usable quotes are left to interpolation. @default 5 */
  readonly minQuotes?: number;
  /** Of the fits. @default levenbergMarquardt */
  readonly solver?: LeastSquaresSolver;
  /** Of each search of a fit. @default 500 */
  readonly maxIterations?: number;
}

/** What became of one expiry. Where it is not in the surface, its smile and errors are null and the surface goes between its neighbours. */
export interface SviSurfaceSlice extends Omit<SviFit, 'status'> {
  /**
   * Of the fit, `too-few-quotes` also for fewer than `minQuotes`; or `duplicate-expiry`: another expiry of the same time has more quotes; or
   * `bad-forward`: forward or discount is not a positive number.
   */
  readonly status: SviFit['status'] | 'duplicate-expiry' | 'bad-forward';
}

export interface SviSurface {
  readonly kind: 'svi-surface';
  /** `ok`: every expiry has a slice; `partial`: some were left out, see `slices`; `empty`: none could be fitted. */
  readonly status: 'ok' | 'partial' | 'empty';
  /** Null when empty. */
  readonly surface: IvSurface | null;
  /** One per expiry given, by time. */
  readonly slices: readonly SviSurfaceSlice[];
}

const OPTION_KEYS = ['weights', 'lossScale', 'minQuotes', 'solver', 'maxIterations', 'interpolation', 'extrapolation', 'spot', 'asOf'];

/**
 * Fits a raw SVI slice to every expiry, none with a butterfly and none below the one before, and makes a surface of them.
 *
 * Each slice is fitted under Durrleman's g >= 0 on the whole line and above the slice of the expiry before at every log-moneyness, both
 * checked exactly; so the slices have no static arbitrage, and total variance between them no calendar arbitrage. An expiry without enough
 * quotes, or with quotes that no slice above its predecessor can follow, is left out with its status: the surface interpolates there.
 * Interpolation is in prices by default, which keeps butterflies out between expiries too.
 *
 * @param quotes - one entry per expiry, in any order, such as the `smiles` of `chainToSmiles`
 * @throws ShapeError when columns differ in length, DomainError for options out of range
 * @see Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", sections 5.2 and 5.3
 * @example
 * const { surface, slices } = await buildSviSurface(chainToSmiles(chain).smiles);
 */
export function buildSviSurface(quotes: readonly SmileQuotes[], options: SviSurfaceOptions & DriveOptions = {}): Promise<SviSurface> {
  return driveWith(options, (own) => buildSviSurfaceTask(quotes, own));
}

/** {@link buildSviSurface} in one go. */
export function buildSviSurfaceSync(quotes: readonly SmileQuotes[], options: SviSurfaceOptions & DriveOptions = {}): SviSurface {
  return driveWithSync(options, (own) => buildSviSurfaceTask(quotes, own));
}

/** {@link buildSviSurface} as a task: one step per expiry, 1 to 5 ms. */
export function* buildSviSurfaceTask(quotes: readonly SmileQuotes[], options: SviSurfaceOptions = {}): Task<SviSurface> {
  requireKnownKeys('buildSviSurface', options, OPTION_KEYS);
  if (!Array.isArray(quotes)) throw new ShapeError(`buildSviSurface: quotes must be an array, got ${show(quotes)}`);
  const { weights = 'spread', solver, maxIterations } = options;
  const minQuotes = requireInteger('buildSviSurface', 'minQuotes', options.minQuotes ?? 5, { min: 5 });
  // What is no time comes last: beside it no order of the others would hold.
  const timeOf = ({ expiryYears }: SmileQuotes): number => (expiryYears > 0 ? expiryYears : Infinity);
  const ordered = (quotes as readonly SmileQuotes[]).filter(Boolean).sort((a, b) => timeOf(a) - timeOf(b) || b.midVol.length - a.midVol.length);
  const outcomes: SviSurfaceSlice[] = [];
  let above: SviSmile | undefined;
  let lastYears = NaN;
  for (const expiry of ordered) {
    yield { phase: 'slices', done: outcomes.length, total: ordered.length };
    const { expiryYears, forward, discount } = expiry;
    if (!(forward > 0 && forward < Infinity && discount > 0 && discount < Infinity)) {
      outcomes.push(leftOut('bad-forward', expiry, 0));
      continue;
    }
    if (expiryYears === lastYears) {
      outcomes.push(leftOut('duplicate-expiry', expiry, 0));
      continue;
    }
    const fit = fitSvi(expiry, { weights, lossScale: options.lossScale ?? halfSpread(expiry, weights), arbitrage: 'free', ...(above && { above }), ...(solver && { solver }), ...(maxIterations && { maxIterations }) });
    if (fit.smile === null || fit.status === 'infeasible' || fit.usedQuotes < minQuotes) {
      outcomes.push(leftOut(fit.usedQuotes < minQuotes && fit.status !== 'bad-expiry' ? 'too-few-quotes' : fit.status, expiry, fit.usedQuotes));
      continue;
    }
    lastYears = expiryYears;
    above = fit.smile;
    outcomes.push(fit);
  }
  const { interpolation = 'price', extrapolation, spot, asOf } = options;
  const surface = surfaceFromFits(outcomes, { interpolation, ...(extrapolation && { extrapolation }), spot: spot ?? null, asOf: asOf ?? null });
  const status = surface === null ? 'empty' : surface.slices.length < ordered.length ? 'partial' : 'ok';
  return Object.freeze(printable({ kind: 'svi-surface', status, surface, slices: Object.freeze(outcomes) }, printSviSurface));
}

// The median of half the spreads in weighted residuals.
function halfSpread(quotes: SmileQuotes, weights: 'spread' | 'vega' | 'uniform'): number {
  const factor = sliceWeights(quotes, weights);
  const half = factor.map((f, i) => (f * (quotes.askVol[i] - quotes.bidVol[i])) / 2).filter((value) => value > 0 && value < Infinity);
  return half.length === 0 ? Infinity : quantile(half, 0.5);
}

function leftOut(status: SviSurfaceSlice['status'], { expiryYears, forward, discount }: SmileQuotes, usedQuotes: number): SviSurfaceSlice {
  return Object.freeze({ status, smile: null, expiryYears, forward, discount, usedQuotes, ...NO_ERRORS, isButterflyFree: false, constraint: 'none', iterations: 0, evaluations: 0 });
}

function printSviSurface({ status, slices }: SviSurface): string {
  const rows = slices.map(({ expiryYears, usedQuotes, insideShare, rmseVol, constraint, status: ofSlice }) => ({ expiryYears, usedQuotes, insideShare, rmseVol, constraint, status: ofSlice }));
  return `SVI surface, ${status}: ${slices.filter(({ smile }) => smile !== null).length} of ${slices.length} expiries\n${textTable(rows)}`;
}
