/** Ranks, z-scores and a long-short signal of predictions within each session. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { argsort, averageRanks } from '../core/sort.ts';
import { mean, median, standardDeviation } from '../core/stats.ts';
import type { Panel } from '../panel/types.ts';
import { neutralize } from './neutralize.ts';

export interface CrossSectionalRankOptions {
  /** Share of a session's names in each leg, in (0, 0.5]; both legs have floor(n * legShare) names. @default 0.2 */
  readonly legShare?: number;
  /** Fewest values of a session that are ranked, at least 2. @default 5 */
  readonly minimumNames?: number;
  /** Group codes (a sector number), shape (n): the group's mean is taken off first. */
  readonly groups?: ArrayLike<number>;
  /** Exposures (a beta, a size), each of shape (n): what they explain linearly within the session is taken off first. */
  readonly exposures?: readonly ArrayLike<number>[];
  /** Score by median and 1.4826 times the median absolute deviation instead of mean and standard deviation (ddof 1). @default false */
  readonly robust?: boolean;
  /** z-scores are cut to [-clip, clip]. @default no cut */
  readonly clip?: number;
}

export type MissingRankReason = 'missing-value' | 'missing-exposure' | 'too-few-names';

/** Aligned with the given values, whatever their order. */
export interface CrossSectionalRank {
  /** (average rank - 1/2) / n in (0, 1), symmetric about 1/2; NaN where missing, shape (n). */
  readonly rank: Float64Array;
  /** NaN where missing and in sessions without dispersion, shape (n). */
  readonly zScore: Float64Array;
  /** 1 long, -1 short, 0 neither; NaN where missing, shape (n). */
  readonly signal: Float64Array;
  /** Rows without a rank, by reason. */
  readonly missing: Readonly<Record<MissingRankReason, number>>;
  /** Sessions ranked. */
  readonly rankedSessions: number;
  /** Ranked sessions without dispersion: no z-scores. */
  readonly flatSessions: number;
  /** Ranked sessions whose legs are smaller than asked because equal values straddle an edge. */
  readonly shortenedSessions: number;
}

const MAD_TO_STD = 1.4826022185056018; // 1 / quantile of the standard normal at 3/4

/**
 * Ranks, z-scores and equal long and short legs within each session.
 *
 * A missing value stays missing: it is never a neutral 0.5. Both legs have the same number of names; names with equal values are never
 * separated, so ties at an edge shorten both legs. Ranks and legs do not depend on the order of the rows.
 *
 * @param values - predictions, shape (n); NaN is missing
 * @param sessions - the panel the values belong to, or one session number (or time) per value
 * @example crossSectionalRank([3, 1, 2, 5, 4], [0, 0, 0, 0, 0]).signal // 0, -1, 0, 1, 0
 */
export function crossSectionalRank(values: ArrayLike<number>, sessions: Panel | ArrayLike<number>, options: CrossSectionalRankOptions = {}): CrossSectionalRank {
  const fn = 'crossSectionalRank';
  requireKnownKeys(fn, options, ['legShare', 'minimumNames', 'groups', 'exposures', 'robust', 'clip']);
  const { groups, exposures = [], robust = false } = options;
  const legShare = requireNumber(fn, 'legShare', options.legShare ?? 0.2, { min: Number.MIN_VALUE, max: 0.5 });
  const minimumNames = requireInteger(fn, 'minimumNames', options.minimumNames ?? 5, { min: 2 });
  const clip = options.clip === undefined ? Infinity : requireNumber(fn, 'clip', options.clip, { min: Number.MIN_VALUE });
  if (typeof robust !== 'boolean') throw new DomainError(`${fn}: robust must be true or false, got ${show(robust)}`);
  if (!Array.isArray(exposures)) throw new DomainError(`${fn}: exposures must be an array of arrays, got ${show(exposures)}`);
  const sessionOf = isPanel(sessions) ? sessions.session : sessions;
  const n = requireSameLength(fn, { values, sessions: sessionOf, ...(groups && { groups }), ...Object.fromEntries(exposures.map((x, j) => [`exposures[${j}]`, x])) });
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(sessionOf[i])) throw new DomainError(`${fn}: sessions must be finite numbers, got ${show(sessionOf[i])} at ${i}`);
    if (values[i] === Infinity || values[i] === -Infinity) throw new DomainError(`${fn}: values must be finite or NaN, got ${values[i]} at ${i}`);
  }
  const order = argsort(sessionOf);
  const result = { rank: new Float64Array(n).fill(NaN), zScore: new Float64Array(n).fill(NaN), signal: new Float64Array(n).fill(NaN) };
  const missing: Record<MissingRankReason, number> = { 'missing-value': 0, 'missing-exposure': 0, 'too-few-names': 0 };
  let rankedSessions = 0;
  let flatSessions = 0;
  let shortenedSessions = 0;
  for (let begin = 0; begin < n; ) {
    let end = begin + 1;
    while (end < n && sessionOf[order[end]] === sessionOf[order[begin]]) end++;
    const names: number[] = [];
    for (let k = begin; k < end; k++) {
      const i = order[k];
      if (Number.isNaN(values[i])) missing['missing-value']++;
      else if ((groups !== undefined && !Number.isFinite(groups[i])) || exposures.some((x) => !Number.isFinite(x[i]))) missing['missing-exposure']++;
      else names.push(i);
    }
    begin = end;
    if (names.length < minimumNames) {
      missing['too-few-names'] += names.length;
      continue;
    }
    rankedSessions++;
    const at = (x: ArrayLike<number>): Float64Array => Float64Array.from(names, (i) => x[i]);
    const x = groups === undefined && exposures.length === 0 ? at(values) : neutralize(at(values), groups && at(groups), exposures.map(at));
    const ranks = averageRanks(x);
    const center = robust ? median(x) : mean(x);
    const spread = robust ? MAD_TO_STD * median(x.map((v) => Math.abs(v - center))) : standardDeviation(x);
    const flat = !(spread > 0) || x.every((v) => v === x[0]);
    const wanted = Math.floor(names.length * legShare + 1e-9); // 0.29 * 100 is 28.999...
    const legs = legSize(x, wanted);
    if (flat) flatSessions++;
    if (legs < wanted) shortenedSessions++;
    names.forEach((i, k) => {
      result.rank[i] = (ranks[k] - 0.5) / names.length;
      result.zScore[i] = flat ? NaN : Math.max(-clip, Math.min(clip, (x[k] - center) / spread));
      result.signal[i] = ranks[k] > names.length - legs ? 1 : ranks[k] <= legs ? -1 : 0;
    });
  }
  return Object.freeze({ ...result, missing: Object.freeze(missing), rankedSessions, flatSessions, shortenedSessions });
}

// Largest size up to `wanted` at which neither edge separates equal values.
function legSize(x: Float64Array, wanted: number): number {
  const sorted = x.slice().sort();
  const n = sorted.length;
  let size = Math.min(wanted, Math.floor(n / 2));
  while (size > 0 && (sorted[size - 1] === sorted[size] || sorted[n - size] === sorted[n - size - 1])) size--;
  return size;
}

function isPanel(value: Panel | ArrayLike<number>): value is Panel {
  return 'kind' in value && value.kind === 'panel';
}
