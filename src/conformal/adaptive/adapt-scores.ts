/** An adaptor run over a series of scores. */
import { requireInteger, requireKnownKeys } from '../../core/assert.ts';
import { requireAlpha } from '../radius.ts';
import { AdaptiveTail, requireAdaptor } from './tail.ts';
import type { Adaptor } from './tail.ts';

export interface AdaptScoresOptions {
  readonly adapt: Adaptor;
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** Scores at the front that only calibrate. @default 0 */
  readonly calibration?: number;
  /** Sessions until a score is known, 1 when it is before the next one is due; labels of that span overlap. @default 1 */
  readonly horizon?: number;
}

/** What was in force at each score after the calibration scores, shape (n - calibration). */
export interface AdaptedScores {
  readonly radii: Float64Array;
  readonly levels: Float64Array;
  /** 1 where the score exceeds the radius. */
  readonly misses: Uint8Array;
}

/**
 * Radii that an adaptor would have given along a series of scores, one score a session.
 *
 * The radius at position t depends on the scores up to t - horizon. A NaN score is missing: it has a radius, is no miss and changes nothing.
 *
 * @throws DomainError for options outside their ranges
 * @example adaptScores(absoluteReturns, { alpha: 0.1, adapt: aci({ gamma: 0.02 }), calibration: 500 }).radii
 */
export function adaptScores(scores: ArrayLike<number>, options: AdaptScoresOptions): AdaptedScores {
  const fn = 'adaptScores';
  requireKnownKeys(fn, options, ['adapt', 'alpha', 'calibration', 'horizon']);
  const { alpha = 0.1, calibration = 0, horizon = 1 } = options;
  requireAlpha(fn, alpha);
  requireInteger(fn, 'calibration', calibration, { min: 0, max: scores.length });
  requireInteger(fn, 'horizon', horizon, { min: 1 });
  const tail = new AdaptiveTail({ adapt: requireAdaptor(fn, options.adapt), alpha, overlap: horizon, minimumRows: 1 });
  const step = new Float64Array(1); // one buffer for all sessions
  const present = Float64Array.from(scores).filter((score, t) => t < calibration && score === score);
  tail.start(Array.from(present, (score) => [score]));

  const n = scores.length - calibration;
  const radii = new Float64Array(n);
  const levels = new Float64Array(n);
  for (let t = 0; t < n; t++) {
    const known = calibration + t - horizon;
    if (t >= horizon && scores[known] === scores[known]) {
      step[0] = scores[known];
      tail.step(step, radii[t - horizon]);
    }
    radii[t] = tail.radius;
    levels[t] = tail.level;
  }
  return Object.freeze({ radii, levels, misses: Uint8Array.from(radii, (radius, t) => (scores[calibration + t] > radius ? 1 : 0)) });
}
