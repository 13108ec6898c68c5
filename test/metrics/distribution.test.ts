import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { normalQuantile } from '../../src/core/special-functions.ts';
import { crpsEnsemble, crpsGaussian, crpsQuantiles } from '../../src/metrics/distribution.ts';
import { meanAbsoluteError, pinballLoss } from '../../src/metrics/regression-error.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

const member = fc.integer({ min: -20, max: 20 }).map((k) => k / 4);

// The definition, over all pairs.
function byPairs(y: number, members: readonly number[], fair: boolean): number {
  const m = members.length;
  let [error, spread] = [0, 0];
  for (const a of members) {
    error += Math.abs(a - y) / m;
    for (const b of members) spread += Math.abs(a - b);
  }
  return error - spread / (2 * m * (fair ? m - 1 : m));
}

describe('crpsEnsemble', () => {
  it.each(referenceCases<{ y: number[]; ens: number[][] }>('reg_metrics.json', 'point'))('equals the reference case %s', (_id, { input, expected }) => {
    expect(relativeError(crpsEnsemble(input.y, input.ens).value, expected['crps_ens'])).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand', () => {
    expect(crpsEnsemble([0], [[-1, 1]])).toEqual({ value: 0.5, reason: null, n: 1, missing: 0 });
    expect(crpsEnsemble([0], [[1, -1]], { fair: true }).value).toBe(0);
    expect(crpsEnsemble([5], [[1, 3]]).value).toBe(2.5);
    expect(crpsEnsemble([0, 10], [[1], [7]], { weights: [3, 1] }).value).toBe(1.5);
  });

  it('is the definition over all pairs of members, for any ensemble, and never negative', () => {
    fc.assert(fc.property(member, fc.array(member, { minLength: 2, maxLength: 12 }), (y, members) => {
      expect(crpsEnsemble([y], [members]).value).toBeCloseTo(byPairs(y, members, false), 12);
      expect(crpsEnsemble([y], [members], { fair: true }).value).toBeCloseTo(byPairs(y, members, true), 12);
      expect(crpsEnsemble([y], [members]).value).toBeGreaterThanOrEqual(0);
    }));
  });

  it('keeps its digits far from 0, where the difference of two means loses them', () => {
    expect(crpsEnsemble([1e9], [[1e9 - 1, 1e9 + 1]]).value).toBe(0.5);
    expect(crpsEnsemble([1e9], [new Float64Array(1000).fill(1e9)]).value).toBe(0);
  });

  it('of one member is its absolute error', () => {
    fc.assert(fc.property(fc.array(fc.tuple(member, member), { minLength: 1 }), (rows) => {
      const [y, x] = [rows.map((r) => r[0]), rows.map((r) => r[1])];
      expect(crpsEnsemble(y, x.map((v) => [v])).value).toBeCloseTo(meanAbsoluteError(y, x), 12);
    }));
  });

  it('fair, an ensemble of 3 and one of 30 draws from the truth score the same on average; plain, the small one looks 30 % worse', () => {
    const stream = randomStream(3, 'crps');
    const n = 20000;
    const y = Float64Array.from({ length: n }, () => stream.normal());
    const draws = (m: number): number[][] => Array.from({ length: n }, () => Array.from({ length: m }, () => stream.normal()));
    const [small, large] = [draws(3), draws(30)];
    const truth = 1 / Math.sqrt(Math.PI); // CRPS of a standard normal for its own draws
    for (const ensemble of [small, large]) expect(Math.abs(crpsEnsemble(y, ensemble, { fair: true }).value / truth - 1)).toBeLessThan(0.02);
    expect(crpsEnsemble(y, small).value / truth).toBeGreaterThan(1.3);
  });

  it('leaves out NaN members, and rows without an outcome or a member; infinite members are infinitely bad', () => {
    expect(crpsEnsemble([0, NaN, 0], [[-1, NaN, 1], [1], [NaN]])).toEqual({ value: 0.5, reason: null, n: 1, missing: 2 });
    expect(crpsEnsemble([0], [[1]], { fair: true })).toEqual({ value: NaN, reason: 'no-rows', n: 0, missing: 1 });
    expect(crpsEnsemble([0, 0], [[-Infinity, 1], [0]]).value).toBe(Infinity);
    expect(crpsEnsemble([0], [[Infinity, Infinity]], { fair: true }).value).toBe(Infinity);
    expect(crpsEnsemble([-Infinity], [[-Infinity, -Infinity]], { fair: true }).value).toBe(0);
    expect(crpsEnsemble([], []).reason).toBe('no-rows');
  });
});

