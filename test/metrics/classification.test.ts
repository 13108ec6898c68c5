import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracy, balancedAccuracy, f1Score, matthewsCorrelation, precision, recall } from '../../src/metrics/classification.ts';
import { confusionMatrix } from '../../src/metrics/confusion-matrix.ts';

// 3 hits, 1 miss, 2 false alarms, 4 correct rejections.
const actual = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
const predicted = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0];

describe('confusionMatrix', () => {
  it('has outcomes in rows and predictions in columns, classes ascending', () => {
    expect(confusionMatrix(actual, predicted)).toEqual({ classes: [0, 1], counts: [[4, 2], [1, 3]], n: 10, missing: 0 });
    expect(confusionMatrix(['b', 'a'], ['c', 'a'])).toMatchObject({ classes: ['a', 'b', 'c'], counts: [[1, 0, 0], [0, 0, 1], [0, 0, 0]] });
  });

  it('takes given classes in their order, weights, and counts missing rows', () => {
    expect(confusionMatrix<number>([0, 2, NaN], [2, 2, 0], { classes: [2, 1, 0], weights: [0.5, 2, 9] })).toEqual({ classes: [2, 1, 0], counts: [[2, 0, 0], [0, 0, 0], [0.5, 0, 0]], n: 2, missing: 1 });
    expect(confusionMatrix<number>([], [])).toEqual({ classes: [], counts: [], n: 0, missing: 0 });
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => confusionMatrix([1], [1, 0]), 'ERR_SHAPE'],
    ['a class that was not given', () => confusionMatrix<number>([1], [3], { classes: [0, 1] }), 'ERR_DOMAIN'],
    ['a class given twice', () => confusionMatrix<number>([1], [1], { classes: [1, 1] }), 'ERR_DOMAIN'],
    ['a negative weight', () => confusionMatrix([1], [1], { weights: [-1] }), 'ERR_DOMAIN'],
    ['an unknown option', () => confusionMatrix([1], [1], { labels: [1] } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('metrics of classes', () => {
  it('by hand', () => {
    expect(accuracy(actual, predicted)).toEqual({ value: 0.7, reason: null, n: 10, missing: 0 });
    expect(precision(actual, predicted)).toEqual({ value: 0.6, reason: null, n: 10, missing: 0, undefinedClasses: [] });
    expect(recall(actual, predicted).value).toBe(0.75);
    expect(f1Score(actual, predicted).value).toBeCloseTo((2 * 0.6 * 0.75) / 1.35, 15);
    expect(balancedAccuracy(actual, predicted).value).toBeCloseTo((0.75 + 4 / 6) / 2, 15);
    expect(matthewsCorrelation(actual, predicted).value).toBeCloseTo((3 * 4 - 2 * 1) / Math.sqrt(5 * 4 * 6 * 5), 15);
    expect(precision(actual, predicted, { positive: 0 }).value).toBeCloseTo(4 / 5, 15);
  });

  it('macro averages over classes', () => {
    expect(precision(actual, predicted, { average: 'macro' }).value).toBeCloseTo((0.6 + 0.8) / 2, 15);
    expect(recall(actual, predicted, { average: 'macro' }).value).toBe(balancedAccuracy(actual, predicted).value);
    expect(f1Score(actual, predicted, { average: 'macro' }).value).toBeCloseTo((2 / 3 + 8 / 11) / 2, 15);
  });

  it('the three-class worked example: scikit-learn gives F1 macro 0.2667 of [0,1,2,0,1,2] and [0,2,1,0,0,1], where every class is predicted', () => {
    const [y, p] = [[0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]];
    expect(f1Score(y, p, { average: 'macro' }).value).toBeCloseTo(0.8 / 3, 15);
    expect(precision(y, p, { average: 'macro' }).value).toBeCloseTo(2 / 9, 15);
    // Gorodkin: right 2 of 6, marginals (2, 2, 2) and (3, 2, 1).
    expect(matthewsCorrelation(y, p).value).toBeCloseTo((2 * 6 - 12) / Math.sqrt(24 * 22), 15);
  });

  it('a class that is never predicted has no precision: macro leaves it out and names it, never a silent 0', () => {
    const [y, p] = [[0, 1, 2], [0, 1, 1]];
    expect(precision(y, p, { average: 'macro' })).toMatchObject({ value: 0.75, reason: null, undefinedClasses: [2] });
    expect(recall(y, p, { average: 'macro' })).toMatchObject({ undefinedClasses: [] });
    expect(precision(y, p, { positive: 2 })).toMatchObject({ value: NaN, reason: 'no-predicted-positives' });
    expect(f1Score(y, p, { positive: 2 })).toMatchObject({ value: 0, reason: null });
  });

  it('undefined is a reason', () => {
    expect(precision([1, 0], [0, 0])).toMatchObject({ value: NaN, reason: 'no-predicted-positives', n: 2 });
    expect(recall([0, 0], [1, 0])).toMatchObject({ value: NaN, reason: 'no-actual-positives' });
    expect(f1Score([0, 0], [0, 0])).toMatchObject({ value: NaN, reason: 'no-positives' });
    expect(balancedAccuracy([1, 1], [1, 0])).toMatchObject({ value: NaN, reason: 'one-class' });
    expect(matthewsCorrelation([1, 1], [1, 0])).toMatchObject({ value: NaN, reason: 'one-class' });
    expect(matthewsCorrelation([1, 0], [1, 1])).toMatchObject({ value: NaN, reason: 'constant-prediction' });
    for (const metric of [accuracy, precision, recall, f1Score, balancedAccuracy, matthewsCorrelation]) {
      expect(metric<number>([NaN], [1])).toMatchObject({ value: NaN, reason: 'no-rows', n: 0, missing: 1 });
    }
  });

  it('weights count as repeated rows, for any data', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const repeated = rows.flatMap((r) => Array.from({ length: r[2] }, () => r));
      const macro = { average: 'macro' } as const;
      for (const metric of [accuracy, balancedAccuracy, matthewsCorrelation, (a: number[], b: number[], o: object) => f1Score(a, b, { ...macro, ...o })]) {
        const weighted = metric(rows.map((r) => r[0]), rows.map((r) => r[1]), { weights: rows.map((r) => r[2]) });
        const plain = metric(repeated.map((r) => r[0]), repeated.map((r) => r[1]), {});
        expect(weighted.reason).toBe(plain.reason);
        if (plain.reason === null) expect(weighted.value).toBeCloseTo(plain.value, 12);
      }
    }));
  });

  it('the Matthews correlation is 1, 0 and -1 for perfect, balanced-random and inverted predictions', () => {
    expect(matthewsCorrelation([0, 1, 2], [0, 1, 2]).value).toBeCloseTo(1, 15);
    expect(matthewsCorrelation([0, 0, 1, 1], [0, 1, 0, 1]).value).toBeCloseTo(0, 15);
    expect(matthewsCorrelation([0, 1], [1, 0]).value).toBeCloseTo(-1, 15);
  });

  it.each<[string, () => unknown, string]>([
    ['text classes without a positive one', () => f1Score(['up', 'down'], ['up', 'up']), 'ERR_DOMAIN'],
    ['an unknown average', () => recall([1], [1], { average: 'micro' as 'macro' }), 'ERR_DOMAIN'],
    ['different lengths', () => accuracy([1], [1, 0]), 'ERR_SHAPE'],
    ['an unknown option', () => accuracy([1], [1], { positive: 1 } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuse %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
