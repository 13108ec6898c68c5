import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationError } from '../../src/metrics/calibration-error.ts';
import { meanByGroup } from '../../src/metrics/groups.ts';
import { metricByGroup, onRows } from '../../src/metrics/metric-by-group.ts';
import { areaUnderRoc } from '../../src/metrics/ranking.ts';
import { pinballLoss, rootMeanSquaredError } from '../../src/metrics/regression-error.ts';

describe('metricByGroup', () => {
  const actual = [1, 2, 3, 4, 5];
  const predicted = [1, 2, 5, 4, 8];

  it('judges the rows of each group, in their order, groups ascending', () => {
    const found = metricByGroup(['calm', 'calm', 'crisis', 'calm', 'crisis'], onRows(rootMeanSquaredError, actual, predicted), { minimumRows: 2 });
    expect(found.groups).toEqual([
      { group: 'calm', value: 0, reason: null, n: 3 },
      { group: 'crisis', value: Math.sqrt(6.5), reason: null, n: 2 },
    ]);
    expect(found.lowest).toBe(found.groups[0]);
    expect(found.highest).toBe(found.groups[1]);
    expect(found.ungrouped).toBe(0);
  });

  it('hands over row numbers', () => {
    const seen: number[][] = [];
    metricByGroup([7, 3, 7, NaN], (rows) => {
      seen.push([...rows]);
      return 0;
    }, { minimumRows: 1 });
    expect(seen).toEqual([[1], [0, 2]]);
  });

  it('names the first of equal groups', () => {
    const found = metricByGroup([2, 1, 3], () => 5, { minimumRows: 1 });
    expect([found.lowest?.group, found.highest?.group]).toEqual([1, 1]);
  });

  it('takes metrics with options, weights and reasons', () => {
    const weights = [1, 3, 1, 1, 1];
    const found = metricByGroup([0, 0, 1, 1, 1], onRows((a, p, w) => pinballLoss(a, p, { quantile: 0.9, weights: w }), actual, [0, 0, 0, 0, 0], weights), { minimumRows: 1 });
    expect(found.groups[0].value).toBeCloseTo(0.9 * (1 + 6) / 4, 14);
    const area = metricByGroup([0, 0, 1, 1], onRows(areaUnderRoc, [1, 1, 0, 1], [1, 2, 3, 4]), { minimumRows: 1 });
    expect(area.groups).toEqual([{ group: 0, value: NaN, reason: 'one-class', n: 2 }, { group: 1, value: 1, reason: null, n: 2 }]);
    expect(area.lowest).toBe(area.groups[1]);
    const ece = metricByGroup([0, 0], onRows((y, p) => {
      const { expected, reason } = calibrationError(y, p);
      return { value: expected, reason };
    }, [0, 1], [0.2, 0.8]), { minimumRows: 1 });
    expect(ece.groups[0]).toMatchObject({ value: NaN, reason: 'insufficient' });
  });

  it('a small group is there, skipped with its reason, and the metric is not asked', () => {
    const found = metricByGroup([...new Array<number>(30).fill(1), 2], (rows) => {
      if (rows.length < 30) throw new Error('asked');
      return 4;
    });
    expect(found.groups).toEqual([{ group: 1, value: 4, reason: null, n: 30 }, { group: 2, value: NaN, reason: 'too-few-rows', n: 1 }]);
  });

  it('a NaN without a reason is named undefined; without any value there is no lowest group', () => {
    const found = metricByGroup([1, 1], () => NaN, { minimumRows: 1 });
    expect(found).toMatchObject({ groups: [{ value: NaN, reason: 'undefined' }], lowest: null, highest: null });
    expect(metricByGroup([], () => 1)).toEqual({ groups: [], lowest: null, highest: null, ungrouped: 0 });
  });

  it('of a mean is meanByGroup, and no row is lost, for any groups', () => {
    const group = fc.oneof(fc.constantFrom<number | string>('a', 'b', 2, 10), fc.constant(NaN));
    fc.assert(fc.property(fc.array(fc.tuple(group, fc.integer())), (rows) => {
      const [groups, values] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      const found = metricByGroup(groups, onRows((part) => part.reduce((sum, v) => sum + v, 0) / part.length, values), { minimumRows: 1 });
      const expected = meanByGroup(values, groups);
      expect(found.groups.map((g) => [g.group, g.n])).toEqual(expected.map((g) => [g.group, g.n]));
      found.groups.forEach((g, i) => {
        expect(g.value).toBeCloseTo(expected[i].mean, 4);
      });
      expect(found.groups.reduce((sum, g) => sum + g.n, 0) + found.ungrouped).toBe(rows.length);
    }));
  });

  it.each<[string, () => unknown, string]>([
    ['arrays of different length', () => onRows(rootMeanSquaredError, [1], [1, 2]), 'ERR_SHAPE'],
    ['a minimum of 0 rows', () => metricByGroup([1], () => 1, { minimumRows: 0 }), 'ERR_DOMAIN'],
    ['an unknown option', () => metricByGroup([1], () => 1, { minRows: 1 } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
