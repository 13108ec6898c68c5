import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiclassBrierScore, multiclassLogLoss, rankedProbabilityScore, topLabelCalibrationError } from '../../src/metrics/multiclass.ts';
import { brierScore, logLoss } from '../../src/metrics/probability.ts';
import { areaUnderRoc, averagePrecision } from '../../src/metrics/ranking.ts';
import { accuracy } from '../../src/metrics/classification.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

const rows = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 25 });

describe('areaUnderRoc and averagePrecision', () => {
  it.each(referenceCases('prob_metrics.json', 'binary'))('equal the scikit-learn reference case %s, ties and weights included', (_id, { input, expected }) => {
    const options = input['w'] === null ? {} : { weights: input['w'] };
    expect(relativeError(areaUnderRoc(input['y'], input['p'], options).value, expected['auc'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(averagePrecision(input['y'], input['p'], options).value, expected['ap'])).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand', () => {
    expect(areaUnderRoc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])).toEqual({ value: 0.875, reason: null, n: 4, missing: 0 });
    expect(areaUnderRoc([1, 0], [2, 1]).value).toBe(1);
    expect(areaUnderRoc([0, 1], [2, 1]).value).toBe(0);
    // Thresholds 3, 2, 1: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
    expect(averagePrecision([1, 0, 1], [3, 2, 1]).value).toBeCloseTo(0.5 + 0.5 * (2 / 3), 15);
    expect(averagePrecision([1, 0, 1, 0], [1, 1, 1, 1]).value).toBe(0.5);
  });

  it('the area is the weighted share of pairs in order, half for a tie, for any data', () => {
    fc.assert(fc.property(rows, (data) => {
      const found = areaUnderRoc(data.map((r) => r[0]), data.map((r) => r[1]), { weights: data.map((r) => r[2]) });
      let [won, total] = [0, 0];
      for (const a of data) {
        for (const b of data) {
          if (a[0] !== 1 || b[0] !== 0) continue;
          total += a[2] * b[2];
          won += a[2] * b[2] * (a[1] > b[1] ? 1 : a[1] === b[1] ? 0.5 : 0);
        }
      }
      expect(found.reason).toBe(total === 0 ? 'one-class' : null);
      if (total > 0) expect(found.value).toBeCloseTo(won / total, 12);
      else expect(found.value).toBeNaN();
    }));
  });

  it('neither depends on the order of rows, and the area not on a rising change of the scores', () => {
    fc.assert(fc.property(rows.filter((data) => data.some((r) => r[0] === 1) && data.some((r) => r[0] === 0)), (data) => {
      const [y, s] = [data.map((r) => r[0]), data.map((r) => r[1])];
      expect(averagePrecision([...y].reverse(), [...s].reverse()).value).toBeCloseTo(averagePrecision(y, s).value, 12);
      expect(areaUnderRoc(y, s.map((v) => Math.exp(v) - 100)).value).toBeCloseTo(areaUnderRoc(y, s).value, 12);
    }));
  });

  it('undefined is a reason: one class, no positives, no rows; a weight of 0 takes a row out', () => {
    expect(areaUnderRoc([1, 1], [0.1, 0.9])).toEqual({ value: NaN, reason: 'one-class', n: 2, missing: 0 });
    expect(areaUnderRoc([0, 1], [0.1, 0.9], { weights: [0, 1] })).toMatchObject({ value: NaN, reason: 'one-class', n: 1 });
    expect(areaUnderRoc([NaN], [1])).toEqual({ value: NaN, reason: 'no-rows', n: 0, missing: 1 });
    expect(averagePrecision([0, 0], [1, 2])).toMatchObject({ value: NaN, reason: 'no-positives', n: 2 });
    expect(averagePrecision([], [])).toMatchObject({ value: NaN, reason: 'no-rows' });
    expect(averagePrecision([1], [2])).toMatchObject({ value: 1, reason: null });
  });

  it('leave out NaN and rank infinite scores', () => {
    expect(areaUnderRoc([0, 1, 1, NaN], [-Infinity, NaN, Infinity, 0])).toEqual({ value: 1, reason: null, n: 2, missing: 2 });
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => areaUnderRoc([1], [1, 2]), 'ERR_SHAPE'],
    ['weights of another length', () => areaUnderRoc([1, 0], [1, 2], { weights: [1] }), 'ERR_SHAPE'],
    ['an outcome of 2', () => averagePrecision([2], [1]), 'ERR_DOMAIN'],
    ['a negative weight', () => areaUnderRoc([1, 0], [1, 2], { weights: [1, -1] }), 'ERR_DOMAIN'],
    ['an unknown option', () => areaUnderRoc([1, 0], [1, 2], { ties: 1 } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuse %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

interface ClassInput {
  readonly y: number[];
  readonly P: number[][];
}
const classCases = referenceCases<ClassInput>('prob_metrics.json', 'multiclass');
const mostLikely = (row: readonly number[]): number => row.indexOf(Math.max(...row));

describe('metrics of class probabilities', () => {
  it('has 3 reference cases', () => {
    expect(classCases).toHaveLength(3);
  });

  it.each(classCases)('equal the reference case %s', (_id, { input: { y, P }, expected }) => {
    expect(relativeError(multiclassLogLoss(y, P).value, expected['logloss'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(multiclassBrierScore(y, P).value, expected['brier_multi'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(rankedProbabilityScore(y, P).value, expected['rps'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(topLabelCalibrationError(y, P).expected, expected['top_label_ece10'])).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(accuracy(y, P.map(mostLikely)).value, expected['accuracy'])).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand: a near miss costs less of a ranked score and as much of the others', () => {
    const [near, far] = [[[0.2, 0.8, 0]], [[0.2, 0, 0.8]]];
    expect(rankedProbabilityScore([0], near).value).toBeCloseTo((0.64 + 0) / 2, 15);
    expect(rankedProbabilityScore([0], far).value).toBeCloseTo((0.64 + 0.64) / 2, 15);
    expect(multiclassBrierScore([0], near).value).toBe(multiclassBrierScore([0], far).value);
    expect(multiclassBrierScore([0], near).value).toBeCloseTo(1.28, 15);
    expect(multiclassLogLoss([0], near).value).toBeCloseTo(-Math.log(0.2), 15);
    expect(multiclassLogLoss([2], near).value).toBeCloseTo(-Math.log(1e-7), 12);
    expect(multiclassLogLoss([2, 0], [...near, ...near], { clip: 0 })).toMatchObject({ value: Infinity, reason: null, n: 2 });
    expect(multiclassBrierScore([0, 0], [[1, 0], [0, 1]], { weights: [3, 1] }).value).toBeCloseTo(0.5, 15);
  });

  it('of two classes are the binary metrics', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 20 }), (data) => {
      const [y, p] = [data.map((r) => r[0]), data.map((r) => r[1])];
      const both = p.map((value) => [1 - value, value]);
      expect(multiclassBrierScore(y, both).value).toBeCloseTo(2 * brierScore(y, p), 12);
      expect(rankedProbabilityScore(y, both).value).toBeCloseTo(brierScore(y, p), 12);
      expect(multiclassLogLoss(y, both).value).toBeCloseTo(logLoss(y, p), 6);
    }));
  });

  it('the first of equal classes is the top label', () => {
    expect(topLabelCalibrationError([0, 1], [[0.5, 0.5], [0.5, 0.5]], { bins: 1 }).bins[0]).toMatchObject({ n: 2, frequency: 0.5 });
    expect(topLabelCalibrationError([1, 1], [[0.5, 0.5], [0.5, 0.5]], { bins: 1 }).bins[0]).toMatchObject({ n: 2, frequency: 0 });
  });

  it('leave out and count rows with a NaN, and say when there is none left or too few', () => {
    expect(multiclassBrierScore([0, NaN, 1], [[1, 0], [1, 0], [NaN, 0.5]])).toEqual({ value: 0, reason: null, n: 1, missing: 2 });
    expect(rankedProbabilityScore([], [])).toEqual({ value: NaN, reason: 'no-rows', n: 0, missing: 0 });
    expect(topLabelCalibrationError([0, NaN], [[1, 0], [1, 0]])).toMatchObject({ expected: NaN, reason: 'insufficient', n: 1, missing: 1 });
    expect(multiclassBrierScore([0], [[0.3333333, 0.3333333, 0.3333333]]).reason).toBeNull(); // single precision sums to 0.9999999
  });

  it.each<[string, () => unknown, string]>([
    ['rows of different length', () => multiclassBrierScore([0, 0], [[1, 0], [1, 0, 0]]), 'ERR_SHAPE'],
    ['one class', () => multiclassBrierScore([0], [[1]]), 'ERR_SHAPE'],
    ['different lengths', () => rankedProbabilityScore([0, 1], [[1, 0]]), 'ERR_SHAPE'],
    ['a class that does not exist', () => multiclassLogLoss([2], [[0.5, 0.5]]), 'ERR_DOMAIN'],
    ['half a class', () => multiclassLogLoss([0.5], [[0.5, 0.5]]), 'ERR_DOMAIN'],
    ['a probability below 0', () => topLabelCalibrationError([0], [[1.2, -0.2]]), 'ERR_DOMAIN'],
    ['rows that do not sum to 1', () => multiclassBrierScore([0], [[0.5, 0.4]]), 'ERR_DOMAIN'],
  ])('refuse %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
