/** What a calibration answers. */
import { printable, textTable } from '../../core/inspect.ts';
import { HESTON_QUOTE_STATUS } from './calibration-quotes.ts';

/**
 * `converged`: the objective can fall no further by more than rounding or 1e-10 of it; `max-iterations`: it still fell; `stalled`: no step lowered
 * it although its gradient is not zero; `too-few-quotes`: fewer usable quotes than free parameters; `no-finite-start`: no start at which every
 * quote has a price.
 */
export type CalibrationStatus = 'converged' | 'max-iterations' | 'stalled' | 'too-few-quotes' | 'no-finite-start';

/**
 * `ill-conditioned`: a combination of parameters can move almost without a trace (condition number above 100), often mean reversion against
 * vol of variance; `at-bound`: a parameter lies on a bound; `feller-violated`: the variance reaches zero; `starts-disagree`: another start ended
 * elsewhere, more than 1e-6 worse (1e-3 on a sample); `missing-quotes`, `unpriced-quotes`: some were left out of the numbers; `pricing-error`: the estimated error
 * of prices is not small beside the residuals.
 */
export type CalibrationWarning = 'ill-conditioned' | 'at-bound' | 'feller-violated' | 'starts-disagree' | 'missing-quotes' | 'unpriced-quotes' | 'pricing-error';

/** One run of the solver. */
export interface CalibrationStart<P> {
  readonly origin: 'given' | 'quotes';
  readonly start: P;
  /** Where the run ended; null when the start has no finite residuals. */
  readonly found: P | null;
  /** Sum of squared weighted residuals of this run, over all quotes or a sample of them; null likewise. */
  readonly objective: number | null;
  readonly reason: 'converged' | 'max-iterations' | 'stalled' | 'no-finite-start';
  readonly iterations: number;
  /** Evaluations of all prices, most with their derivatives. */
  readonly evaluations: number;
}

/** Quotes in columns, shape (n), in the order given. */
export interface CalibrationTable {
  readonly expiryYears: Float64Array;
  readonly logMoneyness: Float64Array;
  readonly strike: Float64Array;
  readonly marketVol: Float64Array;
  /** NaN unless the status is `used`. */
  readonly modelVol: Float64Array;
  /** Model minus market in volatility; NaN likewise. */
  readonly volError: Float64Array;
  /** The weighted residual that was squared; NaN unless the quote was fitted. */
  readonly residual: Float64Array;
  /** Positions in `HESTON_QUOTE_STATUS`. */
  readonly status: Uint8Array;
}

/** Plain data that prints as a summary; {@link calibrationRows} makes rows of its quotes. */
export interface ModelCalibration<P> {
  readonly status: CalibrationStatus;
  /** Null for `too-few-quotes` and `no-finite-start`. */
  readonly parameters: P | null;
  /** Standard errors in the parameters' own units; null for what is fixed, on a bound, or not determined by the quotes. */
  readonly standardErrors: Readonly<Record<keyof P, number | null>> | null;
  /** Correlations of the estimates, rows and columns in the order of the parameters, null likewise. */
  readonly estimateCorrelation: readonly (readonly (number | null)[])[] | null;
  /** Largest over smallest singular value of the Jacobian in logarithms (atanh for correlation), columns scaled to one length. */
  readonly conditionNumber: number | null;
  /** The change of coordinates that the quotes show least; relative changes for all but correlation and mean jump. */
  readonly weakestDirection: Readonly<Record<string, number>> | null;
  /** Sum of squared weighted residuals, without a penalty. */
  readonly objective: number | null;
  /** Root mean square of model minus market volatility, unweighted; null without parameters. */
  readonly rmseVol: number | null;
  /** Largest absolute difference in volatility. */
  readonly worstVolError: number | null;
  /** Share of the fitted quotes with bid and ask whose model volatility lies within; null where none has both. */
  readonly insideShare: number | null;
  /** 2 kappa theta / sigma^2. */
  readonly fellerRatio: number | null;
  /** Names of parameters on a bound; `fellerRatio` when that holds the fit. */
  readonly atBound: readonly string[];
  /** Estimated largest error of a model volatility by the numerical integration. */
  readonly pricingError: number | null;
  readonly weighting: 'spread' | 'vega' | 'uniform' | 'explicit';
  /** Quotes that were fitted. */
  readonly usedCount: number;
  readonly missingCount: number;
  readonly unusableCount: number;
  readonly unweightedCount: number;
  /** Fitted quotes without a model volatility at the parameters found: only where residuals are prices. */
  readonly unpricedCount: number;
  /** All runs, in the order made. */
  readonly starts: readonly CalibrationStart<P>[];
  /** Runs that ended within 1e-6 of the best objective, 1e-3 when they saw a sample. */
  readonly startsAtBest: number;
  /** Over all runs. */
  readonly iterations: number;
  readonly evaluations: number;
  readonly warnings: readonly CalibrationWarning[];
  readonly quotes: CalibrationTable;
}

/** One quote of a calibration. */
export interface CalibrationRow {
  readonly expiryYears: number;
  readonly strike: number;
  readonly logMoneyness: number;
  readonly marketVol: number | null;
  readonly modelVol: number | null;
  readonly volError: number | null;
  readonly residual: number | null;
  readonly status: (typeof HESTON_QUOTE_STATUS)[number];
}

/**
 * The quotes of a calibration as rows, for a table or a panel; null for what is missing.
 *
 * @example console.table(calibrationRows(calibration).filter((row) => Math.abs(row.volError) > 0.02))
 */
export function calibrationRows(calibration: { readonly quotes: CalibrationTable }): readonly CalibrationRow[] {
  const { quotes } = calibration;
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return Array.from(quotes.status, (status, i) => ({
    expiryYears: quotes.expiryYears[i],
    strike: quotes.strike[i],
    logMoneyness: quotes.logMoneyness[i],
    marketVol: orNull(quotes.marketVol[i]),
    modelVol: orNull(quotes.modelVol[i]),
    volError: orNull(quotes.volError[i]),
    residual: orNull(quotes.residual[i]),
    status: HESTON_QUOTE_STATUS[status],
  }));
}

/** The result, frozen, with its summary. */
export function printableCalibration<P extends object, C extends ModelCalibration<P>>(name: string, calibration: C): C {
  return Object.freeze(printable(calibration, (value) => summary(name, value)));
}

function summary<P extends object>(name: string, c: ModelCalibration<P>): string {
  const head = `${name} { ${c.status}, ${c.usedCount} of ${c.quotes.status.length} quotes by ${c.weighting} weights }`;
  if (c.parameters === null) return head;
  const rows = Object.entries(c.parameters).map(([parameter, value]) => ({ parameter, value: value as number, error: (c.standardErrors as Record<string, number | null>)[parameter] }));
  const lines = [
    head,
    textTable(rows, 6),
    `rmse ${digits(c.rmseVol)} vol, worst ${digits(c.worstVolError)}; Feller ratio ${digits(c.fellerRatio)}; condition number ${digits(c.conditionNumber)}; ${c.startsAtBest} of ${c.starts.length} starts ended here`,
  ];
  if (c.warnings.length > 0) lines.push(`warnings: ${c.warnings.join(', ')}`);
  return lines.join('\n');
}

function digits(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(4)));
}
