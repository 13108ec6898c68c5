/** What a conformal fit is. */
import { printable } from '../core/inspect.ts';

/** A fitted conformal interval as plain data: radii of the score, nothing else. */
export interface ConformalFit {
  readonly kind: 'conformal';
  /** Miscoverage level in (0, 1). */
  readonly alpha: number;
  /** `absolute`: |residual|, in units of the outcome. `normalized`: |residual| / dispersion. */
  readonly score: 'absolute' | 'normalized';
  /** Radius of the score in each group, shape (groups); Infinity where the group's rows cannot promise a finite one. */
  readonly radii: Float64Array;
  /** Rows behind each radius, shape (groups). */
  readonly counts: Uint32Array;
  /** Radius over all scored rows, for a row without a group. */
  readonly overallRadius: number;
  /** Scored rows: those with a residual and, for a normalised score, a positive dispersion. */
  readonly overallCount: number;
  /** Radius of |residual| in units of the outcome, for a row without a dispersion; equals `overallRadius` for absolute scores. */
  readonly absoluteRadius: number;
  /** Rows behind `absoluteRadius`: all with a residual. */
  readonly absoluteCount: number;
  /** Positive dispersions below this are raised to it, here and at every prediction; 0 for absolute scores. */
  readonly dispersionFloor: number;
  /** Rows left out because their residual is missing. */
  readonly missingRows: number;
}

/** The frozen fit that prints itself. */
export function conformalFit(fields: ConformalFit): ConformalFit {
  return Object.freeze(printable(fields, (fit) =>
    `conformal ${Number((100 * (1 - fit.alpha)).toPrecision(6))} %, ${fit.score}, radii [${Array.from(fit.radii, (r) => Number(r.toPrecision(4))).join(', ')}] of [${fit.counts.join(', ')}] rows`));
}

/** Values that are not NaN. */
export function countPresent(values: Float64Array): number {
  return values.reduce((count, value) => (value === value ? count + 1 : count), 0);
}