describe('crpsGaussian', () => {
  it('by hand: at its mean (sqrt 2 - 1) / sqrt pi, and 0.6024414 one deviation away', () => {
    expect(crpsGaussian([3], [3], [2]).value).toBeCloseTo((2 * (Math.SQRT2 - 1)) / Math.sqrt(Math.PI), 14);
    expect(crpsGaussian([1], [0], [1]).value).toBeCloseTo(0.6024413576, 9);
    expect(crpsGaussian([-1], [0], [1]).value).toBeCloseTo(crpsGaussian([1], [0], [1]).value, 14);
  });

  it('is what an ensemble of many quantiles of the normal scores', () => {
    const members = Float64Array.from({ length: 2000 }, (_, k) => 0.3 + 0.7 * normalQuantile((k + 0.5) / 2000));
    for (const y of [-1, 0.3, 0.5, 4]) expect(Math.abs(crpsEnsemble([y], [members]).value - crpsGaussian([y], [0.3], [0.7]).value)).toBeLessThan(2e-4);
  });

  it('tends to the absolute error for a certain forecast or a far outcome', () => {
    expect(crpsGaussian([5], [2], [0]).value).toBe(3);
    expect(crpsGaussian([2], [2], [0]).value).toBe(0);
    expect(crpsGaussian([5], [2], [5e-324]).value).toBe(3);
    expect(crpsGaussian([1e6], [0], [1]).value).toBeCloseTo(1e6 - 1 / Math.sqrt(Math.PI), 6);
    expect(crpsGaussian([Infinity], [0], [1]).value).toBe(Infinity);
    expect(crpsGaussian([0], [0], [Infinity]).value).toBe(Infinity);
  });

  it('is smallest, on average, for the true deviation', () => {
    const stream = randomStream(1, 'gauss');
    const y = Float64Array.from({ length: 5000 }, () => 2 * stream.normal());
    const of = (sigma: number): number => crpsGaussian(y, new Float64Array(5000), new Float64Array(5000).fill(sigma)).value;
    expect(of(2)).toBeLessThan(of(1.5));
    expect(of(2)).toBeLessThan(of(2.6));
  });

  it('leaves out and counts NaN, honours weights, and refuses a negative deviation', () => {
    expect(crpsGaussian([1, NaN, 1, 1], [0, 0, NaN, 0], [0, 1, 1, NaN])).toEqual({ value: 1, reason: null, n: 1, missing: 3 });
    expect(crpsGaussian([1, 3], [0, 0], [0, 0], { weights: [3, 1] }).value).toBe(1.5);
    expect(() => crpsGaussian([1], [0], [-1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'crpsGaussian: standardDeviation must be >= 0 or NaN, got -1 at row 0' }));
    expect(() => crpsGaussian([1], [0], [])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('crpsQuantiles', () => {
  it('at levels (k - 1/2) / K is exactly the ensemble score of the quantiles', () => {
    fc.assert(fc.property(member, fc.array(member, { minLength: 1, maxLength: 9 }), (y, members) => {
      const sorted = [...members].sort((a, b) => a - b);
      const levels = sorted.map((_, k) => (k + 0.5) / sorted.length);
      expect(crpsQuantiles([y], [sorted], { levels }).value).toBeCloseTo(crpsEnsemble([y], [members]).value, 12);
    }));
  });

  it('by hand: levels 0.05, 0.5, 0.95 stand for 0.275, 0.45 and 0.275 of the probability', () => {
    const [y, row] = [[2], [[-1, 0, 1]]];
    const loss = (quantile: number, q: number): number => pinballLoss(y, [q], { quantile });
    const expected = 2 * (0.275 * loss(0.05, -1) + 0.45 * loss(0.5, 0) + 0.275 * loss(0.95, 1));
    expect(crpsQuantiles(y, row, { levels: [0.05, 0.5, 0.95] }).value).toBeCloseTo(expected, 14);
    expect(crpsQuantiles([3], [[1]], { levels: [0.5] }).value).toBe(2); // a median alone: its absolute error
  });

  it('of 99 quantiles of a normal is the CRPS of the normal to 1 %', () => {
    const levels = Float64Array.from({ length: 99 }, (_, k) => (k + 1) / 100);
    const quantiles = Float64Array.from(levels, normalQuantile);
    for (const y of [0, 0.7, -2]) expect(Math.abs(crpsQuantiles([y], [quantiles], { levels }).value / crpsGaussian([y], [0], [1]).value - 1)).toBeLessThan(0.01);
  });

  it('leaves out and counts rows with a NaN, and refuses levels that are none', () => {
    expect(crpsQuantiles([1, NaN, 1], [[0, 1], [0, 1], [NaN, 1]], { levels: [0.25, 0.75] })).toEqual({ value: 0.25, reason: null, n: 1, missing: 2 });
    for (const levels of [[], [0.5, 0.5], [0.9, 0.1], [0, 0.5], [1.1], [NaN]]) expect(() => crpsQuantiles([1], [levels.map(() => 0)], { levels })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => crpsQuantiles([1], [[0]], { levels: [0.2, 0.8] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
