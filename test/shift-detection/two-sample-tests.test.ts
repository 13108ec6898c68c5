import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { argsort } from '../../src/core/sort.ts';
import { multivariateEnergyDistanceSync } from '../../src/shift-detection/energy-distance.ts';
import { hotellingTest, mahalanobisDistances } from '../../src/shift-detection/hotelling.ts';
import { kolmogorovUpper } from '../../src/shift-detection/kolmogorov-distribution.ts';
import { largestGap, sortedGap } from '../../src/shift-detection/kolmogorov-gap.ts';
import { kolmogorovSmirnov } from '../../src/shift-detection/kolmogorov-smirnov.ts';
import { mannWhitney } from '../../src/shift-detection/mann-whitney.ts';
import { meanDiscrepancy, meanDiscrepancySync } from '../../src/shift-detection/mean-discrepancy.ts';
import type { TwoSampleResult } from '../../src/shift-detection/two-sample.ts';
import { energyDistance, wassersteinDistance } from '../../src/shift-detection/wasserstein.ts';

const code = (value: string): unknown => expect.objectContaining({ code: value });
const normalRows = (seed: number, size: number, columns: number): number[][] => {
  const stream = randomStream(seed, 'rows');
  return Array.from({ length: size }, () => Array.from({ length: columns }, () => stream.normal()));
};
const tied = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 12 });

const univariate: Readonly<Record<string, (a: number[], b: number[]) => TwoSampleResult>> = {
  kolmogorovSmirnov, mannWhitney, wassersteinDistance, energyDistance,
  meanDiscrepancy: (a, b) => meanDiscrepancySync(a, b, { bandwidth: 2 }),
  multivariateEnergyDistance: multivariateEnergyDistanceSync,
};

// The distribution of the greatest gap over every way to deal the pooled values.
function dealtPValue(a: number[], b: number[]): number {
  const pooled = [...a, ...b];
  const gap = (chosen: number[], rest: number[]): number => Math.max(...pooled.map((v) => Math.abs(chosen.filter((x) => x <= v).length * rest.length - rest.filter((x) => x <= v).length * chosen.length)));
  const observed = gap(a, b);
  let [deals, asFar] = [0, 0];
  for (let mask = 0; mask < 2 ** pooled.length; mask++) {
    const chosen = pooled.filter((_, i) => (mask >> i) & 1);
    if (chosen.length !== a.length) continue;
    deals++;
    if (gap(chosen, pooled.filter((_, i) => !((mask >> i) & 1))) >= observed) asFar++;
  }
  return asFar / deals;
}

describe.each(Object.entries(univariate))('%s', (name, compare) => {
  it('does not depend on the order of rows, and not on which sample comes first', () => {
    fc.assert(fc.property(tied, tied, (a, b) => {
      const found = compare(a, b);
      const turned = compare([...a].reverse(), [...b].reverse());
      if (found.status !== 'ok') {
        expect(turned).toEqual(found);
        return;
      }
      expect(turned.statistic).toBeCloseTo(found.statistic, 12);
      const swapped = compare(b, a);
      expect(swapped.n).toEqual([b.length, a.length]);
      if (name === 'mannWhitney') expect(swapped.pValue).toBe(found.pValue);
      else expect(swapped.statistic).toBeCloseTo(found.statistic, 12);
    }), { numRuns: 60 });
  });

  it('leaves out and counts what is missing, mixed types included', () => {
    const found = compare([1, NaN, 3, 2], [2, 5, NaN, NaN, 4]);
    expect(found).toEqual({ ...compare([1, 3, 2], [2, 5, 4]), missing: [1, 2] });
    expect(compare([1, null, '7', 3, 2, undefined, true] as never, [2, 5, {}, 4] as never).n).toEqual([3, 3]);
  });

  it('has a state for nothing, for one value and for constants', () => {
    for (const [a, b] of [[[], []], [[1], []], [[NaN], [1]]]) expect(compare(a!, b!)).toMatchObject({ status: 'not-assessable', reason: 'empty-sample', statistic: NaN, pValue: NaN });
    for (const [a, b] of [[[1], [2]], [[1], [1]], [[3, 3], [3, 3, 3]], [[3, 3], [4, 4]]]) {
      const { status, statistic, reason } = compare(a!, b!);
      expect(status === 'ok' ? Number.isFinite(statistic) && reason === null : Number.isNaN(statistic) && reason !== null).toBe(true);
    }
  });

  it('gives frozen plain data that a structured clone keeps', () => {
    const found = compare([1, 2, 3], [2, 3, 4]);
    expect(Object.isFrozen(found) && Object.isFrozen(found.n) && Object.isFrozen(found.missing)).toBe(true);
    expect(structuredClone(found)).toEqual(found);
  });
});

