import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { alarmTimeline } from '../../src/shift-detection/alarm-timeline.ts';
import { DriftAlarm, fitDriftAlarmSync } from '../../src/shift-detection/drift-alarm.ts';
import { PageHinkley } from '../../src/shift-detection/page-hinkley.ts';

const random = randomStream(4, 'timeline');
const series = Float64Array.from({ length: 300 }, (_, i) => (i === 20 ? NaN : random.normal() + (i >= 200 ? 4 : 0)));
const times = Float64Array.from(series, (_, i) => 86_400_000 * i);

describe('alarmTimeline', () => {
  it('has the rows of the detector itself, with the time of the onset', () => {
    const rows = alarmTimeline(new PageHinkley({ threshold: 20, delta: 0.5 }), series, times);
    const detector = new PageHinkley({ threshold: 20, delta: 0.5 });
    series.forEach((value, i) => {
      const { statistic, threshold, level, alarm, onset } = detector.update(value);
      expect(rows[i]).toEqual({ time: times[i], value, statistic, threshold, level, alarm, onset: onset === null ? null : times[onset] });
    });
    const alarms = rows.filter(({ alarm }) => alarm);
    expect(alarms.length).toBeGreaterThan(0);
    expect(Math.abs((alarms[0].onset as number) / 86_400_000 - 200)).toBeLessThan(6);
    expect(rows[20].statistic).toBeNaN();
  });

  it('leaves the detector where it was, so that a second call gives the same rows', () => {
    const detector = new PageHinkley({ threshold: 20, delta: 0.5 });
    detector.updateMany(series.subarray(0, 150));
    const before = detector.state;
    const rows = alarmTimeline(detector, series.subarray(150), times.subarray(150));
    expect(detector.state).toEqual(before);
    expect(alarmTimeline(detector, series.subarray(150), times.subarray(150))).toEqual(rows);
    const onset = rows.find(({ alarm }) => alarm)?.onset as number;
    expect(Math.abs(onset / 86_400_000 - 200)).toBeLessThan(6);
    expect(Object.isFrozen(rows) && Object.isFrozen(rows[0])).toBe(true);
  });

  it('has no time for an onset before the series, and refuses different lengths', () => {
    const late = new PageHinkley({ threshold: 20, delta: 0.5 });
    late.updateMany(series.subarray(0, 204));
    const rows = alarmTimeline(late, series.subarray(204), times.subarray(204));
    expect(rows.find(({ alarm }) => alarm)).toMatchObject({ onset: null });
    expect(() => alarmTimeline(late, series, [1])).toThrowError(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(alarmTimeline(late, [], [])).toEqual([]);
  });

  it('takes a drift alarm as it takes a detector, and puts it back', () => {
    const { normal } = randomStream(3, 'timeline');
    const fit = fitDriftAlarmSync(Float64Array.from({ length: 300 }, normal), { targetRunLength: 200, replicates: 60 });
    const alarm = new DriftAlarm(fit);
    alarm.updateMany(Float64Array.from({ length: 40 }, normal));
    const before = alarm.state;
    const series = Float64Array.from({ length: 60 }, (_, i) => normal() + (i < 20 ? 0 : 2));
    const rows = alarmTimeline(alarm, series, series.map((_, i) => 100 + i));
    const first = rows.find((row) => row.alarm);
    expect(first?.time).toBeGreaterThanOrEqual(120);
    expect(first?.onset).toBeGreaterThanOrEqual(110);
    expect(first?.onset).toBeLessThanOrEqual(first?.time ?? 0);
    expect(alarm.state).toEqual(before);
    expect(alarm.updateMany(series)).toHaveLength(rows.filter((row) => row.alarm).length);
  });
});
