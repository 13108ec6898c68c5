/**
 * The non-parametric surface: a price spline per expiry through the bid and ask of real quotes, free of butterfly and calendar arbitrage by construction.
 *
 * Expiries are fitted from short to long, each above the one before; the asks of later expiries bound the earlier ones where they are not quoted themselves.
 */
import { requireKnownKeys, requireNumber, requireSameLength, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import { risingMeans } from '../../core/pava.ts';
import type { SmileQuotes } from '../option.ts';
import { boundByAsks } from './ask-bounds.ts';
import { solveSlice } from './fit-price-slice.ts';
import { nodeGrid } from './node-grid.ts';
import type { NodeGrid } from './node-grid.ts';
import { nodeOptionValue } from './price-spline-calendar.ts';
import { uncheckedPriceSplineSmile } from './price-spline.ts';
import type { PriceSplineSmile } from './price-spline.ts';
import { usableQuotes } from './usable-quotes.ts';
import type { UsableQuotes } from './usable-quotes.ts';

export interface PriceSurfaceOptions {
  /**
   * Weight of the roughness of the log density (squared second differences at neighbouring nodes) against a quote's distance outside its spread, in
   * half spreads. Larger is smoother and leaves more quotes outside. @default 3
   */
  readonly roughnessWeight?: number;
  /** Standard deviation of the lognormal factor over that of the smile at the money, in [0.08, 0.6]: the finest detail of the density. @default 0.15 */
  readonly kernelShare?: number;
  /** No quote is trusted to less than this on either side of its mid, in vols per year. @default 1e-4 */
  readonly minHalfSpread?: number;
}

/**
 * What became of an expiry: `ok`; `not-converged` when the program was not finished (the smile is free of arbitrage all the same); without a smile:
 * `too-few-quotes` (below three with a mid), `bad-expiry` (not positive and finite), `bad-level` (total volatility at the money outside [1e-4, 4]).
 */
export type PriceSliceStatus = 'ok' | 'not-converged' | 'too-few-quotes' | 'bad-expiry' | 'bad-level';

export interface PriceSliceFit {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  readonly status: PriceSliceStatus;
  /** Null unless the status is `ok` or `not-converged`. */
  readonly smile: PriceSplineSmile | null;
  /** Quotes that say something: a mid, a bid or an ask above 0, not crossed. */
  readonly usedQuotes: number;
  /** Share of the used quotes with a bid or an ask whose volatility the smile has at or between them; null where there are none. */
  readonly insideShare: number | null;
  /** Root mean square of model minus mid, in vols per year; null without mids. */
  readonly rmseVol: number | null;
  /** Largest distance outside bid and ask, in half spreads; 0 when all are inside. */
  readonly worstExcess: number;
  /** The smile's vol at each quote, shape of the quotes given; NaN where not used. */
  readonly modelVol: Float64Array;
  readonly iterations: number;
}

export interface PriceSurfaceFit {
  readonly kind: 'price-surface-fit';
  /** In the order given. */
  readonly slices: readonly PriceSliceFit[];
  /** Over all slices with a smile; null where none has bids or asks. */
  readonly insideShare: number | null;
}

const MIN_QUOTES = 3;
const MIN_LEVEL = 1e-4;
const MAX_LEVEL = 4;
const SPACING = 1.5; // kernel deviations between nodes: the density of equal nodes ripples by 3e-4
const MIN_SPAN = 15; // deviations at the money that the nodes cover on either side
const MAX_SPAN = 40;
const SPAN_BEYOND = 2; // deviations that the nodes go on beyond the outermost quote
const MAX_NODES = 600;

/**
 * Fits price splines to the quotes of any number of expiries, as a task to drive or `yield*`.
 *
 * Expiries may come in any order and quotes unsorted. Quotes that say nothing are left out, expiries with too few get a status and no smile; nothing
 * throws for what quotes contain.
 *
 * @throws ShapeError for columns of different lengths, DomainError for options out of range and columns that are not Float64Arrays
 */
export function* fitPriceSurfaceTask(quotes: readonly SmileQuotes[], options: PriceSurfaceOptions = {}): Task<PriceSurfaceFit> {
  const fn = 'fitPriceSurface';
  requireKnownKeys(fn, options, ['roughnessWeight', 'kernelShare', 'minHalfSpread']);
  const roughnessWeight = requireNumber(fn, 'roughnessWeight', options.roughnessWeight ?? 3, { min: 1e-6, max: 1e6 });
  const kernelShare = requireNumber(fn, 'kernelShare', options.kernelShare ?? 0.15, { min: 0.08, max: 0.6 });
  const minHalfSpread = requireNumber(fn, 'minHalfSpread', options.minHalfSpread ?? 1e-4, { min: 1e-8, max: 1 });
  requireQuotes(fn, quotes);

  const usable = quotes.map((slice) => (slice.expiryYears > 0 && slice.expiryYears < Infinity ? usableQuotes(slice, minHalfSpread) : undefined));
  const order = quotes.map((_, i) => i).filter((i) => statusBefore(usable[i]) === undefined).sort((a, b) => quotes[a].expiryYears - quotes[b].expiryYears || a - b);
  // The kernel must not narrow with expiry.
  const levels = risingMeans(order.map((i) => Math.log(usable[i]!.level)), order.map(() => 1)).map(Math.exp);
  const fits: (PriceSliceFit | undefined)[] = quotes.map((slice, i) => {
    const status = statusBefore(usable[i]);
    return status === undefined ? undefined : described(slice, usable[i], status, null, 0);
  });
  let before: PriceSplineSmile | undefined;
  let from = 0;
  let to = 0;
  const phase = 'fitPriceSurface';
  for (let place = 0; place < order.length; place++) {
    yield { phase, done: place, total: order.length };
    const i = order[place];
    const own = usable[i]!;
    const level = levels[place];
    const count = own.logMoneyness.length;
    from = Math.min(from, -MIN_SPAN * level, Math.max(own.logMoneyness[0] - SPAN_BEYOND * level, -MAX_SPAN * level));
    to = Math.max(to, MIN_SPAN * level, Math.min(own.logMoneyness[count - 1] + SPAN_BEYOND * level, MAX_SPAN * level));
    const kernelVariance = kernelShare * level * (kernelShare * level);
    const grid = nodeGrid(Math.max(SPACING * kernelShare * level, (to - from) / MAX_NODES), from, to);
    // The nodes reach a fraction of a spacing further than asked; the next expiry's have to reach at least as far.
    from = grid.logMoneyness[0];
    to = grid.logMoneyness[grid.logMoneyness.length - 1];
    const floor = before === undefined ? undefined : Float64Array.from(grid.moneyness, (x) => nodeOptionValue(before!.moneyness, before!.probability, x));
    const cap = new Float64Array(grid.moneyness.length).fill(Infinity);
    for (let later = place + 1; later < order.length; later++) boundByAsks(grid.logMoneyness, grid.moneyness, usable[order[later]]!, cap);
    const solution = solveSlice({ grid, kernelVariance, quotes: own, floor, floorProbability: before === undefined ? undefined : carried(before, grid), cap, roughnessWeight });
    const smile: PriceSplineSmile = Object.freeze({ kind: 'price-spline', kernelVariance, moneyness: grid.moneyness, probability: solution.probability });
    before = smile;
    fits[i] = described(quotes[i], own, solution.status === 'solved' ? 'ok' : 'not-converged', smile, solution.iterations);
  }
  yield { phase, done: order.length, total: order.length };
  let inside = 0;
  let counted = 0;
  for (const fit of fits as PriceSliceFit[]) {
    if (fit.insideShare === null || fit.smile === null) continue;
    inside += fit.insideShare * fit.usedQuotes;
    counted += fit.usedQuotes;
  }
  const surface: PriceSurfaceFit = { kind: 'price-surface-fit', slices: Object.freeze(fits as PriceSliceFit[]), insideShare: counted === 0 ? null : inside / counted };
  return Object.freeze(printable(surface, printed));
}

/** Runs {@link fitPriceSurfaceTask} without blocking the host. */
export function fitPriceSurface(quotes: readonly SmileQuotes[], options: PriceSurfaceOptions & DriveOptions = {}): Promise<PriceSurfaceFit> {
  return driveWith(options, (own) => fitPriceSurfaceTask(quotes, own));
}

/** Runs {@link fitPriceSurfaceTask} in one go. */
export function fitPriceSurfaceSync(quotes: readonly SmileQuotes[], options: PriceSurfaceOptions & DriveOptions = {}): PriceSurfaceFit {
  return driveWithSync(options, (own) => fitPriceSurfaceTask(quotes, own));
}

function requireQuotes(fn: string, quotes: readonly SmileQuotes[]): void {
  if (!Array.isArray(quotes)) throw new DomainError(`${fn}: quotes must be an array of SmileQuotes, got ${show(quotes)}`);
  quotes.forEach((slice: SmileQuotes | null, i) => {
    const columns = { logMoneyness: slice?.logMoneyness, midVol: slice?.midVol, bidVol: slice?.bidVol, askVol: slice?.askVol };
    for (const [name, column] of Object.entries(columns)) {
      if (!(column instanceof Float64Array)) throw new DomainError(`${fn}: quotes[${i}].${name} must be a Float64Array, got ${show(column)}`);
    }
    requireSameLength(`${fn}: quotes[${i}]`, columns as Record<string, Float64Array>);
  });
}

function statusBefore(quotes: UsableQuotes | undefined): PriceSliceStatus | undefined {
  if (quotes === undefined) return 'bad-expiry';
  if (quotes.twoSided < MIN_QUOTES) return 'too-few-quotes';
  return quotes.level >= MIN_LEVEL && quotes.level <= MAX_LEVEL ? undefined : 'bad-level';
}

// Probabilities of a smile on another grid, by its log density between nodes and as small as its outermost beyond.
function carried(smile: PriceSplineSmile, grid: NodeGrid): Float64Array {
  const { moneyness, probability } = smile;
  const last = moneyness.length - 1;
  const first = Math.log(moneyness[0]);
  const spacing = (Math.log(moneyness[last]) - first) / last;
  const ratio = grid.spacing / spacing;
  return grid.logMoneyness.map((k) => {
    const place = Math.min(last, Math.max(0, (k - first) / spacing));
    const j = Math.min(last - 1, Math.floor(place));
    const share = place - j;
    const near = Math.max(probability[j], 1e-290);
    const far = Math.max(probability[j + 1], 1e-290);
    return ratio * Math.exp((1 - share) * Math.log(near) + share * Math.log(far));
  });
}

function described(slice: SmileQuotes, quotes: UsableQuotes | undefined, status: PriceSliceStatus, smile: PriceSplineSmile | null, iterations: number): PriceSliceFit {
  const { expiryYears, forward, discount, midVol, bidVol, askVol } = slice;
  const modelVol = new Float64Array(slice.logMoneyness.length).fill(NaN);
  const point = new Float64Array(3);
  let inside = 0;
  let sided = 0;
  let squares = 0;
  let mids = 0;
  let worstExcess = 0;
  for (let q = 0; q < (quotes?.row.length ?? 0) && smile !== null; q++) {
    const i = quotes!.row[q];
    uncheckedPriceSplineSmile(smile, slice.logMoneyness[i], point);
    const vol = Math.sqrt(point[0] / expiryYears);
    modelVol[i] = vol;
    if (midVol[i] > 0) {
      squares += (vol - midVol[i]) * (vol - midVol[i]);
      mids++;
    }
    const above = askVol[i] > 0 ? vol - askVol[i] : NaN;
    const below = bidVol[i] > 0 ? bidVol[i] - vol : NaN;
    if (above !== above && below !== below) continue;
    sided++;
    const excess = Math.max(above > 0 ? above : 0, below > 0 ? below : 0);
    if (excess === 0) inside++;
    else worstExcess = Math.max(worstExcess, (excess * Math.sqrt(expiryYears)) / quotes!.halfTotalVol[q]);
  }
  const fit: PriceSliceFit = {
    expiryYears, forward, discount, status, smile, usedQuotes: quotes?.row.length ?? 0, insideShare: sided === 0 ? null : inside / sided,
    rmseVol: mids === 0 ? null : Math.sqrt(squares / mids), worstExcess, modelVol, iterations,
  };
  return Object.freeze(fit);
}

function printed(fit: PriceSurfaceFit): string {
  return textTable(fit.slices.map(({ expiryYears, status, usedQuotes, insideShare, rmseVol }) => ({ expiryYears, status, usedQuotes, insideShare, rmseVol })));
}
