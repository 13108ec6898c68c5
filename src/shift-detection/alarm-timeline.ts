/** What a detector says of a series, row by row, for a plot. */
import { requireSameLength } from '../core/assert.ts';
import type { DetectorLevel, DetectorState, DetectorStatus } from './detector.ts';

export interface AlarmTimelineRow {
  /** As given: epoch milliseconds, or any number. */
  readonly time: number;
  readonly value: number;
  /** NaN where the detector has nothing to compare, as in a missing row. */
  readonly statistic: number;
  readonly threshold: number;
  readonly level: DetectorLevel;
  readonly alarm: boolean;
  /** Time of the first changed value as estimated at this row; null without an estimate, or when it lies before the series. */
  readonly onset: number | null;
}

/** Any detector that can be put back to where it was. */
export interface ResumableDetector<State = DetectorState> {
  readonly state: State;
  update(value: number): DetectorStatus;
  resume(state: State): unknown;
}

/**
 * Rows of an alarm time-line. The detector goes on from where it stands and is put back afterwards.
 *
 * @param series - in time order, shape (n)
 * @param times - shape (n)
 * @throws ShapeError for different lengths
 * @example alarmTimeline(new PageHinkley({ threshold: 20 }), errors, sessions)
 */
export function alarmTimeline<State>(detector: ResumableDetector<State>, series: ArrayLike<number>, times: ArrayLike<number>): readonly AlarmTimelineRow[] {
  requireSameLength('alarmTimeline', { series, times });
  const before = detector.state;
  try {
    return Object.freeze(Array.from(series, (value, i) => {
      const { index, statistic, threshold, level, alarm, onset } = detector.update(value);
      const at = onset === null ? -1 : onset - (index - i);
      return Object.freeze({ time: times[i], value, statistic, threshold, level, alarm, onset: at >= 0 ? times[at] : null });
    }));
  } finally {
    detector.resume(before);
  }
}
