import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverageReport } from '../../src/metrics/coverage-report.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { winklerScore } from '../../src/metrics/intervals.ts';

const intervals = (inside: readonly boolean[]): { lower: number[]; upper: number[]; outcomes: number[] } => ({
  lower: inside.map(() => -1),
  upper: inside.map(() => 1),
  outcomes: inside.map((hit) => (hit ? 0 : 3)),
});

describe('coverageReport', () => {
  it('worked by hand: six rows, one infinite, one empty, one missing', () => {
    const report = coverageReport({
      lower: [0, 0, -Infinity, 2, NaN, 0],
      upper: [2, 4, Infinity, 1, 1, 1],
      outcomes: [1, 5, 7, 1.5, 0, NaN],
      groups: ['a', 'a', 'b', 'b', 'b', 'b'],
    }, { alpha: 0.5, windowSessions: 2 });
    expect(report.coverage).toBe(0.5); // 1 and 7 inside; 5 and 1.5 not
    expect([report.n, report.missing]).toEqual([4, 2]);
    expect([report.widths.infiniteShare, report.widths.emptyShare, report.widths.n, report.finiteRows]).toEqual([0.25, 0.25, 4, 3]);
    expect(report.widths.meanFinite).toBeCloseTo((2 + 4 + 0) / 3, 14);
    expect(report.byGroup.map((g) => [g.group, g.coverage, g.n])).toEqual([['a', 0.5, 2], ['b', 0.5, 2]]);
    expect(report.winkler).toBeCloseTo(winklerScore([0, 0, 2], [2, 4, 1], [1, 5, 1.5], { alpha: 0.5 }), 14);
    expect(report.worstWindow).toEqual({ coverage: 0.5, firstSession: 0, lastSession: 1, n: 2 });
  });

  it('an interval open to one side is infinite, an empty one of infinite bounds is empty', () => {
    const report = coverageReport({ lower: [-Infinity, Infinity, 0, 0], upper: [3, -Infinity, Infinity, 1], outcomes: [0, 0, 0, 0] });
    expect([report.widths.infiniteShare, report.widths.emptyShare, report.coverage, report.finiteRows]).toEqual([0.5, 0.25, 0.75, 1]);
    expect(report.winkler).toBe(1);
  });

  it('finds the worst window of sessions, whatever the order of the rows', () => {
    const sessions = [5, 1, 2, 2, 3, 4, 5, 1]; // sessions 3 and 4 miss one each; 2 has two rows
    const inside = [true, true, true, true, false, false, true, true];
    const { worstWindow } = coverageReport({ ...intervals(inside), sessions }, { windowSessions: 2 });
    expect(worstWindow).toEqual({ coverage: 0, firstSession: 3, lastSession: 4, n: 2 });
    expect(coverageReport({ ...intervals(inside), sessions }, { windowSessions: 3 }).worstWindow).toEqual({ coverage: 0.5, firstSession: 2, lastSession: 4, n: 4 });
  });

  it('is undefined with a reason for fewer sessions than a window', () => {
    expect(coverageReport(intervals([true, false]))).toMatchObject({ worstWindow: null, worstWindowReason: 'too-few-sessions' });
    expect(coverageReport(intervals([true, false]), { windowSessions: 2 }).worstWindowReason).toBeNull();
  });

  it('equals a loop over all windows', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 12 })), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 6 }), (pairs, windowSessions) => {
      const [inside, sessions] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
      const distinct = [...new Set(sessions)].sort((a, b) => a - b);
      const shares = distinct.slice(0, Math.max(0, distinct.length - windowSessions + 1)).map((_, s) => {
        const rows = pairs.filter(([, t]) => distinct.slice(s, s + windowSessions).includes(t));
        return rows.filter(([hit]) => hit).length / rows.length;
      });
      const { worstWindow } = coverageReport({ ...intervals(inside), sessions }, { windowSessions });
      expect(worstWindow?.coverage).toBe(shares.length === 0 ? undefined : Math.min(...shares));
    }));
  });

  it('engine 4: a capped radius shows as coverage below target, an infinite one as a share of infinite widths', () => {
    const outcomes = [0, 0, 0, 0, 5];
    const capped = coverageReport({ lower: outcomes.map(() => -1), upper: outcomes.map(() => 1), outcomes });
    const honest = coverageReport({ lower: outcomes.map(() => -Infinity), upper: outcomes.map(() => Infinity), outcomes });
    expect([capped.coverage, capped.widths.infiniteShare, capped.winkler]).toEqual([0.8, 0, 2 + (2 / 0.1) * (4 / 5)]);
    expect([honest.coverage, honest.widths.infiniteShare, honest.widths.meanFinite, honest.winkler, honest.finiteRows]).toEqual([1, 1, NaN, NaN, 0]);
  });

  it('no rows: NaN shares, counts of zero', () => {
    const report = coverageReport({ lower: [], upper: [], outcomes: [] });
    expect([report.n, report.finiteRows, report.coverage, report.widths.reason, report.worstWindowReason]).toEqual([0, 0, NaN, 'no-rows', 'too-few-sessions']);
  });

  it('is frozen plain data', () => {
    const report = coverageReport({ ...intervals([true, false, true]), groups: [1, 1, 2] }, { windowSessions: 2 });
    expect(fromPlain(toPlain(report))).toEqual(report);
    expect(Object.isFrozen(report) && Object.isFrozen(report.widths)).toBe(true);
  });

  it('refuses missing sessions, different lengths and wrong options', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => coverageReport({ ...intervals([true]), sessions: [NaN] })).toThrow(code('ERR_DOMAIN'));
    expect(() => coverageReport({ lower: [1], upper: [1, 2], outcomes: [1] })).toThrow(code('ERR_SHAPE'));
    expect(() => coverageReport(intervals([true]), { alpha: 0 })).toThrow(code('ERR_DOMAIN'));
    expect(() => coverageReport(intervals([true]), { windowSessions: 0 })).toThrow(code('ERR_DOMAIN'));
    expect(() => coverageReport(intervals([true]), { window: 5 } as never)).toThrow(code('ERR_UNKNOWN_NAME'));
  });
});
