/** A surface of raw SVI slices without static arbitrage, slice by slice from the first expiry. */
import { requireInteger, requireKnownKeys, show } from '../../core/assert.ts';
import { drive, driveSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { ShapeError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import type { LeastSquaresSolver } from '../../core/levenberg-marquardt.ts';
import { quantile } from '../../core/stats.ts';
import type { SmileQuotes } from '../option.ts';
import { sliceWeights } from '../slices/slice-weights.ts';
import { fitSvi } from '../slices/svi-fit.ts';
import type { SviFit } from '../slices/svi-fit.ts';
import type { SviSmile } from '../slices/svi.ts';
import { ivSurface } from './iv-surface.ts';
import type { IvSurface, IvSurfaceOptions, SurfaceSlice } from './iv-surface.ts';

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
  /** Of the solver, per fit. @default 100 */
  readonly maxIterations?: number;
}

/** What became of one expiry. */
export interface SviSurfaceSlice {
  /**
   * Of the fit; or `interpolated`: too few usable quotes, the surface goes between its neighbours in total variance, which scales with time;
   * or `duplicate-expiry`: another expiry of the same time has more quotes; or `bad-forward`: forward or discount is not a positive number.
   */
  readonly status: SviFit['status'] | 'interpolated' | 'duplicate-expiry' | 'bad-forward';
  readonly expiryYears: number;
  readonly quoteCount: number;
  /** Root mean square of model minus mid volatility; null without a slice. */
  readonly rmse: number | null;
  readonly weightedRmse: number | null;
  /** Share of quotes with bid and ask whose model volatility lies within; null without. */
  readonly insideShare: number | null;
  readonly constraint: SviFit['constraint'];
  /** In the surface; null where it is not. */
  readonly smile: SviSmile | null;
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
export function buildSviSurface(quotes: readonly SmileQuotes[], options: SviSurfaceOptions = {}, driveOptions: DriveOptions = {}): Promise<SviSurface> {
  return drive(buildSviSurfaceTask(quotes, options), driveOptions);
}

/** {@link buildSviSurface} in one go. */
export function buildSviSurfaceSync(quotes: readonly SmileQuotes[], options: SviSurfaceOptions = {}, driveOptions: DriveOptions = {}): SviSurface {
  return driveSync(buildSviSurfaceTask(quotes, options), driveOptions);
}

/** {@link buildSviSurface} as a task: one step per expiry, 1 to 5 ms. */
export function* buildSviSurfaceTask(quotes: readonly SmileQuotes[], options: SviSurfaceOptions = {}): Task<SviSurface> {
  requireKnownKeys('buildSviSurface', options, OPTION_KEYS);
  if (!Array.isArray(quotes)) throw new ShapeError(`buildSviSurface: quotes must be an array, got ${show(quotes)}`);
  const { weights = 'spread', solver, maxIterations } = options;
  const minQuotes = requireInteger('buildSviSurface', 'minQuotes', options.minQuotes ?? 5, { min: 5 });
  const ordered = (quotes as readonly SmileQuotes[]).filter(Boolean).sort((a, b) => a.expiryYears - b.expiryYears || b.midVol.length - a.midVol.length);
  const outcomes: SviSurfaceSlice[] = [];
  const slices: SurfaceSlice[] = [];
  let above: SviSmile | undefined;
  let lastYears = NaN;
  for (const expiry of ordered) {
    yield { phase: 'slices', done: outcomes.length, total: ordered.length };
    const { expiryYears, forward, discount } = expiry;
    if (!(forward > 0 && forward < Infinity && discount > 0 && discount < Infinity)) {
      outcomes.push(leftOut('bad-forward', expiry));
      continue;
    }
    if (expiryYears === lastYears) {
      outcomes.push(leftOut('duplicate-expiry', expiry));
      continue;
    }
    const fit = fitSvi(expiry, { weights, lossScale: options.lossScale ?? halfSpread(expiry, weights), arbitrage: 'free', ...(above && { above }), ...(solver && { solver }), ...(maxIterations && { maxIterations }) });
    if (fit.smile === null || fit.status === 'infeasible' || fit.quoteCount < minQuotes) {
      outcomes.push(leftOut(fit.status === 'bad-expiry' || fit.status === 'infeasible' ? fit.status : 'interpolated', expiry));
      continue;
    }
    lastYears = expiryYears;
    above = fit.smile;
    slices.push({ expiryYears, forward, discount, smile: above });
    const { status, quoteCount, rmse, weightedRmse, insideShare, constraint } = fit;
    outcomes.push(Object.freeze({ status, expiryYears, quoteCount, rmse, weightedRmse, insideShare, constraint, smile: above }));
  }
  const { interpolation = 'price', extrapolation, spot, asOf } = options;
  const surface = slices.length === 0 ? null : ivSurface(slices, { interpolation, ...(extrapolation && { extrapolation }), spot: spot ?? null, asOf: asOf ?? null });
  const status = surface === null ? 'empty' : slices.length < ordered.length ? 'partial' : 'ok';
  return Object.freeze(printable({ kind: 'svi-surface', status, surface, slices: Object.freeze(outcomes) }, printSviSurface));
}

// The median of half the spreads in weighted residuals.
function halfSpread(quotes: SmileQuotes, weights: 'spread' | 'vega' | 'uniform'): number {
  const factor = sliceWeights(quotes, weights);
  const half = factor.map((f, i) => (f * (quotes.askVol[i] - quotes.bidVol[i])) / 2).filter((value) => value > 0 && value < Infinity);
  return half.length === 0 ? Infinity : quantile(half, 0.5);
}

function leftOut(status: SviSurfaceSlice['status'], { expiryYears, midVol }: SmileQuotes): SviSurfaceSlice {
  return Object.freeze({ status, expiryYears, quoteCount: midVol.length, rmse: null, weightedRmse: null, insideShare: null, constraint: 'none', smile: null });
}

function printSviSurface({ status, slices }: SviSurface): string {
  const rows = slices.map(({ expiryYears, quoteCount, insideShare, rmse, constraint, status: ofSlice }) => ({ expiryYears, quotes: quoteCount, inside: insideShare, rmse, constraint, status: ofSlice }));
  return `SVI surface, ${status}: ${slices.filter(({ smile }) => smile !== null).length} of ${slices.length} expiries\n${textTable(rows)}`;
}
