import { describe, expect, it } from 'vitest';
import { pearson } from '../../src/core/correlation.ts';
import { randomStream } from '../../src/core/random.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { blockBootstrap, blockBootstrapSync } from '../../src/metrics/block-bootstrap.ts';
import { optimalBlockLength } from '../../src/metrics/block-length.ts';

function autoregression(phi: number, n: number, label: string, seed = 1): Float64Array {
  const stream = randomStream(seed, label);
  let value = stream.normal() / Math.sqrt(1 - phi * phi);
  return Float64Array.from({ length: n }, () => {
    const now = value;
    value = phi * value + stream.normal();
    return now;
  });
}

describe('optimalBlockLength', () => {
  // An independent writing of the paper's steps in numpy gave the lengths of these two series: noise, and an autoregression of 0.7.
  const noise = [0, 1.4, 1.2, -0.5, -0.3, -0.5, 0.6, -0.1, 0.7, -1.8, 1.6, -0.1, 0.7, -0.1, -0.4, 0.5, 0.8, -0.2, -0.2, 0.7, -0.9, -1.5, 0.4, -0.7, -1.9, -0.8, -0.5, -1.2, -1.5, 0, 0.9, -0.2, -0.7, 0.4, 0.7, -0.3, 0.5, 1, -0.2, -0.8, 0.3, 0.2, 1.1, -1.3, -0.7, -0.8, -1.7, 0.1, 0.5, -0.7, 1.4, 0.8, 0.6, 0.4, 1, -1.3, 0.6, 0.6, -1.8, 0.3];
  const dependent = [-0.3, 0.6, 0, 0, 0.3, -0.7, 0.1, 0, 0.5, -0.2, 1, 1.3, 0.7, 1.1, 2.1, 3.2, 0.7, 1.4, 1.4, 0.9, -0.4, 1, -0.6, 0.2, 1.4, -0.6, -0.7, -1.8, -1, 0.8, 2.6, 0, -0.6, 0.3, 1.8, 1.7, 0.4, 0.6, 0.4, 0.1, -0.7, -0.1, 0.2, 0.1, -0.2, -1.4, -1.5, 0.2, -0.1, -1.5, 0.3, 0.7, 2.6, 1.9, 0.9, -0.8, 0.7, 3.1, 1.3, 0.3];

  it('equals the paper, with the correction of 2009', () => {
    expect(optimalBlockLength(noise)).toMatchObject({ stationary: 1, circular: 1, lag: 0 });
    const found = optimalBlockLength(dependent);
    expect(found.lag).toBe(1);
    expect(found.stationary).toBeCloseTo(2.3350361452177237, 12);
    expect(found.circular).toBeCloseTo(2.6729491323075587, 12);
  });

  it('approaches the length of theory for an autoregression: (2 phi / (1 - phi^2))^(2/3) n^(1/3)', () => {
    for (const phi of [0.3, 0.6]) {
      const theory = Math.cbrt(((2 * phi) / (1 - phi * phi)) ** 2 * 50_000);
      const { stationary, circular } = optimalBlockLength(autoregression(phi, 50_000, `theory ${phi}`));
      expect(Math.abs(stationary / theory - 1)).toBeLessThan(0.15);
      expect(circular / stationary).toBeCloseTo(Math.cbrt(1.5), 12);
    }
  });

  it('is 1 for a constant series, an empty one and one value; never longer than a third of the series', () => {
    for (const values of [[], [3], [2, 2, 2, 2], [NaN, NaN]]) expect(optimalBlockLength(values)).toEqual({ stationary: 1, circular: 1, lag: 0 });
    const walk = Float64Array.from({ length: 30 }, (_, t) => t);
    expect(optimalBlockLength(walk).stationary).toBeLessThanOrEqual(10);
    expect(optimalBlockLength([1, 5]).stationary).toBeGreaterThanOrEqual(1);
  });
});

