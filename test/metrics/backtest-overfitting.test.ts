import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { probabilityOfBacktestOverfitting, probabilityOfBacktestOverfittingSync } from '../../src/metrics/backtest-overfitting.ts';

/** Two equal periods for each part. */
const byPart = (values: readonly number[]): number[] => values.flatMap((v) => [v, v]);

function noise(count: number, periods: number, label: string): Float64Array[] {
  const stream = randomStream(12, label);
  return Array.from({ length: count }, () => Float64Array.from({ length: periods }, () => stream.normal()));
}

describe('probabilityOfBacktestOverfitting', () => {
  // Sums of two parts: A 4 7 5 3 1 4, B always 2, C 3 2 2 5 5 4 on {12} {13} {14} {23} {24} {34}.
  const byHand = [byPart([4, 0, 3, 1]), byPart([1, 1, 1, 1]), byPart([0, 3, 2, 2])];

  it('by hand: three strategies, four parts, six splits', () => {
    const found = probabilityOfBacktestOverfittingSync(byHand, { partitions: 4, performance: 'mean' });
    // {12} A, tied second of 4 4 2; {34} A before C, first; {13} A, last; {24} C, tied last; {14} A, second; {23} C, tied last.
    const logits = [2.5 / 1.5, 3, 1 / 3, 1.5 / 2.5, 1, 1.5 / 2.5].map(Math.log);
    found.logits.forEach((logit, i) => {
      expect(logit).toBeCloseTo(logits[i], 14);
    });
    expect(found).toMatchObject({ value: 4 / 6, splits: 6, skipped: 0, reason: null, probabilityOfLoss: 0 });
    expect(found.medianLogit).toBeCloseTo(Math.log(0.6) / 2, 14);
    expect([...found.inSample]).toEqual([2, 2, 3.5, 2.5, 2.5, 2.5]);
    expect([...found.outOfSample]).toEqual([2, 2, 0.5, 1, 1.5, 1]);
    expect(found.degradation.slope).toBeCloseTo(-1, 14);
    expect(found.degradation.intercept).toBeCloseTo(8 / 6 + 2.5, 14);
  });

  it('a loss is a performance below 0 outside the sample', () => {
    const lower = byHand.map((returns) => returns.map((r) => r - 1));
    expect(probabilityOfBacktestOverfittingSync(lower, { partitions: 4, performance: 'mean' })).toMatchObject({ probabilityOfLoss: 1 / 6, value: 4 / 6 });
  });

  it('two parts that contradict each other are all overfitting, two that agree none', () => {
    expect(probabilityOfBacktestOverfittingSync([byPart([2, 0]), byPart([0, 2])], { partitions: 2, performance: 'mean' }).value).toBe(1);
    expect(probabilityOfBacktestOverfittingSync([byPart([2, 1]), byPart([0, 0])], { partitions: 2, performance: 'mean' }).value).toBe(0);
  });

  it('is about one half for noise', () => {
    const values = Array.from({ length: 60 }, (_, i) => probabilityOfBacktestOverfittingSync(noise(10, 80, `noise ${i}`), { partitions: 8 }).value);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 * (standardDeviation(values) / Math.sqrt(60)));
    expect(standardDeviation(values)).toBeLessThan(0.3);
  });

  it('is near 0 when one strategy is real, whatever the noise around it', () => {
    const strategies = noise(20, 400, 'real');
    strategies[13] = strategies[13].map((r) => r + 0.4);
    const found = probabilityOfBacktestOverfittingSync(strategies, { partitions: 10 });
    expect(found).toMatchObject({ splits: 252, skipped: 0 });
    expect(found.value).toBeLessThan(0.02);
    expect(found.probabilityOfLoss).toBeLessThan(0.02);
  });

  it('the merged moments give what a function of the returns gives, uneven parts and missing returns included', () => {
    const strategies = noise(6, 83, 'merged').map((returns, s) => returns.map((r, t) => ((t * 7 + s) % 11 === 0 ? NaN : r + 0.1 * s)));
    for (const [name, performance] of [['sharpe', (r: Float64Array) => mean(r) / standardDeviation(r)], ['mean', mean]] as const) {
      const fast = probabilityOfBacktestOverfittingSync(strategies, { partitions: 6, performance: name });
      const slow = probabilityOfBacktestOverfittingSync(strategies, { partitions: 6, performance });
      expect([fast.splits, fast.value]).toEqual([20, slow.value]);
      fast.outOfSample.forEach((value, i) => {
        expect(value).toBeCloseTo(slow.outOfSample[i], 12);
      });
    }
  });

  it('a strategy that never moves is not the best Sharpe ratio, however its constant is rounded', () => {
    const strategies = [new Float64Array(48).fill(0.05), ...noise(3, 48, 'flat')];
    const found = probabilityOfBacktestOverfittingSync(strategies, { partitions: 4 });
    expect(found).toMatchObject({ splits: 6, reason: null });
    expect(Math.max(...found.inSample)).toBeLessThan(3);
    found.logits.forEach((logit) => {
      expect(Math.abs(logit)).toBeLessThanOrEqual(Math.log(3) + 1e-12); // ranked among three
    });
  });

  it('skips and counts splits whose choice is undefined outside, or stands there alone', () => {
    const gap = byPart([NaN, NaN, 5, 6]);
    const found = probabilityOfBacktestOverfittingSync([byPart([1, 2, 3, 4]), gap], { partitions: 4, performance: 'mean' });
    // On {34} the second is chosen and has no return on {12}; on {12} only the first can be chosen, and it is worse on {34}.
    expect(found).toMatchObject({ splits: 5, skipped: 1, value: 0.2 });
    const alone = probabilityOfBacktestOverfittingSync([byPart([1, 2, 3, 4]), byPart([NaN, NaN, NaN, NaN])], { partitions: 4, performance: 'mean' });
    expect(alone).toMatchObject({ value: NaN, splits: 0, skipped: 6, reason: 'undefined-performance' });
  });

  it.each<[string, readonly ArrayLike<number>[], string]>([
    ['no strategy', [], 'too-few-strategies'],
    ['one strategy', [[1, 2, 3, 4, 5, 6, 7, 8]], 'too-few-strategies'],
    ['fewer than two periods per part', [[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 8]], 'too-few-periods'],
    ['strategies that all stand still', [new Float64Array(8), new Float64Array(8)], 'undefined-performance'],
  ])('says why there is no probability: %s', (_name, strategies, reason) => {
    expect(probabilityOfBacktestOverfittingSync(strategies, { partitions: 4 })).toMatchObject({ value: NaN, medianLogit: NaN, probabilityOfLoss: NaN, splits: 0, reason, degradation: { slope: NaN, intercept: NaN } });
  });

  it('is the same run async, reports progress and stops at an aborted signal', async () => {
    const strategies = noise(30, 200, 'async');
    const progress: number[] = [];
    const found = await probabilityOfBacktestOverfitting(strategies, { partitions: 12, onProgress: ({ done, total }) => progress.push(done / total) });
    expect(found).toEqual(probabilityOfBacktestOverfittingSync(strategies, { partitions: 12 }));
    expect(progress.length === 0 || Math.max(...progress) <= 1).toBe(true);
    const controller = new AbortController();
    const run = probabilityOfBacktestOverfitting(noise(60, 200, 'abort'), { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run).rejects.toBe(controller.signal.reason);
  });

  it.each<[string, () => unknown, string]>([
    ['an odd number of parts', () => probabilityOfBacktestOverfittingSync([[1], [1]], { partitions: 5 }), 'ERR_DOMAIN'],
    ['more than 20 parts', () => probabilityOfBacktestOverfittingSync([[1], [1]], { partitions: 22 }), 'ERR_DOMAIN'],
    ['strategies of different lengths', () => probabilityOfBacktestOverfittingSync([[1, 2], [1]], {}), 'ERR_SHAPE'],
    ['an infinite return', () => probabilityOfBacktestOverfittingSync([[1, Infinity], [1, 2]], {}), 'ERR_DOMAIN'],
    ['another performance', () => probabilityOfBacktestOverfittingSync([[1], [1]], { performance: 'calmar' as never }), 'ERR_DOMAIN'],
    ['an unknown option', () => probabilityOfBacktestOverfittingSync([[1], [1]], { parts: 4 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
