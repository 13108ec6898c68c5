import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { checkDriftSync } from '../../src/shift-detection/check-drift.ts';
import { checkShift } from '../../src/shift-detection/combined.ts';
import type { DetectorStatus } from '../../src/shift-detection/detector.ts';
import { PageHinkley } from '../../src/shift-detection/page-hinkley.ts';
import { buildDriftReferenceSync } from '../../src/shift-detection/reference.ts';

const random = randomStream(2, 'combined');
const normals = (n: number, shift = 0): Float64Array => Float64Array.from({ length: n }, () => random.normal() + shift);
const reference = buildDriftReferenceSync({ names: ['a'], columns: [normals(500)] });
const check = (shift: number): ReturnType<typeof checkDriftSync> => checkDriftSync(reference, { names: ['a'], columns: [normals(100, shift)] });
const statuses = (errors: Float64Array): DetectorStatus[] => {
  const detector = new PageHinkley({ threshold: 20, delta: 0.5, minimumSamples: 30 });
  return Array.from(errors, (error) => detector.update(error));
};

describe('checkShift', () => {
  it('joins both sources, with codes, numbers and the onset', () => {
    const errors = statuses(Float64Array.of(...normals(200), ...normals(60, 4)));
    const both = checkShift({ features: check(3), errors });
    expect(both).toMatchObject({ alarm: true, level: 'significant', features: 'significant', errors: 'significant' });
    expect(both.reasons.map(({ source, code }) => [source, code])).toEqual(expect.arrayContaining([['features', 'values'], ['errors', 'error-drift']]));
    const alarm = errors.find((status) => status.alarm) as DetectorStatus;
    expect(both.reasons.find(({ source }) => source === 'errors')).toEqual({ source: 'errors', code: 'error-drift', level: 'significant', value: alarm.statistic, threshold: alarm.threshold, index: alarm.index, onset: alarm.onset, direction: alarm.direction });
    expect(alarm.index).toBeGreaterThanOrEqual(200);
  });

  it('keeps an alarm that is followed by a reset: the latest status alone would forget it', () => {
    const errors = statuses(Float64Array.of(...normals(100), ...normals(40, 5), ...normals(60, 5)));
    expect(errors[errors.length - 1].level).toBe('none');
    expect(checkShift({ errors }).alarm).toBe(true);
    expect(checkShift({ errors: errors[errors.length - 1] }).alarm).toBe(false);
  });

  it('says not assessable of no evidence, where the replaced check silently said no shift', () => {
    expect(checkShift({})).toMatchObject({ alarm: false, level: 'not-assessable', features: 'not-assessable', errors: 'not-assessable', reasons: [] });
    expect(checkShift({ features: null, errors: [] }).level).toBe('not-assessable');
    expect(checkShift({ errors: statuses(normals(10)) })).toMatchObject({ level: 'not-assessable', reasons: [{ code: 'nothing-monitored', index: 9 }] });
    expect(checkShift({ features: check(0) })).toMatchObject({ level: 'stable', errors: 'not-assessable' });
    expect(checkShift({ features: check(0), errors: statuses(normals(60)) })).toMatchObject({ level: 'stable', errors: 'stable', reasons: [] });
  });

  it('counts a warning as moderate only while it lasts, and an alarm without reset once', () => {
    const base = { phase: 'monitoring', statistic: 2, threshold: 3, direction: 'up', onset: 7 } as const;
    const of = (...levels: readonly DetectorStatus['level'][]): DetectorStatus[] => levels.map((level, index) => ({ ...base, level, index, alarm: level === 'drift' && levels[index - 1] !== 'drift' }));
    expect(checkShift({ errors: of('none', 'warning') })).toMatchObject({ level: 'moderate', alarm: false, reasons: [{ code: 'error-warning', index: 1 }] });
    expect(checkShift({ errors: of('warning', 'none') })).toMatchObject({ level: 'stable', reasons: [] });
    expect(checkShift({ errors: of('none', 'drift', 'drift', 'none') }).reasons).toHaveLength(1);
    expect(checkShift({ errors: of('none', 'drift', 'warning') }).reasons.map(({ code }) => code)).toEqual(['error-drift', 'error-warning']);
  });

  it('prints its reasons and refuses unknown evidence', () => {
    const text = (checkShift({ features: check(3), errors: statuses(normals(60)) }) as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]();
    expect(text).toMatch(/^ShiftCheck: significant \(features significant, errors stable\)\n {2}significant: /);
    expect(text).toMatch(/values at a, [\d.]+ against 0\.25/);
    expect(() => checkShift({ error: [] } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
