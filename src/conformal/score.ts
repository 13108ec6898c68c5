/** Conformity scores: how far an outcome lies from its prediction, and the interval that a radius of the score spans. */
import { requireKnownKeys, requireOneOf, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { usableDispersion } from './fit.ts';

/**
 * A conformity score as plain data. With y the outcome and p the prediction:
 *
 * - `absolute`: |y - p|. One radius.
 * - `normalized`: |y - p| / dispersion. One radius.
 * - `signed`: y - p above and p - y below, each tail at alpha / 2. Two radii.
 * - `gamma`: (y - p) / |p| above and (p - y) / |p| below, each tail at alpha / 2, for outcomes whose error grows with their size. Two radii.
 * - `cqr`: from predicted quantiles. Symmetric: max(lower - y, y - upper), one radius. Asymmetric: y - upper above and lower - y below, each tail at alpha / 2.
 *
 * @see Papadopoulos et al. (2002) for `normalized`; Romano, Patterson and Candes (2019), "Conformalized quantile regression", eq. 6 and theorem 2, for `cqr`;
 *   Cordier et al. (2023), MAPIE, for `gamma`, whose divisor p is |p| here so that negative predictions have a scale too
 */
export type ConformalScore =
  | { readonly kind: 'absolute' }
  | { readonly kind: 'signed' }
  | { readonly kind: 'normalized' }
  | { readonly kind: 'gamma' }
  | { readonly kind: 'cqr'; readonly symmetric: boolean };

/** What a score may read of a row; NaN is missing. */
export interface ScoreRow {
  /** Point prediction in units of the outcome; every score but `cqr` reads it. */
  readonly prediction?: number;
  /** Scale of the row's error; only `normalized` reads it. NaN, infinite, zero or negative is missing. */
  readonly dispersion?: number;
  /** Predicted quantiles in units of the outcome; only `cqr` reads them. */
  readonly lower?: number;
  readonly upper?: number;
}

export interface Interval {
  readonly lower: number;
  /** Below `lower` when the interval is empty. */
  readonly upper: number;
}

const KINDS = ['absolute', 'signed', 'normalized', 'gamma', 'cqr'] as const;

/**
 * The score as checked, frozen data.
 *
 * @throws DomainError for an unknown kind or a `cqr` without a boolean `symmetric`
 */
export function requireScore(fn: string, score: ConformalScore): ConformalScore {
  requireKnownKeys(fn, score, score?.kind === 'cqr' ? ['kind', 'symmetric'] : ['kind']);
  const kind = requireOneOf(fn, 'score.kind', score.kind, KINDS);
  if (score.kind !== 'cqr') return Object.freeze({ kind }) as ConformalScore;
  if (typeof score.symmetric !== 'boolean') throw new DomainError(`${fn}: score.symmetric must be true or false, got ${show(score.symmetric)}`);
  return Object.freeze({ kind: 'cqr', symmetric: score.symmetric });
}

/** Whether the score has a radius for each side of the prediction. */
export function isTwoTailed(score: ConformalScore): boolean {
  return score.kind === 'signed' || score.kind === 'gamma' || (score.kind === 'cqr' && !score.symmetric);
}

/** The miscoverage of one tail: alpha, or half of it for a score of two tails. */
export function tailAlpha(score: ConformalScore, alpha: number): number {
  return isTwoTailed(score) ? alpha / 2 : alpha;
}

/**
 * How far the outcome lies beyond the upper side; the one score of a score with a single radius.
 *
 * @returns NaN when the outcome or a value the score reads is missing: a `dispersion` that is not positive, a `prediction` of zero for `gamma`
 */
export function upperScore(score: ConformalScore, row: ScoreRow, outcome: number): number {
  const { kind } = score;
  const scale = scoreScale(score, row);
  if (kind !== 'cqr') return (kind === 'absolute' || kind === 'normalized' ? Math.abs(outcome - row.prediction!) : outcome - row.prediction!) / scale;
  const above = (outcome - row.upper!) / scale;
  return score.symmetric ? Math.max((row.lower! - outcome) / scale, above) : above;
}

/** How far the outcome lies beyond the lower side; {@link upperScore} for a score with a single radius. */
export function lowerScore(score: ConformalScore, row: ScoreRow, outcome: number): number {
  if (!isTwoTailed(score)) return upperScore(score, row, outcome);
  return ((score.kind === 'cqr' ? row.lower! : row.prediction!) - outcome) / scoreScale(score, row);
}

/**
 * The outcomes whose scores stay at or below the radii: the inverse of {@link lowerScore} and {@link upperScore}.
 *
 * A radius of Infinity leaves its side open. A radius below the smallest score there is, such as -Infinity, gives an empty interval, whose
 * `lower` exceeds its `upper`: no outcome lies inside. Both bounds are NaN when the row lacks what the score reads or a radius is NaN.
 *
 * @param lowerRadius - of the lower tail; equal to `upperRadius` for a score with a single radius
 */
export function scoreInterval(score: ConformalScore, row: ScoreRow, lowerRadius: number, upperRadius: number): Interval {
  const scale = scoreScale(score, row);
  const [low, high] = score.kind === 'cqr' ? [row.lower!, row.upper!] : [row.prediction!, row.prediction!];
  const lower = low - lowerRadius * scale;
  const upper = high + upperRadius * scale;
  return Object.freeze(lower === lower && upper === upper ? { lower, upper } : { lower: NaN, upper: NaN });
}

// What a radius is multiplied by; NaN when the row lacks something, which then spreads to the score and to both bounds.
function scoreScale(score: ConformalScore, row: ScoreRow): number {
  if (score.kind === 'cqr') return Number.isFinite(row.lower) && Number.isFinite(row.upper) ? 1 : NaN;
  if (!Number.isFinite(row.prediction)) return NaN;
  if (score.kind === 'normalized') return usableDispersion(row.dispersion ?? NaN, 0);
  return score.kind === 'gamma' ? Math.abs(row.prediction!) || NaN : 1;
}
