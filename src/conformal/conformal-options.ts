/** What adaptive intervals can be asked for. */
import { requireInteger, requireKnownKeys, requireNumber } from '../core/assert.ts';
import { requireAdaptor } from './adaptive/tail.ts';
import type { Adaptor } from './adaptive/tail.ts';
import { requireAlpha } from './radius.ts';
import { requireScore } from './score.ts';
import type { ConformalScore } from './score.ts';

export interface AdaptiveConformalOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** A score or its kind; `'cqr'` is the symmetric one. @default 'absolute' */
  readonly score?: ConformalScore | ConformalScore['kind'];
  /** Number of Mondrian groups, each with its own scores, level and radius. @default 1 */
  readonly groups?: number;
  /** How radii follow the outcomes; null keeps those of `calibrate`. @default null */
  readonly adapt?: Adaptor | null;
  /** Sessions from a forecast to its outcome. @default 1 */
  readonly horizon?: number;
  /** Sessions in a label's span, >= 1: n overlapping scores count as n / overlap independent ones in the finite-sample rule. @default horizon */
  readonly overlap?: number;
  /** Sessions to wait for outcomes beyond `horizon` before a session is settled without them. @default horizon */
  readonly patience?: number;
  /** A group of fewer scores has an infinite radius, even where its order statistic would be finite. @default 1 */
  readonly minimumGroupRows?: number;
  /** Smallest dispersion that is used as it stands; null takes the 1 % quantile of the positive dispersions of the calibration rows. @default null */
  readonly dispersionFloor?: number | null;
  /** Sessions in the rolling window whose worst coverage is kept. @default 250 */
  readonly coverageSessions?: number;
}

/** Options with nothing left open. */
export interface AdaptiveConformalSettings extends Required<AdaptiveConformalOptions> {
  readonly score: ConformalScore;
}

const OPTION_KEYS = ['alpha', 'score', 'groups', 'adapt', 'horizon', 'overlap', 'patience', 'minimumGroupRows', 'dispersionFloor', 'coverageSessions'];

/** The options, checked and complete. */
export function conformalSettings(fn: string, options: AdaptiveConformalOptions): AdaptiveConformalSettings {
  requireKnownKeys(fn, options, OPTION_KEYS);
  const { alpha = 0.1, score = 'absolute', groups = 1, adapt = null, horizon = 1, overlap = horizon, patience = horizon, minimumGroupRows = 1, dispersionFloor = null, coverageSessions = 250 } = options;
  requireAlpha(fn, alpha);
  requireInteger(fn, 'groups', groups, { min: 1, max: 65536 });
  requireInteger(fn, 'patience', patience, { min: 0 });
  for (const [name, value] of Object.entries({ horizon, overlap, minimumGroupRows, coverageSessions })) requireInteger(fn, name, value, { min: 1 });
  if (dispersionFloor !== null) requireNumber(fn, 'dispersionFloor', dispersionFloor, { min: 0 });
  return Object.freeze({
    alpha,
    score: requireScore(fn, typeof score === 'string' ? ({ kind: score, ...(score === 'cqr' && { symmetric: true }) } as ConformalScore) : score),
    groups,
    adapt: adapt === null ? null : requireAdaptor(fn, adapt),
    horizon,
    overlap,
    patience,
    minimumGroupRows,
    dispersionFloor,
    coverageSessions,
  });
}
