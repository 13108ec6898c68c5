import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { auditSplits, holdoutSplit, purgedKFold, walkForwardSplits } from '../../src/validation/index.ts';
import type { LabelSpans, OffenceKind, SplitAudit } from '../../src/validation/index.ts';
import { anySpans, panelSpans, rowPerSession } from './spans.ts';

const brief = (audit: SplitAudit): unknown[] => audit.offences.map(({ earlier, later, kind, count }) => [earlier, later, kind, count]);

describe('auditSplits catches planted leaks', () => {
  const spans = panelSpans(4, 100, 5);
  const sessionsOf = (from: number, to: number): number[] => Array.from({ length: spans.session.length }, (_, row) => row).filter((row) => spans.session[row] >= from && spans.session[row] < to);

  it('a purge that is off by one: labels that end at the first test session', () => {
    const test = sessionsOf(60, 80);
    expect(auditSplits(spans, [{ train: sessionsOf(0, 55), test }]).passed).toBe(true);
    // 4 training rows of session 55 meet 4 test rows of session 60.
    expect(brief(auditSplits(spans, [{ train: sessionsOf(0, 56), test }]))).toEqual([['train', 'test', 'overlap', 16]]);
  });

  it('an embargo of zero when one is demanded', () => {
    const fold = purgedKFold(spans, { folds: 5 })[2];
    expect(auditSplits(spans, [fold]).passed).toBe(true);
    expect(auditSplits(spans, [fold], { embargoSessions: 3 }).offences).toMatchObject([{ earlier: 'train', later: 'test', kind: 'embargo' }]);
    expect(auditSplits(spans, [purgedKFold(spans, { folds: 5, embargoSessions: 3 })[2]], { embargoSessions: 3 }).passed).toBe(true);
  });

  it('engine 1.7: early stopping on test rows', () => {
    const audit = auditSplits(spans, [{ train: sessionsOf(0, 40), earlyStopping: sessionsOf(60, 62), test: sessionsOf(60, 80) }]);
    expect(audit.offences[0]).toMatchObject({ split: 0, earlier: 'earlyStopping', later: 'test', kind: 'shared-row', count: 8 });
    expect(audit.offences[0].rows[0]).toEqual([240, 240]);
  });

  it('engine 1.7: early stopping on a random part of the training sessions', () => {
    const train = sessionsOf(0, 40);
    const audit = auditSplits(spans, [{ train: train.filter((row) => row % 7 !== 0), earlyStopping: train.filter((row) => row % 7 === 0), test: sessionsOf(60, 80) }]);
    expect(audit.offences).toMatchObject([{ earlier: 'train', later: 'earlyStopping', kind: 'overlap' }]);
  });

  it('engine 1.3: a calibrator fitted on training rows', () => {
    const audit = auditSplits(spans, [{ train: sessionsOf(0, 40), calibration: sessionsOf(30, 50), test: sessionsOf(60, 80) }]);
    expect(audit.offences.map(({ earlier, later, kind }) => [earlier, later, kind])).toEqual([['train', 'calibration', 'shared-row'], ['train', 'calibration', 'overlap']]);
  });

  it('engine 1.8: features selected on rows that judge the fold', () => {
    const fold = purgedKFold(spans, { folds: 5 })[1];
    const audit = auditSplits(spans, [{ selection: sessionsOf(0, 95), train: fold.train, test: fold.test }]);
    expect(audit.offences.filter(({ later }) => later === 'test').map(({ earlier, kind }) => [earlier, kind])).toEqual([['selection', 'shared-row'], ['selection', 'overlap']]);
  });

  it('training on what comes after the test rows, where time order is asked for', () => {
    const split = { train: sessionsOf(70, 80), test: sessionsOf(40, 50) };
    expect(auditSplits(spans, [split]).passed).toBe(true);
    expect(brief(auditSplits(spans, [split], { chronological: true }))).toEqual([['train', 'test', 'order', 1600]]);
  });

  it('rows without a label in any role', () => {
    expect(brief(auditSplits(spans, [{ train: sessionsOf(0, 40), test: sessionsOf(90, 97) }]))).toEqual([['test', 'test', 'unlabelled', 8]]);
  });

  it('in a panel, two entities on one session share time', () => {
    expect(brief(auditSplits({ session: [3, 3], endSession: [4, 4], sessionCount: 6 }, [{ train: [0], test: [1] }]))).toEqual([['train', 'test', 'overlap', 1]]);
  });

  it('names the split and samples at most ten pairs that offend', () => {
    const { offences, pairsChecked } = auditSplits(spans, [{ train: sessionsOf(0, 10), test: sessionsOf(20, 30) }, { train: sessionsOf(0, 20), test: sessionsOf(20, 30) }]);
    expect(offences).toHaveLength(1);
    expect(offences[0].split).toBe(1);
    expect(offences[0].rows).toHaveLength(10);
    for (const [a, b] of offences[0].rows) expect(spans.endSession[a]).toBeGreaterThanOrEqual(spans.session[b]);
    expect(pairsChecked).toBe(40 * 40 + 80 * 40);
  });

  it('takes a role called test as the last, wherever it is written', () => {
    const { train, test } = purgedKFold(spans, { folds: 5 })[0];
    expect(auditSplits(spans, [{ test, train }], { embargoSessions: 2 }).offences).toMatchObject([{ earlier: 'train', later: 'test', kind: 'embargo' }]);
  });

  it('prints itself as a table', () => {
    const inspect = Symbol.for('nodejs.util.inspect.custom');
    const text = (audit: SplitAudit): string => (audit as unknown as Record<symbol, () => string>)[inspect]();
    expect(text(auditSplits(spans, [{ train: [0], test: [0] }]))).toMatch(/train +test +shared-row +1 +0, 0/);
    expect(text(auditSplits(spans, [{ train: [0], test: [300] }]))).toBe('no offence in 1 pairs of rows');
  });
});

