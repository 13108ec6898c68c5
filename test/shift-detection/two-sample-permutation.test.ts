import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { blockPermutationTest, blockPermutationTestSync } from '../../src/shift-detection/block-permutation.ts';
import { domainClassifierTest, domainClassifierTestSync } from '../../src/shift-detection/domain-classifier.ts';
import { kolmogorovSmirnov } from '../../src/shift-detection/kolmogorov-smirnov.ts';

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const meanGap = (a: readonly number[], b: readonly number[]): number => Math.abs(mean(a) - mean(b));
const code = (value: string): unknown => expect.objectContaining({ code: value });

function autoregression(seed: number, size: number, phi: number): number[] {
  const stream = randomStream(seed, 'ar');
  let value = stream.normal() / Math.sqrt(1 - phi * phi);
  return Array.from({ length: size }, () => (value = phi * value + stream.normal()));
}

const normals = (seed: number, size: number, shift = 0): number[] => autoregression(seed, size, 0).map((v) => v + shift);

describe('blockPermutationTest', () => {
  it('by hand: 3 low and 3 high values can be dealt in 20 ways, 2 of them as far apart, so p is near 1/10', () => {
    const found = blockPermutationTestSync([1, 2, 3], [11, 12, 13], { statistic: meanGap, blockLength: 1, permutations: 4000, seed: 1 });
    expect(found).toMatchObject({ statistic: 10, n: [3, 3], status: 'ok', reason: null });
    expect(Math.abs(found.pValue - 0.1)).toBeLessThan(0.0145); // three standard errors
  });

  it('moves whole blocks: with blocks of 2 neighbours stay neighbours, the short block of the reference being its first', () => {
    const reference = Array.from({ length: 11 }, (_, i) => i);
    const current = Array.from({ length: 7 }, (_, i) => 11 + i);
    const series: number[][] = [];
    blockPermutationTestSync(reference, current, { statistic: (a, b) => series.push([...a, ...b]), blockLength: 2, permutations: 50, seed: 2 });
    expect(series[0]).toEqual([...reference, ...current]);
    for (const order of series) {
      expect([...order].sort((a, b) => a - b)).toEqual(series[0]);
      for (let first = 1; first < 17; first += 2) expect(order.indexOf(first + 1)).toBe(order.indexOf(first) + 1);
    }
    expect(new Set(series.map(String)).size).toBeGreaterThan(45);
  });

  it('keeps the rows of a session together and counts blocks in sessions, in any order of rows', () => {
    const sessions = [Array.from({ length: 40 }, (_, i) => i % 20), Array.from({ length: 30 }, (_, i) => 20 + (i % 15))] as const;
    const [reference, current] = sessions.map((side) => side.map((session, i) => ({ session, i })));
    const options = {
      blockLength: 5, permutations: 20, seed: 3, sessions,
      statistic: (a: { session: number }[], b: { session: number }[]): number => {
        expect([a.length, b.length]).toEqual([40, 30]); // two rows each session
        expect(a.filter((row) => b.some((other) => other.session === row.session))).toEqual([]);
        return mean(b.map((row) => row.session)) - mean(a.map((row) => row.session));
      },
    };
    const found = blockPermutationTestSync(reference!, current!, options);
    expect(found.pValue).toBeLessThan(0.2);
    const backwards = sessions.map((side) => [...side].reverse()) as unknown as typeof sessions;
    expect(blockPermutationTestSync([...reference!].reverse(), [...current!].reverse(), { ...options, sessions: backwards })).toEqual(found);
  });

  it('holds its level where rows depend on each other and the plain test does not', () => {
    let [plain, blocks, single] = [0, 0, 0];
    const draws = 100;
    for (let draw = 0; draw < draws; draw++) {
      const series = autoregression(draw, 300, 0.8);
      const [a, b] = [series.slice(0, 180), series.slice(180)];
      if (kolmogorovSmirnov(a, b).pValue < 0.05) plain++;
      if (blockPermutationTestSync(a, b, { statistic: meanGap, blockLength: 20, permutations: 39, seed: draw }).pValue <= 0.05) blocks++;
      if (blockPermutationTestSync(a, b, { statistic: meanGap, blockLength: 1, permutations: 39, seed: draw }).pValue <= 0.05) single++;
    }
    expect(plain / draws).toBeGreaterThan(0.3);
    expect(single / draws).toBeGreaterThan(0.3);
    expect(blocks / draws).toBeLessThan(0.15);
  });

  it('still sees a shift of half a standard deviation', () => {
    const series = autoregression(5, 600, 0.3).map((v, i) => v + (i >= 400 ? 0.6 : 0));
    expect(blockPermutationTestSync(series.slice(0, 400), series.slice(400), { statistic: meanGap, blockLength: 10, permutations: 199, seed: 1 }).pValue).toBeLessThan(0.02);
  });

  it('has states for too few blocks, no rows and an undefined statistic', () => {
    const options = { statistic: meanGap, blockLength: 10, seed: 1, permutations: 20 };
    expect(blockPermutationTestSync(normals(1, 20), normals(2, 20), options)).toMatchObject({ status: 'not-assessable', reason: 'too-few-blocks', pValue: NaN }); // 6 ways
    expect(blockPermutationTestSync(normals(1, 30), normals(2, 30), options).status).toBe('ok'); // 20 ways
    expect(blockPermutationTestSync(normals(1, 190), normals(2, 10), options).status).toBe('ok'); // 20 ways
    expect(blockPermutationTestSync(normals(1, 180), normals(2, 10), options).reason).toBe('too-few-blocks');
    expect(blockPermutationTestSync([], normals(2, 100), options)).toMatchObject({ reason: 'empty-sample' });
    expect(blockPermutationTestSync(normals(1, 50), normals(2, 50), { ...options, statistic: () => NaN })).toMatchObject({ reason: 'undefined-statistic' });
    let calls = 0;
    expect(blockPermutationTestSync(normals(1, 50), normals(2, 50), { ...options, statistic: () => (calls++ === 5 ? NaN : 1) })).toMatchObject({ reason: 'undefined-statistic', statistic: NaN });
    expect(blockPermutationTestSync([4, 4, 4, 4], [4, 4, 4], { ...options, blockLength: 1 })).toMatchObject({ statistic: 0, pValue: 1 });
  });

  it.each([[{ blockLength: 0 }, 'ERR_DOMAIN'], [{ permutations: 0 }, 'ERR_DOMAIN'], [{ seed: 1.5 }, 'ERR_DOMAIN'], [{ sessions: [[1], [2]] }, 'ERR_SHAPE'], [{ block: 1 }, 'ERR_UNKNOWN_NAME']])('caller\'s mistake %j', (wrong, expected) => {
    expect(() => blockPermutationTestSync(normals(1, 30), normals(2, 30), { statistic: meanGap, blockLength: 1, seed: 1, ...wrong } as never)).toThrowError(code(expected));
  });

  it('async gives the same bits; the same seed the same p; progress and cancelling', async () => {
    const [a, b] = [normals(1, 60), normals(2, 60, 0.3)];
    const options = { statistic: meanGap, blockLength: 3, permutations: 50, seed: 9 };
    const steps: number[] = [];
    expect(await blockPermutationTest(a, b, { ...options, onProgress: ({ done, total }) => steps.push(done / total) })).toEqual(blockPermutationTestSync(a, b, options));
    expect(steps.every((step) => step >= 0 && step <= 1)).toBe(true);
    expect(blockPermutationTestSync(a, b, { ...options, seed: 10 }).pValue).not.toBe(blockPermutationTestSync(a, b, options).pValue);
    await expect(blockPermutationTest(a, b, { ...options, signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });
});

describe('domainClassifierTest', () => {
  type Row = readonly number[];
  const rows = (seed: number, size: number, map: (row: number[]) => number[] = (row) => row): Row[] => {
    const stream = randomStream(seed, 'rows');
    return Array.from({ length: size }, () => map([stream.normal(), stream.normal()]));
  };
  // Difference of class means, the simplest linear discriminant.
  const discriminant = {
    fit: (data: readonly Row[], labels: Float64Array): number[] => [0, 1].map((k) => mean(data.filter((_, i) => labels[i] === 1).map((row) => row[k]!)) - mean(data.filter((_, i) => labels[i] === 0).map((row) => row[k]!))),
    predict: (model: number[], data: readonly Row[]): number[] => data.map((row) => row[0]! * model[0]! + row[1]! * model[1]!),
  };
  // One nearest neighbour: sees correlation, which no column shows.
  const neighbour = {
    fit: (data: readonly Row[], labels: Float64Array): { data: readonly Row[]; labels: Float64Array } => ({ data, labels }),
    predict: (model: { data: readonly Row[]; labels: Float64Array }, data: readonly Row[]): number[] => data.map(([u, v]) => {
      const near = model.data.map(([a, b], i) => [(a! - u!) ** 2 + (b! - v!) ** 2, model.labels[i]!] as const).sort((a, b) => a[0] - b[0]).slice(0, 7);
      return mean(near.map(([, label]) => label));
    }),
  };
  const options = { ...discriminant, blockLength: 5, seed: 1, permutations: 39 };

  it('tells shifted rows from unshifted ones, and finds an area near 1/2 where there is nothing', () => {
    const shifted = domainClassifierTestSync(rows(1, 120), rows(2, 80, ([a, b]) => [a! + 1, b!]), options);
    expect(shifted.statistic).toBeGreaterThan(0.7);
    expect(shifted).toMatchObject({ n: [120, 80], pValue: 1 / 40 });
    const same = domainClassifierTestSync(rows(3, 120), rows(4, 80), options);
    expect(Math.abs(same.statistic - 0.5)).toBeLessThan(0.12);
    expect(same.pValue).toBeGreaterThan(0.05);
  });

  it('sees with a model that can what a linear one cannot: a change of correlation', () => {
    const [x, y] = [rows(5, 100), rows(6, 100, ([a, b]) => [a!, 0.95 * a! + 0.31 * b!])];
    expect(domainClassifierTestSync(x, y, { ...options, ...neighbour, folds: 4 }).pValue).toBe(1 / 40);
    expect(domainClassifierTestSync(x, y, { ...options, folds: 4 }).pValue).toBeGreaterThan(0.05);
  });

  it('never scores a row with a model fitted on it, and cuts both samples along time', () => {
    const calls: (readonly [Row[], Row[]])[] = [];
    const [x, y] = [rows(7, 30), rows(8, 20)];
    domainClassifierTestSync(x, y, { ...options, folds: 3, permutations: 2, fit: (data) => [...data], predict: (model: Row[], data) => { calls.push([model, [...data]]); return data.map((row) => row[0]!); } });
    expect(calls).toHaveLength(9);
    for (const [fitted, scored] of calls) expect(scored.some((row) => fitted.includes(row))).toBe(false);
    expect(calls.slice(0, 3).map(([, scored]) => scored)).toEqual([0, 1, 2].map((f) => [...x.slice(10 * f, 10 * f + 10), ...y.slice(Math.floor((20 * f) / 3), Math.floor((20 * (f + 1)) / 3))]));
  });

  it('holds its level on dependent rows, where two models learn from each other\'s test rows', () => {
    let alarms = 0;
    for (let draw = 0; draw < 60; draw++) {
      const [u, v] = [autoregression(draw, 160, 0.6), autoregression(draw + 1000, 160, 0.6)];
      const data = u.map((value, i) => [value, v[i]!]);
      if (domainClassifierTestSync(data.slice(0, 100), data.slice(100), { ...options, blockLength: 20, permutations: 19, seed: draw }).pValue <= 0.05) alarms++;
    }
    expect(alarms).toBeLessThan(10);
  });

  it('a model without an opinion has area 1/2; scores that are no numbers and empty parts are states', () => {
    const [x, y] = [rows(9, 40), rows(10, 40)];
    expect(domainClassifierTestSync(x, y, { ...options, predict: (_, data) => data.map(() => 1) })).toMatchObject({ statistic: 0.5, pValue: 1 });
    expect(domainClassifierTestSync(x, y, { ...options, predict: (_, data) => data.map(() => NaN) })).toMatchObject({ reason: 'undefined-statistic' });
    expect(domainClassifierTestSync(rows(1, 100), rows(2, 1), { ...options, blockLength: 1, folds: 2 })).toMatchObject({ reason: 'undefined-statistic' });
    expect(domainClassifierTestSync([], y, options)).toMatchObject({ reason: 'empty-sample' });
    expect(() => domainClassifierTestSync(x, y, { ...options, predict: () => [1] })).toThrowError(code('ERR_SHAPE'));
    expect(() => domainClassifierTestSync(x, y, { ...options, folds: 1 })).toThrowError(code('ERR_DOMAIN'));
    expect(() => domainClassifierTestSync(x, y, { ...options, statistic: meanGap } as never)).toThrowError(code('ERR_UNKNOWN_NAME'));
  });

  it('async gives the same', async () => {
    const [x, y] = [rows(1, 40), rows(2, 40)];
    expect(await domainClassifierTest(x, y, options)).toEqual(domainClassifierTestSync(x, y, options));
  });
});
