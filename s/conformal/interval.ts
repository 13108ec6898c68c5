/** Fit and prediction to an interval. A row's interval depends on that row alone. */
import { requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import type { ConformalFit } from './conformal-fit.ts';
import { usableDispersion, validGroup } from './fit.ts';

/**
 * Which promise an interval rests on: the row's `group`; all rows together (`overall`, the row has no group);
 * or all rows in units of the outcome (`absolute`, the row has no dispersion to scale by).
 */
export type IntervalBasis = 'group' | 'overall' | 'absolute';

export interface ConformalInterval {
  /** NaN when the prediction is not finite; infinite when no finite interval keeps the promise. */
  readonly lower: number;
  readonly upper: number;
  readonly basis: IntervalBasis;
}

export interface ConformalContext {
  /** Scale of the row; required for a normalised fit, not read otherwise. Missing as in the fit: NaN, infinite, zero or negative. */
  readonly dispersion?: number;
  /** Group code of the row; required for a fit of several groups. -1 or NaN for none. */
  readonly group?: number;
}

/**
 * The interval of one prediction.
 *
 * @throws DomainError when a normalised fit gets no `dispersion` or a grouped fit no `group` at all (missing is NaN or -1), or for a code the fit does not know
 * @example conformalInterval(fit, 0.012, { dispersion: 0.02, group: 1 }) // { lower: -0.021, upper: 0.045, basis: 'group' }
 */
export function conformalInterval(fit: ConformalFit, prediction: number, context: ConformalContext = {}): ConformalInterval {
  const { dispersion, group } = context;
  requireContext('conformalInterval', fit, dispersion !== undefined, group !== undefined);
  const [halfWidth, basis] = halfWidthOf('conformalInterval', fit, dispersion ?? 1, group ?? 0);
  return Object.freeze({ ...bounds(prediction, halfWidth), basis });
}

export interface ConformalContexts {
  /** Shape (n). */
  readonly dispersion?: ArrayLike<number>;
  /** Shape (n). */
  readonly groups?: ArrayLike<number>;
}

export interface ConformalIntervals {
  /** Shape (n). */
  readonly lower: Float64Array;
  /** Shape (n). */
  readonly upper: Float64Array;
  /** Rows by what their interval rests on. */
  readonly basisCounts: Readonly<Record<IntervalBasis, number>>;
}

/** {@link conformalInterval} of many predictions; the same numbers row by row. */
export function conformalIntervals(fit: ConformalFit, predictions: ArrayLike<number>, contexts: ConformalContexts = {}): ConformalIntervals {
  requireKnownKeys('conformalIntervals', contexts, ['dispersion', 'groups']);
  const { dispersion, groups } = contexts;
  requireContext('conformalIntervals', fit, dispersion !== undefined, groups !== undefined);
  const n = requireSameLength('conformalIntervals', { predictions, ...(dispersion && { dispersion }), ...(groups && { groups }) });
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  const basisCounts = { group: 0, overall: 0, absolute: 0 };
  for (let i = 0; i < n; i++) {
    const [halfWidth, basis] = halfWidthOf('conformalIntervals', fit, dispersion === undefined ? 1 : dispersion[i], groups === undefined ? 0 : groups[i]);
    ({ lower: lower[i], upper: upper[i] } = bounds(predictions[i], halfWidth));
    basisCounts[basis]++;
  }
  return Object.freeze({ lower, upper, basisCounts: Object.freeze(basisCounts) });
}

/** Half-width in units of the outcome, and what it rests on. */
export function halfWidthOf(fn: string, fit: ConformalFit, dispersion: number, group: number): [number, IntervalBasis] {
  const code = validGroup(fn, group, fit.radii.length);
  const scale = fit.score === 'absolute' ? 1 : usableDispersion(dispersion, fit.dispersionFloor);
  if (scale !== scale) return [fit.absoluteRadius, 'absolute'];
  return code < 0 ? [fit.overallRadius * scale, 'overall'] : [fit.radii[code] * scale, 'group'];
}

// Forgetting an argument is a mistake; a row that lacks a value says so with NaN or -1.
function requireContext(fn: string, fit: ConformalFit, hasDispersion: boolean, hasGroup: boolean): void {
  if (fit.score === 'normalized' && !hasDispersion) throw new DomainError(`${fn}: dispersion must be given for a normalised fit (NaN where a row has none), got undefined`);
  if (fit.radii.length > 1 && !hasGroup) throw new DomainError(`${fn}: group must be given for a fit of ${fit.radii.length} groups (-1 where a row has none), got undefined`);
}

function bounds(prediction: number, halfWidth: number): { lower: number; upper: number } {
  return Number.isFinite(prediction) ? { lower: prediction - halfWidth, upper: prediction + halfWidth } : { lower: NaN, upper: NaN };
}