describe('auditSplits', () => {
  // The definition, pair by pair.
  const bruteForce = (spans: LabelSpans, roles: readonly (readonly [string, readonly number[]])[], embargo: number, chronological: boolean): Map<string, number> => {
    const { session: s, endSession: e } = spans;
    const counts = new Map<string, number>();
    const add = (earlier: string, later: string, kind: OffenceKind): void => void counts.set(`${earlier} ${later} ${kind}`, (counts.get(`${earlier} ${later} ${kind}`) ?? 0) + 1);
    roles.forEach(([earlier, rows], i) => {
      for (const a of rows) {
        if (e[a] < 0) add(earlier, earlier, 'unlabelled');
        for (const [later, others] of roles.slice(i + 1)) {
          for (const b of others) {
            if (a === b) add(earlier, later, 'shared-row');
            if (e[a] < 0 || e[b] < 0) continue;
            if (a !== b && s[a] <= e[b] && s[b] <= e[a]) add(earlier, later, 'overlap');
            if (embargo > 0 && s[a] > e[b] && s[a] - e[b] <= embargo) add(earlier, later, 'embargo');
            if (chronological && s[a] > e[b]) add(earlier, later, 'order');
          }
        }
      }
    });
    return counts;
  };

  it('agrees with a check of every pair', () => {
    const assigned = anySpans.chain((spans) => fc.tuple(fc.constant(spans), fc.array(fc.integer({ min: 0, max: 15 }), { minLength: spans.session.length, maxLength: spans.session.length }), fc.nat(4), fc.boolean()));
    fc.assert(fc.property(assigned, ([spans, masks, embargoSessions, chronological]) => {
      // Bit r of a row's mask puts it into role r; a row may be in several.
      const roles = ['train', 'earlyStopping', 'calibration', 'test'].map((name, r) => [name, masks.map((mask, row) => ((mask >> r) & 1 ? row : -1)).filter((row) => row >= 0)] as const);
      const audit = auditSplits(spans, [Object.fromEntries(roles)], { embargoSessions, chronological });
      const found = new Map(audit.offences.map(({ earlier, later, kind, count }) => [`${earlier} ${later} ${kind}`, count]));
      expect(new Map([...found].sort())).toEqual(new Map([...bruteForce(spans, roles, embargoSessions, chronological)].sort()));
      expect(audit.passed).toBe(found.size === 0);
    }), { numRuns: 400 });
  });

  it('checks 5 folds of 150,000 rows, which comparing all pairs would not do before the timeout', () => {
    const spans = panelSpans(120, 1250, 5);
    const folds = purgedKFold(spans, { folds: 5, embargoSessions: 2 });
    expect(auditSplits(spans, folds, { embargoSessions: 2 }).passed).toBe(true);
  });

  it('reads our own splits as they are', () => {
    const spans = panelSpans(3, 80, 4);
    expect(auditSplits(spans, [holdoutSplit(spans), ...purgedKFold(spans, { folds: 3 }), ...walkForwardSplits(spans, { testSessions: 10, minTrainSessions: 30 })]).passed).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['a single role', [{ train: [0] }], /splits\[0\] must have at least two roles, got 1/],
    ['a row that does not exist', [{ train: [0], test: [9] }], /splits\[0\].test must hold row indices below 3, got 9 at position 0/],
    ['a set instead of an array', [{ train: new Set([0]), test: [1] }], /splits\[0\].train must be an array of row indices/],
    ['something that is no list', { train: [0], test: [1] }, /splits must be a list of splits/],
    ['nothing', [null], /splits\[0\] must be a record of row sets, got null/],
  ])('refuses %s', (_name, splits, message) => {
    const run = (): unknown => auditSplits(rowPerSession([0, 1, 2]), splits as []);
    expect(run).toThrow(message);
    try {
      run();
    } catch (error) {
      expect(isQuantwrightError(error, 'ERR_DOMAIN')).toBe(true);
    }
  });
});
