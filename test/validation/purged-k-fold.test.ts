import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { auditSplits, purgedKFold } from '../../src/validation/index.ts';
import { anySpans, fromRanges, panelSpans, rowPerSession } from './spans.ts';

interface KFoldCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly t1: number[] };
  readonly params: { readonly n_splits: number; readonly embargo_pct: number };
  readonly expected: Record<'ldp' | 'strict', { readonly train: number[][]; readonly test: number[][] }[]>;
}
const cases = (JSON.parse(readFileSync(new URL('./fixtures/cv.json', import.meta.url), 'utf8')) as { cases: KFoldCase[] }).cases.filter((c) => c.kind === 'purged_kfold');

describe('purgedKFold', () => {
  it.each(cases.map((c) => [c.id, c] as const))('equals the strict reference case %s', (_id, { input, params, expected }) => {
    const folds = purgedKFold(rowPerSession(input.t1), { folds: params.n_splits, embargoFraction: params.embargo_pct });
    expect(folds.map(({ train, test }) => ({ train: [...train], test: [...test] }))).toEqual(expected.strict.map(({ train, test }) => ({ train: fromRanges(train), test: fromRanges(test) })));
  });

  it('is stricter than the book: the audit finds offences in its folds and none in ours', () => {
    for (const { input, params, expected } of cases) {
      const spans = rowPerSession(input.t1);
      const book = expected.ldp.map(({ train, test }) => ({ train: fromRanges(train), test: fromRanges(test) }));
      expect(auditSplits(spans, book).passed).toBe(false);
      expect(auditSplits(spans, purgedKFold(spans, { folds: params.n_splits, embargoFraction: params.embargo_pct })).passed).toBe(true);
    }
  });

  it('keeps the rows of a session together and purges across entities', () => {
    // 2 entities, 9 labelled sessions of label length 1, 3 folds of 3 sessions: the middle fold 3..5 ends at 6.
    const [, middle] = purgedKFold(panelSpans(2, 10, 1), { folds: 3, embargoSessions: 1 });
    expect([...middle.test]).toEqual([6, 7, 8, 9, 10, 11]);
    expect([...middle.train]).toEqual([0, 1, 2, 3, 16, 17]); // session 2 touches 3, session 6 is overlapped, session 7 is embargoed
    expect([middle.purged, middle.embargoed, middle.testFromSession, middle.testToSession]).toEqual([4, 2, 3, 5]);
  });

  it('engine 1.2: purges a label of 20 sessions by its own end, not by a fixed 10', () => {
    const spans = panelSpans(2, 140, 20);
    for (const { train, test, testFromSession, testToSession } of purgedKFold(spans, { folds: 3 })) {
      expect(auditSplits(spans, [{ train, test }]).passed).toBe(true);
      for (const row of train) expect(spans.endSession[row] < testFromSession || spans.session[row] > testToSession + 20).toBe(true);
    }
  });

  it('engine 1.13: needs as many sessions as folds, however many rows there are', () => {
    expect(() => purgedKFold(panelSpans(500, 4, 0), { folds: 5 })).toThrow(/folds must not exceed the number of labelled sessions, got 5 folds of 4 sessions/);
  });

  it('shares out sessions like array_split and uses every labelled row once', () => {
    fc.assert(fc.property(anySpans, fc.integer({ min: 2, max: 6 }), fc.nat(4), (spans, folds, embargoSessions) => {
      let splits: ReturnType<typeof purgedKFold>;
      try {
        splits = purgedKFold(spans, { folds, embargoSessions });
      } catch (error) {
        expect(isQuantwrightError(error, 'ERR_DOMAIN')).toBe(true);
        return;
      }
      expect(auditSplits(spans, splits, { embargoSessions }).offences).toEqual([]);
      const labelled = Array.from(spans.endSession, (end, row) => (end < 0 ? -1 : row)).filter((row) => row >= 0);
      expect(splits.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual(labelled);
      for (const { train, test, purged, embargoed } of splits) expect(train.length + test.length + purged + embargoed).toBe(labelled.length);
    }), { numRuns: 300 });
  });

  it('drops no row without a reason: every purged row would be an offence', () => {
    const spans = panelSpans(1, 40, 3);
    for (const { train, test } of purgedKFold(spans, { folds: 4, embargoSessions: 2 })) {
      const out = Array.from({ length: 37 }, (_, row) => row).filter((row) => !train.includes(row) && !test.includes(row));
      for (const row of out) expect(auditSplits(spans, [{ train: [row], test }], { embargoSessions: 2 }).passed).toBe(false);
    }
  });

  it.each([
    ['one session', panelSpans(3, 1, 0), { folds: 2 }, /got 2 folds of 1 session$/],
    ['two rows whose labels touch', rowPerSession([1, 1]), { folds: 2 }, /folds must leave training rows, got none for fold 1 of 2 over 2 labelled sessions \(1 purged/],
    ['an embargo as long as the data', panelSpans(1, 6, 0), { folds: 2, embargoSessions: 9 }, /got none for fold 1 of 2 .*3 embargoed/],
    ['one fold', panelSpans(1, 6, 0), { folds: 1 }, /folds must be an integer >= 2/],
    ['two embargoes', panelSpans(1, 6, 0), { folds: 2, embargoSessions: 1, embargoFraction: 0.1 }, /must not be given together/],
    ['no label', panelSpans(2, 3, 9), { folds: 2 }, /rows must include a row with a label/],
  ])('answers %s with an error, never with an empty fold', (_name, spans, options, message) => {
    expect(() => purgedKFold(spans, options)).toThrow(message);
    try {
      purgedKFold(spans, options);
    } catch (error) {
      expect(isQuantwrightError(error, 'ERR_DOMAIN')).toBe(true);
    }
  });
});