describe('kolmogorovSmirnov', () => {
  it('by hand: all of 5 below all of 5 has D = 1 and p = 2 / 252', () => {
    const { statistic, pValue } = kolmogorovSmirnov([1, 2, 3, 4, 5], [11, 12, 13, 14, 15]);
    expect([statistic, pValue]).toEqual([1, expect.closeTo(2 / 252, 15)]);
  });

  it('exact p with ties is that of all ways to deal the pooled values: 26 / 126 and 17 / 35', () => {
    expect(kolmogorovSmirnov([1, 1, 2, 3], [2, 3, 3, 4, 4]).pValue).toBeCloseTo(26 / 126, 14);
    expect(kolmogorovSmirnov([1, 2, 2, 5], [2, 5, 6]).pValue).toBeCloseTo(17 / 35, 14);
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }), fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }), (a, b) => {
      expect(kolmogorovSmirnov(a, b).pValue).toBeCloseTo(dealtPValue(a, b), 12);
      expect(kolmogorovSmirnov(a, b, { ties: 'ignored' }).pValue).toBeGreaterThanOrEqual(kolmogorovSmirnov(a, b).pValue - 1e-12);
    }), { numRuns: 40 });
  });

  it('does not change under an increasing map, infinities included', () => {
    fc.assert(fc.property(tied, tied, (a, b) => {
      const map = (v: number): number => (v === 6 ? Infinity : v === -6 ? -Infinity : Math.exp(v) - 5);
      expect(kolmogorovSmirnov(a.map(map), b.map(map))).toEqual(kolmogorovSmirnov(a, b));
    }), { numRuns: 60 });
  });

  it('finds by bins what sorting finds, on even, tied, clustered and disjoint samples', () => {
    const stream = randomStream(3, 'gaps');
    const kinds = [() => stream.normal(), () => Math.round(3 * stream.normal()), () => Math.exp(8 * stream.normal()), () => (stream.uniform() < 0.9 ? 0 : stream.normal()), () => 7, () => [Infinity, -Infinity, 1][stream.integer(3)]!];
    for (const kind of kinds) {
      for (const move of [0, 0.02, 1e9]) {
        const [a, b] = [Float64Array.from({ length: 3000 }, kind), Float64Array.from({ length: 20_000 }, () => kind() + move)];
        const found = largestGap(a, b);
        expect(found).toBe(sortedGap(a.sort(), b.sort(), new Uint8Array(0)));
      }
    }
  });

  it('goes by bins from 50,000 values on, to the same result', () => {
    const stream = randomStream(4, 'many');
    const [a, b] = [30_000, 30_000].map((size, k) => Float64Array.from({ length: size }, () => stream.normal() * (1 + 0.02 * k)));
    const { statistic, n } = kolmogorovSmirnov(a!, b!);
    expect(n).toEqual([30_000, 30_000]);
    expect(statistic).toBe(sortedGap(a!.slice().sort(), b!.slice().sort(), new Uint8Array(0)) / 9e8);
  });

  // scipy kstwo.sf: the correction of the limit is good to 1e-4 from n = 141 on, far better for more.
  it.each([[0.01, 5000, 0.6954557253913853], [0.02, 5000, 0.03613941395325637], [0.03, 5000, 0.00024159234422666817], [0.1, 200, 0.03411035080315383], [0.15, 200, 0.0002154191244887308], [0.05, 200, 0.6802625495871704], [0.001, 500_000, 0.698980144366366], [0.0025, 500_000, 0.0038544560212235442]])('asymptotic p at d = %d, n = %d', (d, n, expected) => {
    expect(Math.abs(kolmogorovUpper(d, n) - expected)).toBeLessThan(n > 1000 ? 3e-6 : 1e-4);
  });

  it('the distribution falls from 1 to 0 without a jump where its parts meet', () => {
    for (const n of [1, 2, 10, 52, 140, 141, 5000]) {
      let before = 1;
      for (let d = 0; d <= 1.0001; d += 0.0025) {
        const p = kolmogorovUpper(d, n);
        expect(p >= 0 && p <= before + 1e-9).toBe(true);
        before = p;
      }
      expect([kolmogorovUpper(0, n), kolmogorovUpper(1, n), kolmogorovUpper(0.999, 2 * n) < 1e-5]).toEqual([1, 0, true]);
    }
    const seam = 2 / Math.sqrt(52); // n d^2 = 4
    expect(kolmogorovUpper(seam * (1 - 1e-12), 52) / kolmogorovUpper(seam * (1 + 1e-12), 52)).toBeCloseTo(1, 9);
    expect(Math.abs(kolmogorovUpper(0.1, 140) - kolmogorovUpper(0.1, 141))).toBeLessThan(0.003);
  });

  it('an exact test too large to wait for is refused', () => {
    expect(() => kolmogorovSmirnov(new Float64Array(4000), new Float64Array(4000), { method: 'exact' })).toThrowError(code('ERR_LIMIT'));
    expect(() => kolmogorovSmirnov([1], [2], { method: 'guess' as never })).toThrowError(code('ERR_DOMAIN'));
    expect(() => kolmogorovSmirnov([1], [2], { tie: 'given' } as never)).toThrowError(code('ERR_UNKNOWN_NAME'));
  });
});

