/** Any metric on moving windows of sessions: is the quality of a model stable, and how bad did it get? */
import { requireInteger, requireKnownKeys, requireOneOf } from '../core/assert.ts';
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { mean, standardDeviation } from '../core/stats.ts';
import { extremes, judgeRows } from './metric-by-group.ts';
import type { RowMetric } from './metric-by-group.ts';
import { sessionRows } from './session-rows.ts';

export interface RollingMetricInput {
  /** Session of each row, in any order, shape (n); or the number of rows, when each is a session of its own in time order. */
  readonly sessions: ArrayLike<number> | number;
  /** Called once per window with its rows by session; `onRows` makes one from a metric of arrays. */
  readonly metric: RowMetric;
  /** Distinct sessions in a window. */
  readonly window: number;
  /** Sessions from one window to the next. The last window ends at the last session, so it is the first sessions that may be left over. @default window */
  readonly step?: number;
  /** Fewest rows for a window to be judged. @default 30 */
  readonly minimumRows?: number;
  /** Which values are good, so that the worst window can be named. @default 'higher' */
  readonly better?: 'higher' | 'lower';
}

export interface MetricWindow {
  /** First and last session of the window. */
  readonly firstSession: number;
  readonly lastSession: number;
  /** NaN exactly when `reason` is not null. */
  readonly value: number;
  /** `too-few-rows`, the metric's own reason, or `undefined` when it was NaN without one; null when there is a value. */
  readonly reason: string | null;
  /** Rows of the window. The metric may have left some out. */
  readonly n: number;
}

export interface RollingMetric {
  /** In time order; windows without a value are there with their reason. */
  readonly windows: readonly MetricWindow[];
  /** Windows with a value. */
  readonly judged: number;
  /** Mean and sample standard deviation over judged windows; NaN with none, or fewer than two. */
  readonly mean: number;
  readonly standardDeviation: number;
  /** Judged windows, the first of equals; null when there is none. */
  readonly worst: MetricWindow | null;
  readonly best: MetricWindow | null;
  /** Why there is no worst window; null when there is one. */
  readonly reason: 'too-few-sessions' | 'no-window-judged' | null;
}

/**
 * A metric on windows of consecutive distinct sessions, as a task to drive or `yield*`; a step of progress per window.
 *
 * @throws DomainError for a NaN session or unusable options; what the metric throws
 */
export function* rollingMetricTask(input: RollingMetricInput): Task<RollingMetric> {
  const fn = 'rollingMetric';
  requireKnownKeys(fn, input, ['sessions', 'metric', 'window', 'step', 'minimumRows', 'better']);
  const window = requireInteger(fn, 'window', input.window, { min: 1 });
  const step = requireInteger(fn, 'step', input.step ?? window, { min: 1 });
  const minimumRows = requireInteger(fn, 'minimumRows', input.minimumRows ?? 30, { min: 1 });
  const better = requireOneOf(fn, 'better', input.better ?? 'higher', ['higher', 'lower']);
  const sessions = typeof input.sessions === 'number' ? Uint32Array.from({ length: requireInteger(fn, 'sessions', input.sessions, { min: 0, max: 2 ** 32 - 1 }) }, (_, i) => i) : input.sessions;
  const { ids, order, start } = sessionRows(fn, sessions);

  const windows: MetricWindow[] = [];
  const total = ids.length < window ? 0 : Math.floor((ids.length - window) / step) + 1;
  for (let w = 0; w < total; w++) {
    const end = ids.length - (total - 1 - w) * step;
    const rows = order.slice(start[end - window], start[end]);
    windows.push(Object.freeze({ firstSession: ids[end - window], lastSession: ids[end - 1], ...judgeRows(input.metric, rows, minimumRows) }));
    yield { phase: 'rolling metric', done: w + 1, total };
  }
  const values = windows.map(({ value }) => value);
  const { lowest, highest } = extremes(windows);
  return Object.freeze({
    windows: Object.freeze(windows),
    judged: values.filter((value) => value === value).length,
    mean: mean(values),
    standardDeviation: standardDeviation(values),
    worst: better === 'higher' ? lowest : highest,
    best: better === 'higher' ? highest : lowest,
    reason: total === 0 ? 'too-few-sessions' : lowest === null ? 'no-window-judged' : null,
  });
}

/**
 * Runs {@link rollingMetricTask} without blocking the host.
 *
 * @example await rollingMetric({ sessions: panel.session, window: 63, metric: onRows(hitRate, outcome, prediction) })
 */
export function rollingMetric(input: RollingMetricInput, options: DriveOptions = {}): Promise<RollingMetric> {
  return drive(rollingMetricTask(input), options);
}

/** Runs {@link rollingMetricTask} in one go. */
export function rollingMetricSync(input: RollingMetricInput, options: DriveOptions = {}): RollingMetric {
  return driveSync(rollingMetricTask(input), options);
}
