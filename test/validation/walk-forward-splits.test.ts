import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { auditSplits, walkForwardSplits } from '../../src/validation/index.ts';
import type { WalkForwardSplit, WalkForwardSplitsOptions } from '../../src/validation/index.ts';
import { anySpans, fromRanges, panelSpans } from './spans.ts';

interface PositionCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly n: number };
  readonly params: Readonly<Record<string, number | boolean | undefined>>;
  readonly expected: { readonly train: number[][]; readonly test: number[][] }[];
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/cv.json', import.meta.url), 'utf8')) as { cases: PositionCase[] };
const named = (kind: string): (readonly [string, PositionCase])[] => cases.filter((c) => c.kind === kind).map((c) => [c.id, c] as const);
const sets = (splits: readonly WalkForwardSplit[]): unknown => splits.map(({ train, test }) => ({ train: [...train], test: [...test] }));
const expectedSets = (expected: PositionCase['expected']): unknown => expected.map(({ train, test }) => ({ train: fromRanges(train), test: fromRanges(test) }));

describe('walkForwardSplits', () => {
  it.each(named('time_series_split'))('equals the sklearn TimeSeriesSplit case %s', (_id, { input, params, expected }) => {
    const folds = Number(params['n_splits']);
    const testSessions = Number(params['test_size'] ?? Math.floor(input.n / (folds + 1)));
    const options: WalkForwardSplitsOptions = {
      testSessions,
      from: input.n - folds * testSessions,
      gapSessions: Number(params['gap'] ?? 0),
      window: params['max_train_size'] === undefined ? 'expanding' : { rolling: Number(params['max_train_size']) },
    };
    expect(sets(walkForwardSplits(panelSpans(1, input.n, 0), options))).toEqual(expectedSets(expected));
  });

  it.each(named('walk_forward'))('equals the skfolio WalkForward case %s', (_id, { input, params, expected }) => {
    const trainSize = Number(params['train_size']);
    const options: WalkForwardSplitsOptions = {
      testSessions: Number(params['test_size']),
      gapSessions: Number(params['purged_size'] ?? 0),
      includePartialLast: params['reduce_test'] === true,
      ...(params['expand_train'] === true ? { minTrainSessions: trainSize } : { window: { rolling: trainSize } }),
    };
    expect(sets(walkForwardSplits(panelSpans(1, input.n, 0), options))).toEqual(expectedSets(expected));
  });

  it('trains only on labels known before the test block, latency included', () => {
    // Labels of 5 sessions: before test session 20 those of sessions 0..14 are known; two sessions of latency leave 0..12, an embargo of one 0..11.
    const spans = panelSpans(2, 60, 5);
    const first = (options: Partial<WalkForwardSplitsOptions>): WalkForwardSplit => walkForwardSplits(spans, { testSessions: 10, from: 20, ...options })[0];
    expect(first({}).trainToSession).toBe(14);
    expect(first({ latencySessions: 2 }).trainToSession).toBe(12);
    expect(first({ latencySessions: 2, embargoSessions: 1 })).toMatchObject({ trainToSession: 11, purged: 14, embargoed: 2, trainFromSession: 0, testFromSession: 20, testToSession: 29 });
    expect(first({ window: { rolling: 8 } })).toMatchObject({ trainFromSession: 12, trainToSession: 14, purged: 10 });
  });

  it('engine 8: tests the remainder at the end too', () => {
    const splits = walkForwardSplits(panelSpans(3, 47, 2), { testSessions: 10, minTrainSessions: 20 });
    expect(splits.map(({ testFromSession, testToSession }) => [testFromSession, testToSession])).toEqual([[20, 29], [30, 39], [40, 44]]);
  });

  it('starts at a date', () => {
    const sessions = Float64Array.from({ length: 30 }, (_, i) => Date.UTC(2020, 0, 1 + i));
    expect(walkForwardSplits(panelSpans(1, 30, 1), { testSessions: 5, from: '2020-01-21', sessions })[0].testFromSession).toBe(20);
  });

  it('passes its own audit, in time order, and tests every labelled row from the first block on once', () => {
    const options = fc.record({
      testSessions: fc.integer({ min: 1, max: 6 }), from: fc.nat(20), gapSessions: fc.nat(3), latencySessions: fc.nat(3), embargoSessions: fc.nat(2),
      window: fc.oneof(fc.constant('expanding' as const), fc.record({ rolling: fc.integer({ min: 1, max: 10 }) })),
    });
    fc.assert(fc.property(anySpans, options, (spans, chosen) => {
      let splits: readonly WalkForwardSplit[];
      try {
        splits = walkForwardSplits(spans, chosen);
      } catch (error) {
        expect(isQuantwrightError(error, 'ERR_DOMAIN')).toBe(true);
        return;
      }
      expect(auditSplits(spans, splits).offences).toEqual([]);
      for (const { train, test, testFromSession } of splits) {
        expect(Math.min(train.length, test.length)).toBeGreaterThan(0);
        for (const row of train) expect(spans.endSession[row] + chosen.latencySessions + chosen.embargoSessions).toBeLessThan(testFromSession);
        for (const row of train) expect(spans.session[row]).toBeLessThan(testFromSession - chosen.gapSessions);
      }
      const due = Array.from(spans.session, (s, row) => (s >= chosen.from && spans.endSession[row] >= 0 ? row : -1)).filter((row) => row >= 0);
      expect(splits.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual(due);
    }), { numRuns: 300 });
  });

  it.each<[string, number, number, WalkForwardSplitsOptions, RegExp]>([
    ['one session', 1, 0, { testSessions: 1, minTrainSessions: 1 }, /got 1 labelled sessions, 1 before the first block of 1/],
    ['a first block without enough history', 20, 0, { testSessions: 5, from: 3, minTrainSessions: 4 }, /got 3 of 4 labelled sessions before session 3/],
    ['a first block before whose start no label is known', 20, 6, { testSessions: 5, from: 4 }, /got none for split 0 \(8 purged/],
    ['an expanding window without a start', 20, 0, { testSessions: 5 }, /minTrainSessions or from must be given/],
    ['too little data for a whole block', 12, 0, { testSessions: 5, minTrainSessions: 10, includePartialLast: false }, /got 12 labelled sessions, 10 before the first block of 5/],
    ['a window of no kind', 20, 0, { testSessions: 5, window: 'rolling' as 'expanding' }, /window must be 'expanding' or { rolling: sessions }, got "rolling"/],
  ])('answers %s with an error', (_name, sessionCount, horizon, options, message) => {
    expect(() => walkForwardSplits(panelSpans(2, sessionCount, horizon), options)).toThrow(message);
  });
});
