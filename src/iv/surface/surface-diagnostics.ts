/** How well a surface fits its quotes, and whether it is one that could be traded. */
import { requireKnownKeys, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { ShapeError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import type { SmileQuotes } from '../option.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import type { ArbitrageReport } from './arbitrage-report.ts';
import { surfaceSmile } from './at-expiry.ts';
import type { SurfaceStatus } from './at-expiry.ts';
import { checkArbitrageTask } from './check-arbitrage.ts';
import type { CheckArbitrageOptions } from './check-arbitrage.ts';
import type { IvSurface } from './iv-surface.ts';
import { densityMoments } from './smile-density.ts';

/** Errors of model volatilities, as decimals; NaN where there is nothing to take them of. */
export interface FitErrors {
  /** Quotes with a mid and a model volatility. */
  readonly count: number;
  /** Quotes left out: no mid, or no model volatility. */
  readonly missingCount: number;
  readonly rmseVol: number;
  /** Mean of model minus mid. */
  readonly biasVol: number;
  /** Largest |model - mid|. */
  readonly maxErrorVol: number;
  /** Root mean square of (model - mid) / (ask - bid), over quotes with both and ask > bid. */
  readonly rmseSpreads: number;
  /** Share of quotes with bid <= model <= ask; a missing bid is 0, a missing ask leaves the quote out. */
  readonly insideShare: number;
  /** Quotes that `insideShare` is of. */
  readonly insideCount: number;
}

export interface ExpiryDiagnostics extends FitErrors {
  readonly expiryYears: number;
  /** What the surface's smile at this time rests on. */
  readonly status: SurfaceStatus;
  /** dw/dk ten at-the-money standard deviations below and above the forward; beyond -2 and 2 are arbitrage if they last. */
  readonly leftWingSlope: number;
  readonly rightWingSlope: number;
  /** Integral of the density, 1. */
  readonly densityMass: number;
  /** Mean of the density over the forward, 1: the forward is a martingale. */
  readonly densityMean: number;
}

export interface SurfaceDiagnostics {
  readonly kind: 'surface-diagnostics';
  /** One row per expiry of quotes, in the order given. */
  readonly expiries: readonly ExpiryDiagnostics[];
  /** Over all quotes. */
  readonly overall: FitErrors;
  readonly arbitrage: ArbitrageReport;
}

export interface SurfaceDiagnosticsOptions {
  /** Of `checkArbitrage`. */
  readonly arbitrage?: CheckArbitrageOptions;
}

/**
 * Errors against quotes per expiry and overall, wings, density, and static arbitrage.
 *
 * Quotes are compared at their strikes: where their forward is not the surface's, at another log-moneyness.
 *
 * @param quotes - one entry per expiry, which need not be one of the surface's
 * @throws ShapeError when columns of an entry differ in length
 * @example (await surfaceDiagnostics(surface, quotes)).overall.insideShare
 */
export function surfaceDiagnostics(surface: IvSurface, quotes: readonly SmileQuotes[], options: SurfaceDiagnosticsOptions & DriveOptions = {}): Promise<SurfaceDiagnostics> {
  return driveWith(options, (own) => surfaceDiagnosticsTask(surface, quotes, own));
}

/** {@link surfaceDiagnostics} in one go. */
export function surfaceDiagnosticsSync(surface: IvSurface, quotes: readonly SmileQuotes[], options: SurfaceDiagnosticsOptions & DriveOptions = {}): SurfaceDiagnostics {
  return driveWithSync(options, (own) => surfaceDiagnosticsTask(surface, quotes, own));
}

/** {@link surfaceDiagnostics} as a task. */
export function* surfaceDiagnosticsTask(surface: IvSurface, quotes: readonly SmileQuotes[], options: SurfaceDiagnosticsOptions = {}): Task<SurfaceDiagnostics> {
  const fn = 'surfaceDiagnostics';
  requireKnownKeys(fn, options, ['arbitrage']);
  if (!Array.isArray(quotes)) throw new ShapeError(`${fn}: quotes must be an array, got ${show(quotes)}`);
  const total = new FitSums();
  const expiries: ExpiryDiagnostics[] = [];
  for (const [i, entry] of quotes.entries()) {
    yield { phase: 'quotes', done: i, total: quotes.length };
    const n = entry.logMoneyness.length;
    if ([entry.midVol, entry.bidVol, entry.askVol].some((column) => column.length !== n)) throw new ShapeError(`${fn}: quotes[${i}] must have columns of one length, got ${n}, ${entry.midVol.length}, ${entry.bidVol.length} and ${entry.askVol.length}`);
    const { smile, status, forward } = surfaceSmile(surface, entry.expiryYears);
    const sums = new FitSums();
    const shift = smile === null || forward === entry.forward ? 0 : Math.log(entry.forward / forward);
    const out = new Float64Array(3).fill(NaN);
    for (let j = 0; j < n; j++) {
      if (smile !== null) evaluateSmile(smile, entry.logMoneyness[j] + shift, out);
      const model = Math.sqrt(out[0] / entry.expiryYears);
      sums.add(model, entry.midVol[j], entry.bidVol[j], entry.askVol[j]);
      total.add(model, entry.midVol[j], entry.bidVol[j], entry.askVol[j]);
    }
    const { mass, mean } = smile === null ? { mass: NaN, mean: NaN } : densityMoments(smile);
    const [leftWingSlope, rightWingSlope] = smile === null ? [NaN, NaN] : wingSlopes(smile);
    expiries.push(Object.freeze({ expiryYears: entry.expiryYears, status, ...sums.errors(), leftWingSlope, rightWingSlope, densityMass: mass, densityMean: mean }));
  }
  const arbitrage = yield* checkArbitrageTask(surface, options.arbitrage ?? {});
  const diagnostics: SurfaceDiagnostics = {
    kind: 'surface-diagnostics',
    expiries: Object.freeze(expiries),
    overall: Object.freeze(total.errors()),
    arbitrage,
  };
  return Object.freeze(printable(diagnostics, printDiagnostics));
}

class FitSums {
  count = 0;
  missing = 0;
  square = 0;
  sum = 0;
  max = NaN;
  spreadSquare = 0;
  spreadCount = 0;
  inside = 0;
  insideCount = 0;

  add(model: number, mid: number, bid: number, ask: number): void {
    const error = model - mid;
    if (error !== error) {
      this.missing++;
      return;
    }
    this.count++;
    this.square += error * error;
    this.sum += error;
    if (!(Math.abs(error) <= this.max)) this.max = Math.abs(error);
    if (ask > bid) {
      this.spreadCount++;
      this.spreadSquare += (error / (ask - bid)) * (error / (ask - bid));
    }
    if (ask === ask) {
      this.insideCount++;
      if (model <= ask && !(model < bid)) this.inside++;
    }
  }

  errors(): FitErrors {
    return {
      count: this.count,
      missingCount: this.missing,
      rmseVol: Math.sqrt(this.square / this.count),
      biasVol: this.sum / this.count,
      maxErrorVol: this.max,
      rmseSpreads: Math.sqrt(this.spreadSquare / this.spreadCount),
      insideShare: this.inside / this.insideCount,
      insideCount: this.insideCount,
    };
  }
}

function wingSlopes(smile: Smile): readonly [number, number] {
  const out = new Float64Array(3);
  evaluateSmile(smile, 0, out);
  const reach = 10 * Math.sqrt(out[0]);
  evaluateSmile(smile, -reach, out);
  const left = out[1];
  evaluateSmile(smile, reach, out);
  return [left, out[1]];
}

function printDiagnostics({ expiries, overall, arbitrage }: SurfaceDiagnostics): string {
  const row = (label: string | number, e: FitErrors & Partial<ExpiryDiagnostics>): Record<string, unknown> => ({
    expiryYears: label,
    quotes: e.count,
    missing: e.missingCount,
    'rmse bp': 1e4 * e.rmseVol,
    'bias bp': 1e4 * e.biasVol,
    'max bp': 1e4 * e.maxErrorVol,
    'rmse spreads': e.rmseSpreads,
    'inside %': 100 * e.insideShare,
    'left wing': e.leftWingSlope,
    'right wing': e.rightWingSlope,
    mass: e.densityMass,
    mean: e.densityMean,
    status: e.status,
  });
  const rows = [...expiries.map((e) => row(Number(e.expiryYears.toPrecision(4)), e)), row('all', overall)];
  return `Surface against ${overall.count} quotes of ${expiries.length} expiries (volatility errors in hundredths of a point)\n${textTable(rows)}\n${arbitrageLine(arbitrage)}`;
}

function arbitrageLine({ isArbitrageFree, counts }: ArbitrageReport): string {
  if (isArbitrageFree) return 'No static arbitrage';
  return `Arbitrage: ${Object.entries(counts).filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}
