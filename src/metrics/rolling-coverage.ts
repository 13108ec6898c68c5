/** Coverage on moving windows of sessions: intervals that hold on average may fail for a year. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { extremes } from './metric-by-group.ts';
import { sessionRows } from './session-rows.ts';

export interface RollingCoverageOptions {
  /** Session of each row, in any order, shape (n). @default each row is a session, in time order */
  readonly sessions?: ArrayLike<number>;
  /** Distinct sessions in a window; windows move one session at a time. @default 250 */
  readonly window?: number;
  /** Fewest rows for a window to be judged. @default 30 */
  readonly minimumRows?: number;
}

export interface CoverageWindow {
  /** Share of outcomes inside their interval, bounds included. */
  readonly coverage: number;
  /** Rows counted. */
  readonly n: number;
  readonly firstSession: number;
  readonly lastSession: number;
}

export interface RollingCoverage {
  /** The window with the lowest coverage and the one with the highest, the first of equals; null when `reason` is not. */
  readonly worst: CoverageWindow | null;
  readonly best: CoverageWindow | null;
  /** Why there is no worst window: fewer sessions than a window, or fewer than `minimumRows` rows in every window. */
  readonly reason: 'too-few-sessions' | 'too-few-rows' | null;
  /** Windows judged, and windows with fewer than `minimumRows` rows. */
  readonly judged: number;
  readonly skipped: number;
  /** Coverage of every window in time order, NaN for a skipped one, shape (windows). */
  readonly coverage: Float64Array;
  /** Last session of every window, shape (windows). */
  readonly lastSession: Float64Array;
  /** Rows left out because a bound or the outcome is NaN; their session keeps its place. */
  readonly missing: number;
}

/**
 * Coverage of intervals on every window of consecutive distinct sessions, and the worst of them. O(n), or O(n log n) with sessions out of order.
 *
 * The lowest of many windows lies below the target by chance too: of 90 % intervals with independent outcomes, about 0.85 over twenty years of
 * 250-session windows.
 *
 * @param lower - shape (n)
 * @param upper - shape (n)
 * @param actual - outcomes, shape (n)
 * @throws ShapeError for different lengths; DomainError for a NaN session or unusable options
 * @example rollingCoverage(lower, upper, outcome, { sessions, window: 250 }).worst?.coverage
 */
export function rollingCoverage(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>, options: RollingCoverageOptions = {}): RollingCoverage {
  const fn = 'rollingCoverage';
  requireKnownKeys(fn, options, ['sessions', 'window', 'minimumRows']);
  const { sessions } = options;
  const window = requireInteger(fn, 'window', options.window ?? 250, { min: 1 });
  const minimumRows = requireInteger(fn, 'minimumRows', options.minimumRows ?? 30, { min: 1 });
  const size = requireSameLength(fn, { lower, upper, actual, ...(sessions && { sessions }) });
  const { ids, order, start } = sessionRows(fn, sessions ?? Uint32Array.from({ length: size }, (_, i) => i));
  const counted = new Float64Array(ids.length);
  const inside = new Float64Array(ids.length);
  let missing = 0;
  for (let s = 0; s < ids.length; s++) {
    for (let k = start[s]; k < start[s + 1]; k++) {
      const [y, low, high] = [actual[order[k]], lower[order[k]], upper[order[k]]];
      if (y !== y || low !== low || high !== high) missing++;
      else {
        counted[s]++;
        if (y >= low && y <= high) inside[s]++;
      }
    }
  }
  const total = Math.max(0, ids.length - window + 1);
  const [coverage, lastSession, counts] = [new Float64Array(total).fill(NaN), new Float64Array(total), new Float64Array(total)];
  let [n, covered, judged] = [0, 0, 0]; // whole numbers, so that adding and removing is exact
  for (let s = 0; s < ids.length; s++) {
    n += counted[s] - (s >= window ? counted[s - window] : 0);
    covered += inside[s] - (s >= window ? inside[s - window] : 0);
    const w = s - window + 1;
    if (w < 0) continue;
    lastSession[w] = ids[s];
    counts[w] = n;
    if (n < minimumRows) continue;
    judged++;
    coverage[w] = covered / n;
  }
  const { lowest, highest } = extremes(Array.from(coverage, (value, w) => ({ value, w })));
  const named = (extreme: { readonly w: number } | null): CoverageWindow | null => extreme && Object.freeze({ coverage: coverage[extreme.w], n: counts[extreme.w], firstSession: ids[extreme.w], lastSession: lastSession[extreme.w] });
  const reason = total === 0 ? 'too-few-sessions' : judged === 0 ? 'too-few-rows' : null;
  return Object.freeze({ worst: named(lowest), best: named(highest), reason, judged, skipped: total - judged, coverage, lastSession, missing });
}
