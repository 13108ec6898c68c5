/** Split conformal radii in Mondrian groups, on absolute or normalised scores. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { quantile } from '../core/stats.ts';
import { conformalFit, countPresent } from './conformal-fit.ts';
import type { ConformalFit } from './conformal-fit.ts';
import { conformalRadius, requireAlpha } from './radius.ts';

/** Calibration rows: none of them may have been seen by the model whose residuals these are. */
export interface ConformalRows {
  /** Actual minus predicted, shape (n); NaN is missing. */
  readonly residuals: ArrayLike<number>;
  /** Scale of each row's error, in any unit, shape (n); NaN, infinite, zero or negative is missing. Absent: absolute scores. */
  readonly dispersion?: ArrayLike<number>;
  /** Group code of each row in 0 .. groupCount - 1, shape (n); -1 or NaN for no group. Absent: one group. */
  readonly groups?: ArrayLike<number>;
  /** Number of groups; required with `groups`. */
  readonly groupCount?: number;
}

export interface ConformalOptions {
  /** Miscoverage level in (0, 1); an interval covers with probability at least 1 - alpha. @default 0.1 */
  readonly alpha?: number;
  /** A group of fewer rows gets an infinite radius, even where its order statistic would be finite. @default 1 */
  readonly minimumGroupRows?: number;
  /** Smallest dispersion that is used as it stands. @default the 1 % quantile of the positive dispersions */
  readonly dispersionFloor?: number;
}

const FLOOR_QUANTILE = 0.01; // keeps a handful of frozen prices from owning the tail of the score
const MAX_GROUPS = 65536;

/**
 * Fits conformal radii on calibration rows.
 *
 * The guarantee: for exchangeable rows an interval covers with probability at least 1 - alpha, within each group. A group with too few
 * rows for that, fewer than (1 - alpha) / alpha, has an infinite radius: never the largest score, which would promise less.
 * Overlapping labels and drift break exchangeability; judge coverage on later rows.
 *
 * @throws ShapeError for arrays of different lengths, DomainError for options or group codes outside their ranges
 * @see Papadopoulos et al. (2002), "Inductive confidence machines for regression"; Vovk et al. (2005), section 4.5 (Mondrian)
 * @example fitConformal({ residuals, dispersion: vol, groups: terciles, groupCount: 3 }, { alpha: 0.1 }).radii // one per tercile
 */
export function fitConformal(rows: ConformalRows, options: ConformalOptions = {}): ConformalFit {
  requireKnownKeys('fitConformal', rows, ['residuals', 'dispersion', 'groups', 'groupCount']);
  requireKnownKeys('fitConformal', options, ['alpha', 'minimumGroupRows', 'dispersionFloor']);
  const { residuals, dispersion, groups } = rows;
  const { alpha = 0.1, minimumGroupRows = 1 } = options;
  requireAlpha('fitConformal', alpha);
  requireInteger('fitConformal', 'minimumGroupRows', minimumGroupRows, { min: 1 });
  const groupCount = groups === undefined ? 1 : requireInteger('fitConformal', 'groupCount', rows.groupCount, { min: 1, max: MAX_GROUPS });
  const n = requireSameLength('fitConformal', { residuals, ...(dispersion && { dispersion }), ...(groups && { groups }) });

  const absolute = Float64Array.from(residuals, Math.abs);
  const dispersionFloor = dispersion === undefined ? 0 : requireNumber('fitConformal', 'dispersionFloor', options.dispersionFloor ?? defaultFloor(dispersion, absolute), { min: 0 });
  const scores = dispersion === undefined ? absolute : absolute.map((r, i) => r / usableDispersion(dispersion[i], dispersionFloor));

  const grouped: number[][] = Array.from({ length: groupCount }, () => []);
  for (let i = 0; i < n; i++) {
    const group = groups === undefined ? 0 : validGroup('fitConformal', groups[i], groupCount);
    if (group >= 0 && scores[i] === scores[i]) grouped[group].push(scores[i]);
  }
  return conformalFit({
    kind: 'conformal',
    alpha,
    score: dispersion === undefined ? 'absolute' : 'normalized',
    radii: Float64Array.from(grouped, (own) => (own.length < minimumGroupRows ? Infinity : conformalRadius(own, alpha))),
    counts: Uint32Array.from(grouped, (own) => own.length),
    overallRadius: conformalRadius(scores, alpha),
    overallCount: countPresent(scores),
    absoluteRadius: conformalRadius(absolute, alpha),
    absoluteCount: countPresent(absolute),
    dispersionFloor,
    missingRows: n - countPresent(absolute),
  });
}

/** The scale that divides a residual and multiplies a radius; NaN when the row has none. */
export function usableDispersion(dispersion: number, floor: number): number {
  return dispersion > 0 && dispersion < Infinity ? Math.max(dispersion, floor) : NaN;
}

/** A group code, with -1 for none. */
export function validGroup(fn: string, group: number, groupCount: number): number {
  if (group === -1 || group !== group) return -1;
  if (!(Number.isInteger(group) && group >= 0 && group < groupCount)) throw new DomainError(`${fn}: group must be an integer in [0, ${groupCount - 1}], or -1 or NaN for none, got ${show(group)}`);
  return group;
}

function defaultFloor(dispersion: ArrayLike<number>, absolute: Float64Array): number {
  const positive = Float64Array.from(dispersion, (d, i) => (absolute[i] === absolute[i] ? usableDispersion(d, 0) : NaN));
  return quantile(positive, FLOOR_QUANTILE) || 0;
}
