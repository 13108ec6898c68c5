import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { auditSplits, holdoutSplit } from '../../src/validation/index.ts';
import type { HoldoutSplitOptions, LabelSpans } from '../../src/validation/index.ts';
import { anySpans, panelSpans, rowPerSession } from './spans.ts';

const rowsIn = (spans: LabelSpans, from: number, to: number): number[] => Array.from(spans.session, (s, row) => (s >= from && s < to ? row : -1)).filter((row) => row >= 0);
const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return isQuantwrightError(error) ? `${error.code} ${error.message}` : error;
  }
};

describe('holdoutSplit', () => {
  it('engine 1.1: purges between development, calibration and test by label end', () => {
    // 3 entities, 100 sessions, labels 5 long: sessions 0..94 are labelled. Test 20 % of 95 = 19 sessions from 76, calibration 10 % of 76 = 7 from 69.
    const spans = panelSpans(3, 100, 5);
    const split = holdoutSplit(spans, { test: 0.2, calibration: 0.1 });
    expect(split.boundaries).toEqual({ calibrationFrom: 69, testFrom: 76, calibrationFromTime: null, testFromTime: null });
    expect([...split.development]).toEqual(rowsIn(spans, 0, 64));
    expect([...split.calibration]).toEqual(rowsIn(spans, 69, 71));
    expect([...split.test]).toEqual(rowsIn(spans, 76, 95));
    expect(split.purged).toEqual({ development: 15, calibration: 15 });
    expect(split.unlabelled).toBe(15);
  });

  it('drops the row whose label ends exactly at the boundary and keeps the one before', () => {
    const split = holdoutSplit(rowPerSession([0, 3, 4, 6, 4, 5, 6, 7, 8, 9]), { test: { from: 4 }, calibration: 0 });
    expect([...split.development]).toEqual([0, 1]);
    expect(split.purged.development).toBe(2);
  });

  it('leaves whole embargo sessions before each later part, whose rows all stay', () => {
    const spans = panelSpans(1, 50, 0);
    const split = holdoutSplit(spans, { test: { from: 40 }, calibration: { from: 30 }, embargoSessions: 3 });
    expect([split.development.at(-1), split.calibration[0], split.calibration.at(-1), split.test[0]]).toEqual([26, 30, 36, 40]);
    expect(split.embargoed).toEqual({ development: 3, calibration: 3 });
  });

  it('takes dates, rounding up to the next session, and gives their times', () => {
    const day = 86400000;
    const sessions = Float64Array.from({ length: 10 }, (_, i) => Date.UTC(2016, 5, 27) + (i < 5 ? i : i + 2) * day); // Monday to Friday, twice
    const split = holdoutSplit(panelSpans(2, 10, 0), { sessions, test: '2016-07-02', calibration: { from: new Date('2016-06-30') } });
    expect(split.boundaries).toEqual({ testFrom: 5, testFromTime: Date.UTC(2016, 6, 4), calibrationFrom: 3, calibrationFromTime: Date.UTC(2016, 5, 30) });
  });

  it('takes a calibration share of the sessions before the test part', () => {
    expect(holdoutSplit(panelSpans(1, 100, 0), { test: { from: 50 }, calibration: 0.2 }).boundaries.calibrationFrom).toBe(40);
  });

  it('counts 0.29 of 100 sessions as 29, not 28', () => {
    expect(holdoutSplit(panelSpans(1, 100, 0), { test: 0.29, calibration: 0 }).test).toHaveLength(29);
  });

  it('has no part for a share of 0', () => {
    const { development, boundaries, test } = holdoutSplit(panelSpans(2, 10, 1), { test: 0, calibration: 0 });
    expect([development.length, test.length, boundaries.testFrom, boundaries.calibrationFrom]).toEqual([18, 0, null, null]);
  });

  it('engine 1.2: counts the purge in sessions of the panel when only some rows are split', () => {
    // Every fourth session: a purge of 5 dates present in the subset would throw away 20 sessions.
    const spans = panelSpans(1, 100, 5);
    const rows = rowsIn(spans, 0, 95).filter((row) => row % 4 === 0);
    const split = holdoutSplit(spans, { rows, test: { from: 60 }, calibration: 0 });
    expect(split.development.at(-1)).toBe(52);
    expect(split.purged.development).toBe(1);
  });

  it('engine 1.13: counts distinct sessions, not rows', () => {
    const crowded = panelSpans(1000, 3, 0);
    expect(holdoutSplit(crowded, { test: 0.34, calibration: 0 }).test).toHaveLength(1000);
  });

  it('engine 1.21: gates and calibrator get rows of their own: no row is in two parts', () => {
    fc.assert(fc.property(anySpans, fc.double({ min: 0, max: 0.6, noNaN: true }), fc.double({ min: 0, max: 0.6, noNaN: true }), fc.nat(4), (spans, test, calibration, embargoSessions) => {
      let split: ReturnType<typeof holdoutSplit>;
      try {
        split = holdoutSplit(spans, { test, calibration, embargoSessions });
      } catch (error) {
        expect(isQuantwrightError(error, 'ERR_DOMAIN')).toBe(true);
        return;
      }
      expect(auditSplits(spans, [split], { embargoSessions, chronological: true }).offences).toEqual([]);
      const kept = split.development.length + split.calibration.length + split.test.length;
      const left = split.purged.development + split.purged.calibration + split.embargoed.development + split.embargoed.calibration + split.unlabelled;
      expect(kept + left).toBe(spans.session.length);
    }), { numRuns: 300 });
  });

  it.each<[string, LabelSpans, HoldoutSplitOptions, RegExp]>([
    ['no row', { session: [], endSession: [], sessionCount: 0 }, {}, /^ERR_DOMAIN holdoutSplit: rows must include a row with a label, got none among 0/],
    ['no label', panelSpans(2, 3, 5), {}, /^ERR_DOMAIN .*got none among 6/],
    ['one session', panelSpans(5, 1, 0), {}, /^ERR_DOMAIN holdoutSplit: test must leave sessions before it, got a share of 0.15 of 1 labelled session/],
    ['two rows whose labels touch', rowPerSession([1, 1]), { test: 0.5, calibration: 0 }, /^ERR_DOMAIN holdoutSplit: development must keep a row, got none whose label ends before session 1 \(1 purged/],
    ['a date without sessions', panelSpans(1, 9, 0), { test: '2020-01-01' }, /^ERR_DOMAIN holdoutSplit: sessions must be given when test is a date/],
    ['a date after the end', panelSpans(1, 2, 0), { test: '2020-01-01', sessions: [0, 1] }, /^ERR_DOMAIN .*after the last session, got 2020-01-01/],
    ['a calibration part after the test part', panelSpans(1, 9, 0), { test: { from: 4 }, calibration: { from: 6 } }, /^ERR_DOMAIN holdoutSplit: calibration must start at or before/],
    ['a share of 1', panelSpans(1, 9, 0), { test: 1 }, /^ERR_DOMAIN holdoutSplit: test must be a share/],
    ['rows out of order', panelSpans(1, 9, 0), { rows: [3, 2] }, /^ERR_DOMAIN holdoutSplit: rows must be strictly ascending .* got 2 at position 1/],
    ['a label that ends before its row', { session: [2], endSession: [1], sessionCount: 3 }, {}, /^ERR_DOMAIN holdoutSplit: spans.endSession must be -1 or/],
    ['arrays of different length', { session: [1, 2], endSession: [1], sessionCount: 3 }, {}, /^ERR_SHAPE/],
    ['times out of order', panelSpans(1, 3, 0), { sessions: [5, 4, 6] }, /^ERR_DOMAIN holdoutSplit: sessions must be strictly ascending/],
    ['an unknown option', panelSpans(1, 3, 0), { embargo: 3 } as HoldoutSplitOptions, /^ERR_UNKNOWN_NAME .*embargo/],
  ])('answers %s with an error that says what is wrong', (_name, spans, options, message) => {
    expect(codeOf(() => holdoutSplit(spans, options))).toMatch(message);
  });

  it('splits one entity and two rows where that is possible', () => {
    const split = holdoutSplit(rowPerSession([0, 1]), { test: 0.5, calibration: 0 });
    expect([[...split.development], [...split.test]]).toEqual([[0], [1]]);
  });
});
