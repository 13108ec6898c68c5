import { describe, expect, it } from 'vitest';
import { pearson } from '../../src/core/correlation.ts';
import { randomStream } from '../../src/core/random.ts';
import { mean, variance } from '../../src/core/stats.ts';

const N = 100_000;
const draws = (label: string, draw: (stream: ReturnType<typeof randomStream>) => number, n = N): Float64Array => {
  const stream = randomStream(77, label);
  return Float64Array.from({ length: n }, () => draw(stream));
};
const chiSquare = (counts: ArrayLike<number>, n: number): number => Array.from(counts).reduce((sum, c) => sum + (c - n / counts.length) ** 2 / (n / counts.length), 0);

describe('streams', () => {
  it('the same seed and label give the same draws', () => {
    expect(draws('a', (s) => s.uniform(), 50)).toEqual(draws('a', (s) => s.uniform(), 50));
  });

  it('pins the first draws: any change of these numbers is a breaking change', () => {
    const stream = randomStream(1, 'pinned');
    expect([stream.uniform(), stream.uniform(), stream.integer(1000), stream.normal(), stream.studentT(4)]).toEqual([0.2114403564916768, 0.39539270622859946, 116, 0.2331450096772788, -0.6588200743593239]);
  });

  it('another label, and another seed, give other draws', () => {
    const first = (seed: number, label: string): number => randomStream(seed, label).uniform();
    expect(new Set([first(1, 'a'), first(1, 'b'), first(2, 'a'), first(0, 'a'), first(-1, 'a')]).size).toBe(5);
  });

  it('streams of neighbouring labels and seeds are uncorrelated: |r| below 4 standard errors', () => {
    const [a, b, c] = [draws('fold 1', (s) => s.uniform()), draws('fold 2', (s) => s.uniform()), Float64Array.from({ length: N }, ((s) => () => s.uniform())(randomStream(78, 'fold 1')))];
    for (const [x, y] of [[a, b], [a, c], [b, c]]) expect(Math.abs(pearson(x, y))).toBeLessThan(4 / Math.sqrt(N));
  });

  it('the first draws of many streams are uniform and uncorrelated with the second and third', () => {
    const streams = Array.from({ length: 20_000 }, (_, i) => randomStream(5, `row ${i}`));
    const rounds = [0, 1, 2].map(() => Float64Array.from(streams, (s) => s.uniform()));
    for (const round of rounds) {
      const counts = new Uint32Array(64);
      for (const u of round) counts[Math.floor(u * 64)]++;
      expect(chiSquare(counts, 20_000)).toBeLessThan(103.4); // 99.9 % point, 63 degrees of freedom
    }
    for (const [i, j] of [[0, 1], [0, 2], [1, 2]]) expect(Math.abs(pearson(rounds[i], rounds[j]))).toBeLessThan(4 / Math.sqrt(20_000));
  });

  it('a fork has its own draws and does not depend on what its parent drew', () => {
    const fresh = randomStream(3, 'parent').fork('child').uniform();
    const parent = randomStream(3, 'parent');
    for (let i = 0; i < 10; i++) parent.uniform();
    expect(parent.fork('child').uniform()).toBe(fresh);
    const untouched = randomStream(3, 'parent');
    const expected = randomStream(3, 'parent').uniform();
    untouched.fork('child').uniform();
    expect(untouched.uniform()).toBe(expected);
    expect(new Set([fresh, expected, parent.fork('other').uniform(), parent.fork('child').fork('child').uniform()]).size).toBe(4);
  });

  it.each([1.5, NaN, 2 ** 33, -(2 ** 31) - 1, '1'])('refuses the seed %s', (seed) => {
    expect(() => randomStream(seed as number, 'a')).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('distributions', () => {
  it('uniform: mean 1/2, variance 1/12 within 4 standard errors, in [0, 1), 100 equal bins', () => {
    const u = draws('uniform', (s) => s.uniform());
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / N));
    expect(Math.abs(variance(u) - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / N));
    expect(u.every((v) => v >= 0 && v < 1)).toBe(true);
    const counts = new Uint32Array(100);
    for (const v of u) counts[Math.floor(v * 100)]++;
    expect(chiSquare(counts, N)).toBeLessThan(148.2); // 99.9 % point, 99 degrees of freedom
  });

  it('integer: every value of 0 .. n - 1 alike, also when n does not divide 2^32', () => {
    const counts = new Uint32Array(7);
    for (const v of draws('integer', (s) => s.integer(7))) counts[v]++;
    expect(chiSquare(counts, N)).toBeLessThan(22.5); // 99.9 % point, 6 degrees of freedom
    expect(randomStream(1, 'one').integer(1)).toBe(0);
    for (const n of [0, -3, NaN]) expect(() => randomStream(1, 'a').integer(n)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('normal: four moments within 4 standard errors, ten deciles alike', () => {
    const z = draws('normal', (s) => s.normal());
    const moment = (p: number): number => mean(z.map((v) => v ** p));
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / N));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / N));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / N));
    const deciles = [-1.2815515655, -0.8416212336, -0.5244005127, -0.2533471031, 0, 0.2533471031, 0.5244005127, 0.8416212336, 1.2815515655];
    const counts = new Uint32Array(10);
    for (const v of z) counts[deciles.filter((d) => d < v).length]++;
    expect(chiSquare(counts, N)).toBeLessThan(27.9); // 99.9 % point, 9 degrees of freedom
    expect(Math.abs(pearson(z.subarray(1), z.subarray(0, N - 1)))).toBeLessThan(4 / Math.sqrt(N)); // the two normals of a pair
  });

  it('studentT: unit variance, and 5 % and 1 % of draws beyond the tabulated points', () => {
    for (const [df, at5, at1] of [[3, 3.1824463, 5.8409093], [5, 2.5705818, 4.0321430], [30, 2.0422725, 2.7499957]]) {
      const t = draws(`t ${df}`, (s) => s.studentT(df));
      const unit = Math.sqrt((df - 2) / df);
      for (const [share, point] of [[0.05, at5], [0.01, at1]]) {
        const beyond = t.filter((v) => Math.abs(v) > point * unit).length / N;
        expect(Math.abs(beyond - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / N));
      }
      expect(Math.abs(mean(t))).toBeLessThan(4 / Math.sqrt(N));
      if (df >= 30) expect(Math.abs(variance(t) - 1)).toBeLessThan(4 * Math.sqrt((2 + 6 / (df - 4)) / N));
    }
    for (const df of [2, 1, NaN]) expect(() => randomStream(1, 'a').studentT(df)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('permutation: all 24 orders of four alike', () => {
    const stream = randomStream(9, 'permutation');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = stream.permutation(4).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 24_000)).toBeLessThan(49.7); // 99.9 % point, 23 degrees of freedom
    expect([...stream.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(stream.permutation(0)).toHaveLength(0);
  });
});