describe('blockBootstrap', () => {
  const series = autoregression(0.5, 80, 'series');

  it('draws stretches of consecutive values: fixed ones that do not wrap, fixed ones that do, random ones of the mean length asked for', () => {
    for (const scheme of ['moving', 'circular', 'stationary'] as const) {
      const breaks: number[] = [];
      let wraps = 0;
      const spy = (sample: Float64Array, positions: Uint32Array): number => {
        let jumps = 0;
        for (let i = 0; i < 80; i++) {
          expect(sample[i]).toBe(series[positions[i]]);
          if (i === 0) continue;
          const next = positions[i - 1] + 1;
          if (positions[i] === next) continue;
          if (next === 80 && positions[i] === 0 && (scheme === 'stationary' || i % 8 !== 0)) wraps++;
          else {
            jumps++;
            if (scheme !== 'stationary') expect(i % 8).toBe(0);
          }
        }
        breaks.push(jumps);
        return 0;
      };
      blockBootstrapSync(series, { seed: 1, scheme, blockLength: 8, resamples: 300, statistic: spy });
      // 79 steps of which one in 8 starts a block, and one in 80 of those by chance where the last one ended.
      expect(mean(breaks.slice(1)), scheme).toBeCloseTo(scheme === 'stationary' ? (79 / 8) * (79 / 80) : 9 * (79 / 80), 0);
      expect(wraps > 0, scheme).toBe(scheme !== 'moving');
    }
  });

  it('has no spread with one block as long as the series', () => {
    for (const scheme of ['moving', 'circular'] as const) {
      const found = blockBootstrapSync(series, { seed: 1, scheme, blockLength: 80, resamples: 50 });
      expect(found.standardError).toBeLessThan(1e-15);
      expect(found.percentile.lower).toBeCloseTo(mean(series), 14);
    }
  });

  it('with blocks of one value has the standard error of independent draws: sqrt(6 / 3) for 0, 3, 6', () => {
    for (const scheme of ['stationary', 'circular', 'moving'] as const) {
      const found = blockBootstrapSync([0, 3, 6], { seed: 5, scheme, blockLength: 1, resamples: 4000 });
      expect(Math.abs(found.standardError / Math.SQRT2 - 1), scheme).toBeLessThan(0.04); // four standard errors of the simulation
      expect(Math.abs(found.bias)).toBeLessThan(0.1);
      expect(found.percentile).toEqual({ lower: 0, upper: 6 });
    }
  });

  it('the basic interval mirrors the percentile interval at the estimate', () => {
    const { estimate, percentile, basic, replicates } = blockBootstrapSync(series, { seed: 2, statistic: (sample) => Math.exp(mean(sample)), confidence: 0.8, resamples: 201 });
    const sorted = replicates.slice().sort();
    expect(percentile.lower).toBeCloseTo(sorted[20], 12); // position 200 * 0.1
    expect(percentile.upper).toBeCloseTo(sorted[180], 12);
    expect([basic.lower, basic.upper]).toEqual([2 * estimate - percentile.upper, 2 * estimate - percentile.lower]);
  });

  it('covers the mean of an autoregression about as often as it says, where independent draws do not', () => {
    const trials = 250;
    const covered = { automatic: 0, independent: 0 };
    for (let trial = 0; trial < trials; trial++) {
      const values = autoregression(0.5, 200, `coverage ${trial}`);
      for (const [name, blockLength] of [['automatic', undefined], ['independent', 1]] as const) {
        const { percentile } = blockBootstrapSync(values, { seed: trial, resamples: 150, confidence: 0.9, ...(blockLength && { blockLength }) });
        if (percentile.lower <= 0 && percentile.upper >= 0) covered[name]++;
      }
    }
    // Blocks of 5 and a variance estimated from 200 values leave 0.84 of 0.9, blocks of 1 leave 0.65 (thousand trials); standard errors .023 and .03.
    expect(covered.automatic / trials).toBeGreaterThan(0.77);
    expect(covered.automatic / trials).toBeLessThan(0.92);
    expect(covered.independent / trials).toBeLessThan(0.73);
  });

  it('draws several series side by side through the positions', () => {
    const x = autoregression(0.3, 150, 'x');
    const y = x.map((v, t) => v + series[t % 80]);
    const found = blockBootstrapSync(x, { seed: 3, statistic: (sample, positions) => pearson(sample, Float64Array.from(positions, (t) => y[t])) });
    expect(found.estimate).toBe(pearson(x, y));
    expect(found.percentile.lower).toBeLessThan(found.estimate);
    expect(found.percentile.upper).toBeGreaterThan(found.estimate);
    expect(found.percentile.upper).toBeLessThan(1);
  });

  it('is the same run async, and a longer one begins with the shorter one', async () => {
    const short = blockBootstrapSync(series, { seed: 7, resamples: 100 });
    const progress: number[] = [];
    const long = await blockBootstrap(series, { seed: 7, resamples: 1500, onProgress: ({ done }) => progress.push(done) });
    expect([...long.replicates.subarray(0, 100)]).toEqual([...short.replicates]);
    expect(progress.length).toBeGreaterThan(0);
    expect(long).toEqual(blockBootstrapSync(series, { seed: 7, resamples: 1500 }));
    expect(blockBootstrapSync(series, { seed: 8, resamples: 100 }).standardError).not.toBe(short.standardError);
  });

  it('stops at an aborted signal', async () => {
    const controller = new AbortController();
    const run = blockBootstrap(series, { seed: 1, resamples: 1e6, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run).rejects.toBe(controller.signal.reason);
  });

  it('keeps missing values in their place and counts them', () => {
    const found = blockBootstrapSync([1, NaN, 3, NaN, 5, 6], { seed: 1, blockLength: 2, resamples: 50 });
    expect(found).toMatchObject({ estimate: 3.75, n: 4, missing: 2, reason: null, undefinedReplicates: 0 });
  });

  it('says why there is no interval', () => {
    const none = { standardError: NaN, bias: NaN, percentile: { lower: NaN, upper: NaN }, basic: { lower: NaN, upper: NaN } };
    expect(blockBootstrapSync([], { seed: 1 })).toMatchObject({ estimate: NaN, n: 0, reason: 'too-few-values', ...none });
    expect(blockBootstrapSync([4, NaN], { seed: 1 })).toMatchObject({ estimate: 4, n: 1, missing: 1, reason: 'too-few-values', ...none });
    expect(blockBootstrapSync([4, 5], { seed: 1, statistic: () => NaN })).toMatchObject({ estimate: NaN, reason: 'undefined-statistic', ...none });
    let calls = 0;
    const onceOnly = blockBootstrapSync([4, 5], { seed: 1, resamples: 10, statistic: () => (calls++ === 0 ? 1 : NaN) });
    expect(onceOnly).toMatchObject({ estimate: 1, undefinedReplicates: 10, reason: 'undefined-replicates', ...none });
  });

  it('leaves out and counts draws on which the statistic is undefined', () => {
    const found = blockBootstrapSync([1, 1, 2], { seed: 1, blockLength: 1, resamples: 400, statistic: (sample) => 1 / standardDeviation(sample) });
    expect(found.undefinedReplicates).toBeGreaterThan(80); // (8 + 1) of 27 draws are constant
    expect(found.undefinedReplicates).toBeLessThan(190);
    expect(found.replicates.filter((v) => Number.isNaN(v)).length).toBe(found.undefinedReplicates);
    expect(Number.isFinite(found.standardError)).toBe(true);
  });

  it.each<[string, () => unknown, string]>([
    ['no seed', () => blockBootstrapSync([1, 2], {} as never), 'ERR_DOMAIN'],
    ['a block longer than the series', () => blockBootstrapSync([1, 2], { seed: 1, blockLength: 3 }), 'ERR_DOMAIN'],
    ['a fixed block of a fraction', () => blockBootstrapSync([1, 2], { seed: 1, scheme: 'moving', blockLength: 1.5 }), 'ERR_DOMAIN'],
    ['certainty', () => blockBootstrapSync([1, 2], { seed: 1, confidence: 1 }), 'ERR_DOMAIN'],
    ['another scheme', () => blockBootstrapSync([1, 2], { seed: 1, scheme: 'iid' as never }), 'ERR_DOMAIN'],
    ['an unknown option', () => blockBootstrapSync([1, 2], { seed: 1, blocks: 2 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