describe('mannWhitney', () => {
  it('by hand: U counts the pairs in which the reference is greater, ties half', () => {
    expect(mannWhitney([1, 4, 3], [3, 2])).toMatchObject({ statistic: 3.5, n: [3, 2] });
    expect(mannWhitney([1, 4, 3], [3, 2]).superiority).toBeCloseTo(2.5 / 6, 15);
  });

  it('does not change under an increasing map; all values equal is not assessable', () => {
    fc.assert(fc.property(tied, tied, (a, b) => {
      const map = (v: number): number => (v === 6 ? Infinity : v ** 3);
      expect(mannWhitney(a.map(map), b.map(map))).toEqual(mannWhitney(a, b));
    }), { numRuns: 60 });
    expect(mannWhitney([2, 2], [2])).toMatchObject({ status: 'not-assessable', reason: 'constant', superiority: NaN });
  });

  it('sees what the mean says and not a change of spread alone', () => {
    const stream = randomStream(5, 'spread');
    const [a, wide, moved] = [(): number => stream.normal(), (): number => 3 * stream.normal(), (): number => stream.normal() + 0.5].map((draw) => Float64Array.from({ length: 400 }, draw));
    expect(mannWhitney(a!, moved!).pValue).toBeLessThan(1e-6);
    expect(mannWhitney(a!, wide!).pValue).toBeGreaterThan(0.01);
    expect(kolmogorovSmirnov(a!, wide!).pValue).toBeLessThan(1e-6);
  });
});

describe('wassersteinDistance and energyDistance', () => {
  it('by hand: moving both of two values by 5 costs 5; energy of 0 and 2 is 2', () => {
    expect(wassersteinDistance([0, 1], [5, 6])).toMatchObject({ statistic: 5, pValue: NaN, status: 'ok', reason: null });
    expect(wassersteinDistance([0, 0, 3], [0])).toMatchObject({ statistic: 1 });
    expect(energyDistance([0], [2]).statistic).toBeCloseTo(2, 15);
  });

  it('move and scale with the values', () => {
    fc.assert(fc.property(tied, tied, fc.integer({ min: 1, max: 9 }), (a, b, scale) => {
      const map = (v: number): number => scale * v - 11;
      expect(wassersteinDistance(a.map(map), b.map(map)).statistic).toBeCloseTo(scale * wassersteinDistance(a, b).statistic, 10);
      expect(energyDistance(a.map(map), b.map(map)).statistic).toBeCloseTo(Math.sqrt(scale) * energyDistance(a, b).statistic, 10);
    }), { numRuns: 40 });
  });

  it('an infinity is a state, not a NaN', () => {
    for (const distance of [wassersteinDistance, energyDistance]) {
      expect(distance([1, Infinity], [1, 2])).toMatchObject({ status: 'not-assessable', reason: 'infinite-values', statistic: NaN });
      expect(distance([1], [-Infinity, 2])).toMatchObject({ reason: 'infinite-values' });
    }
  });
});

describe('multivariateEnergyDistance', () => {
  it('is energyDistance in one dimension, and 0 for the same rows', () => {
    fc.assert(fc.property(tied, tied, (a, b) => {
      expect(multivariateEnergyDistanceSync(a, b).statistic).toBeCloseTo(energyDistance(a, b).statistic, 6); // the root of a difference of sums
    }), { numRuns: 40 });
    expect(multivariateEnergyDistanceSync([[1, 2], [3, 4]], [[3, 4], [1, 2]]).statistic).toBe(0);
  });
});

describe('meanDiscrepancy', () => {
  it('by hand: two points at each of two places a bandwidth apart have 2 (1 - exp(-1/2))', () => {
    expect(meanDiscrepancySync([0, 0], [1, 1], { bandwidth: 1 }).statistic).toBeCloseTo(2 * (1 - Math.exp(-0.5)), 14);
    expect(meanDiscrepancySync([0, 0], [1, 1], { bandwidth: 1, estimator: 'biased' }).statistic).toBeCloseTo(2 * (1 - Math.exp(-0.5)), 14);
  });

  it('takes the median distance of a pair, of a seeded 400 rows when there are more', () => {
    expect(meanDiscrepancySync([1, 2, 3, 4, 5], [11, 12, 13, 14, 15]).bandwidth).toBe(7);
    expect(meanDiscrepancySync([0, 0, 0, 0, 0, 0], [0, 0, 3]).bandwidth).toBe(3); // the median pair coincides
    const [x, y] = [normalRows(1, 400, 2), normalRows(2, 300, 2)];
    const [first, again, other] = [1, 1, 2].map((seed) => meanDiscrepancySync(x, y, { seed }));
    expect(again).toEqual(first);
    expect(other!.bandwidth).not.toBe(first!.bandwidth);
    expect(Math.abs(other!.bandwidth / first!.bandwidth - 1)).toBeLessThan(0.1);
  });

  it('is unbiased: its mean over 200 draws of one distribution is 0 within three standard errors, the biased one is not', () => {
    const draws = (estimator: 'unbiased' | 'biased'): number[] => Array.from({ length: 200 }, (_, i) => meanDiscrepancySync(normalRows(2 * i + 50, 12, 1), normalRows(2 * i + 51, 12, 1), { bandwidth: 1, estimator }).statistic);
    const summary = (values: number[]): number => {
      const center = values.reduce((sum, v) => sum + v, 0) / values.length;
      return center / (Math.sqrt(values.reduce((sum, v) => sum + (v - center) ** 2, 0)) / values.length);
    };
    expect(Math.abs(summary(draws('unbiased')))).toBeLessThan(3);
    expect(summary(draws('biased'))).toBeGreaterThan(10);
  });

  it('linear time: p holds its level on 600 draws and sees a change of correlation that no column shows', () => {
    let alarms = 0;
    for (let i = 0; i < 600; i++) if (meanDiscrepancySync(normalRows(i, 60, 1), normalRows(i + 5000, 60, 1), { estimator: 'linear', bandwidth: 1 }).pValue < 0.05) alarms++;
    expect(Math.abs(alarms / 600 - 0.05)).toBeLessThan(0.03);
    const x = normalRows(7, 4000, 2);
    const y = normalRows(8, 4000, 2).map(([u, v]) => [u!, 0.8 * u! + 0.6 * v!]);
    expect(meanDiscrepancySync(x, y, { estimator: 'linear', bandwidth: 0.5 }).pValue).toBeLessThan(1e-3);
    expect(kolmogorovSmirnov(x.map((r) => r[1]!), y.map((r) => r[1]!)).pValue).toBeGreaterThan(0.05);
  });

  it('states: too few rows, all rows the same, a row with a hole', () => {
    expect(meanDiscrepancySync([1], [1, 2])).toMatchObject({ reason: 'too-few-values', bandwidth: NaN });
    expect(meanDiscrepancySync([1, 2, 3], [1, 2, 3, 4], { estimator: 'linear' })).toMatchObject({ reason: 'too-few-values' });
    expect(meanDiscrepancySync([4, 4], [4, 4, 4])).toMatchObject({ reason: 'constant' });
    expect(meanDiscrepancySync([4, 4], [4, 4, 4], { bandwidth: 1 }).statistic).toBeCloseTo(0, 14);
    expect(meanDiscrepancySync([4, 4, 4, 4], [4, 4, 4, 4], { bandwidth: 1, estimator: 'linear' })).toMatchObject({ reason: 'constant' });
    expect(meanDiscrepancySync([[1, 2], [1, NaN], [2, 1], ['a' as never, 1]], [[1, 2], [0, 0]])).toMatchObject({ n: [2, 2], missing: [2, 0] });
    expect(meanDiscrepancySync([1, Infinity, 2], [1, 2])).toMatchObject({ reason: 'infinite-values' });
    expect(() => meanDiscrepancySync([[1, 2], [1]], [[1, 2]])).toThrowError(code('ERR_SHAPE'));
    expect(() => meanDiscrepancySync([[1, 2]], [[1]])).toThrowError(code('ERR_SHAPE'));
    expect(() => meanDiscrepancySync([1, 2], [1, 2], { bandwidth: 0 })).toThrowError(code('ERR_DOMAIN'));
  });

  it('async gives the same, tells its progress and can be cancelled', async () => {
    const [x, y] = [normalRows(1, 300, 3), normalRows(2, 250, 3)];
    const phases = new Set<string>();
    expect(await meanDiscrepancy(x, y, { onProgress: ({ phase, done, total }) => { phases.add(phase); expect(done).toBeLessThanOrEqual(total); } })).toEqual(meanDiscrepancySync(x, y));
    expect([...phases]).toEqual(['mean discrepancy']);
    await expect(meanDiscrepancy(x, y, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });
});

describe('hotellingTest', () => {
  it('is the square of Student\'s t for one column: means 2 and 5, variances 1, n = 3 and 3 give 13.5', () => {
    const { statistic, pValue } = hotellingTest([1, 2, 3], [4, 5, 6]);
    expect(statistic).toBeCloseTo(13.5, 12);
    expect(pValue).toBeCloseTo(0.02131164113, 9); // t = 3.674 with 4 degrees of freedom, two-sided
  });

  it('does not change under an invertible linear map or the order of rows, huge units included', () => {
    const [x, y] = [normalRows(11, 20, 3), normalRows(12, 15, 3).map((row) => row.map((v) => v + 0.4))];
    const found = hotellingTest(x, y);
    const map = ([a, b, c]: number[]): number[] => [1e9 * a! + 3, 1e-9 * b! - a!, c! + 2 * a! - b!];
    const mapped = hotellingTest([...x].reverse().map(map), [...y].reverse().map(map));
    expect(mapped.status === 'ok' ? mapped.statistic / found.statistic : 1).toBeCloseTo(1, 3);
    expect(hotellingTest(x.map(([a, b, c]) => [a! + b!, b! - c!, 5 * c!]), y.map(([a, b, c]) => [a! + b!, b! - c!, 5 * c!])).statistic).toBeCloseTo(found.statistic, 9);
  });

  it('has states for collinear and constant columns and for too few rows', () => {
    const x = normalRows(13, 10, 2).map(([a, b]) => [a!, b!, a! + b!]);
    expect(hotellingTest(x, x)).toMatchObject({ status: 'not-assessable', reason: 'singular-covariance', statistic: NaN });
    expect(hotellingTest([[1, 2], [1, 3], [1, 4]], [[1, 2], [1, 7]])).toMatchObject({ reason: 'singular-covariance' });
    expect(hotellingTest([[1, 2]], [[1, 3]])).toMatchObject({ reason: 'too-few-values' });
    expect(hotellingTest([], [[1, 3]])).toMatchObject({ reason: 'empty-sample' });
  });

  it('mahalanobisDistances: by hand 1 and 2 for unit variance, NaN for holes and a singular reference', () => {
    expect([...mahalanobisDistances([-1, 0, 1], [1, -2, NaN, 0])]).toEqual([1, 2, NaN, 0]);
    expect([...mahalanobisDistances([[1, 1], [2, 2], [3, 3]], [[1, 2]])]).toEqual([NaN]);
    expect([...mahalanobisDistances([], [[1, 2]])]).toEqual([NaN]);
    expect(() => mahalanobisDistances([[1, 2], [3, 4], [4, 1]], [[1]])).toThrowError(code('ERR_SHAPE'));
  });
});

it('argsort and the tests agree that -0 equals 0', () => {
  expect([...argsort([0, -0])]).toEqual([0, 1]);
  expect(kolmogorovSmirnov([0, -0], [-0, 0]).statistic).toBe(0);
  expect(wassersteinDistance([-0], [0]).statistic).toBe(0);
});
