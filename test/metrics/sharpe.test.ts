import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { maximumDrawdown } from '../../src/metrics/drawdown.ts';
import { deflatedSharpeRatio, minimumTrackRecordLength, probabilisticSharpeRatio } from '../../src/metrics/probabilistic-sharpe.ts';
import { sharpeRatio, sortinoRatio } from '../../src/metrics/sharpe.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

const cases = referenceCases<{ returns: number[] }>('reg_metrics.json', 'sharpe');

describe('Sharpe ratio and its relatives', () => {
  it('have all 4 cases', () => {
    expect(cases).toHaveLength(4);
  });

  it.each(cases)('equal the reference: %s', (_id, { input, params, expected }) => {
    const sharpe = sharpeRatio(input.returns, { periodsPerYear: params['annualisation'] });
    const deflated = deflatedSharpeRatio(input.returns, { trials: params['n_trials'], trialVariance: params['var_sr_trials'] });
    const found = {
      sharpe_period: sharpe.value,
      sharpe_annual: sharpe.annualized?.value ?? NaN,
      skew: sharpe.skewness,
      kurtosis: sharpe.kurtosis,
      psr: probabilisticSharpeRatio(input.returns, { benchmarkSharpe: params['sr_benchmark'] }).value,
      sr0: deflated.benchmarkSharpe,
      dsr: deflated.value,
      max_drawdown: -maximumDrawdown(input.returns).depth,
      sortino_period: sortinoRatio(input.returns).value,
    };
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(found)) expect(relativeError(value, expected[name]), name).toBeLessThan(REFERENCE_TOLERANCE);
  });
});

describe('sharpeRatio', () => {
  it('by hand: the factor of a year of 4 periods for returns 1, 2, 3, 4, whose autocorrelations are 1/4, -0.3, -0.45', () => {
    const factor = (lags: number): number => sharpeRatio([1, 2, 3, 4], { periodsPerYear: 4, lags }).annualized?.factor ?? NaN;
    [4, 5.5, 4.3, 3.4, 3.4].forEach((sum, lags) => {
      expect(factor(lags)).toBeCloseTo(4 / Math.sqrt(sum), 14);
    });
    expect(sharpeRatio([1, 2, 3, 4], { riskFree: 1 }).value).toBeCloseTo(1.5 / Math.sqrt(5 / 3), 14);
  });

  it('says nothing of years unless told how many periods one has', () => {
    expect(sharpeRatio([1, 2, 4]).annualized).toBeNull();
    const { annualized, value, standardError } = sharpeRatio([1, 2, 4], { periodsPerYear: 9 });
    expect(annualized).toEqual({ value: 3 * value, standardError: 3 * standardError, factor: 3, reason: null });
  });

  it('has a reason where the autocorrelations leave a year without a positive variance', () => {
    const found = sharpeRatio([1, -1, 1, -1, 1, -1.1, 1.2], { periodsPerYear: 12, lags: 1 });
    expect(found.annualized).toMatchObject({ value: NaN, standardError: NaN, factor: NaN, reason: 'negative-variance' });
    expect(found.reason).toBeNull();
  });

  it('by hand: the standard error of skewed returns is Mertens\' formula over n - 1', () => {
    // Mean 1, population variance 3, third moment 6, fourth 21: skewness 2 / sqrt 3, kurtosis 7 / 3, ratio 1 / 2 with n - 1.
    const { value, skewness, kurtosis, standardError } = sharpeRatio([0, 0, 0, 4]);
    expect([value, skewness, kurtosis].map((v) => v.toFixed(12))).toEqual([0.5, 2 / Math.sqrt(3), 7 / 3].map((v) => v.toFixed(12)));
    expect(standardError).toBeCloseTo(Math.sqrt((1 - (2 / Math.sqrt(3)) * 0.5 + ((7 / 3 - 1) / 4) * 0.25) / 3), 14);
  });

  it('the standard error is that of many samples, independent or not', () => {
    for (const [phi, lags] of [[0, 0], [0.4, 8]]) {
      const stream = randomStream(6, `samples ${phi}`);
      const found = Array.from({ length: 600 }, () => {
        let e = 0;
        return sharpeRatio(Float64Array.from({ length: 300 }, () => {
          e = phi * e + stream.normal();
          return 0.2 + e;
        }), { lags });
      });
      const spread = standardDeviation(found.map((s) => s.value));
      expect(Math.abs(mean(found.map((s) => s.standardError)) / spread - 1), `phi ${phi}`).toBeLessThan(0.12);
    }
  });

  it('is undefined, with a reason, for constant and for too few returns', () => {
    expect(sharpeRatio([0.1, 0.1, 0.1], { periodsPerYear: 252 })).toMatchObject({ value: NaN, standardError: NaN, skewness: NaN, reason: 'constant-returns', annualized: { value: NaN, reason: 'constant-returns' } });
    expect(sharpeRatio([0.1, NaN])).toMatchObject({ value: NaN, n: 1, missing: 1, reason: 'too-few-returns' });
    expect(sharpeRatio([])).toMatchObject({ n: 0, reason: 'too-few-returns' });
    expect(sortinoRatio([0.1, 0, 0.2])).toMatchObject({ value: NaN, reason: 'no-losses' });
    expect(sortinoRatio([0.1])).toMatchObject({ value: NaN, reason: 'too-few-returns' });
  });

  it('leaves out missing returns, keeps their place for lags', () => {
    expect(sharpeRatio([1, NaN, 2, 4, NaN])).toMatchObject({ value: sharpeRatio([1, 2, 4]).value, n: 3, missing: 2 });
    // Deviations -1.5, -0.5, gap, 0.5, 1.5: only two pairs one apart, 0.75 each, over 5.
    expect(sharpeRatio([1, 2, NaN, 3, 4], { periodsPerYear: 4, lags: 1 }).annualized?.factor).toBeCloseTo(4 / Math.sqrt(4 + 6 * (1.5 / 5)), 14);
  });

  it('does not see the scale of the returns and changes sign with them', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 2, maxLength: 30 }), (returns) => {
      const found = sharpeRatio(returns);
      if (found.reason !== null) return;
      expect(sharpeRatio(returns.map((r) => r / 64)).value).toBeCloseTo(found.value, 10);
      expect(sharpeRatio(returns.map((r) => -r)).value).toBeCloseTo(-found.value, 10);
      expect(found.kurtosis).toBeGreaterThanOrEqual(1 + found.skewness ** 2 - 1e-9); // Pearson's inequality
    }));
  });

  it('sortinoRatio by hand: 3, -1, 1, -3 above -1 lose (2^2 / 4)^(1/2)', () => {
    expect(sortinoRatio([3, -1, 1, -3], { target: -1 }).value).toBeCloseTo(1, 14);
    expect(sortinoRatio([3, -1, 1, -3], { target: -1, periodsPerYear: 16 }).value).toBeCloseTo(4, 14);
  });

  it.each<[string, () => unknown, string]>([
    ['an infinite return', () => sharpeRatio([1, Infinity]), 'ERR_DOMAIN'],
    ['an infinite return below the target', () => sortinoRatio([1, -Infinity]), 'ERR_DOMAIN'],
    ['years of no period', () => sharpeRatio([1, 2], { periodsPerYear: 0 }), 'ERR_DOMAIN'],
    ['a fractional lag', () => sharpeRatio([1, 2], { lags: 0.5 }), 'ERR_DOMAIN'],
    ['an unknown option', () => sharpeRatio([1, 2], { periods: 2 } as never), 'ERR_UNKNOWN_NAME'],
    ['no number of trials', () => deflatedSharpeRatio([1, 2], { trialVariance: 1 } as never), 'ERR_DOMAIN'],
    ['a negative variance of trials', () => deflatedSharpeRatio([1, 2], { trials: 2, trialVariance: -1 }), 'ERR_DOMAIN'],
    ['confidence of one half', () => minimumTrackRecordLength([1, 2], { confidence: 0.5 }), 'ERR_DOMAIN'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('probabilistic and deflated Sharpe ratio', () => {
  const stream = randomStream(8, 'returns');
  const returns = Float64Array.from({ length: 250 }, () => 0.08 + stream.normal());

  it('the benchmark of 100 trials with an annual variance of 1/2 is 0.1132 a day: Bailey and Lopez de Prado (2014)', () => {
    expect(deflatedSharpeRatio(returns, { trials: 100, trialVariance: 0.5 / 250 }).benchmarkSharpe).toBeCloseTo(0.1132, 4);
  });

  it('one trial deflates nothing; more trials always deflate more', () => {
    const deflated = (trials: number): number => deflatedSharpeRatio(returns, { trials, trialVariance: 0.004 }).value;
    expect(deflated(1)).toBe(probabilisticSharpeRatio(returns).value);
    const values = [1, 2, 5, 20, 1000, 1e9].map(deflated);
    values.slice(1).forEach((value, i) => {
      expect(value).toBeLessThan(values[i]);
    });
  });

  it('is one half against its own ratio, and near certain against less', () => {
    const { sharpe } = probabilisticSharpeRatio(returns);
    expect(probabilisticSharpeRatio(returns, { benchmarkSharpe: sharpe }).value).toBe(0.5);
    expect(probabilisticSharpeRatio(returns, { benchmarkSharpe: sharpe - 1 }).value).toBeGreaterThan(0.9999);
  });

  it('passes on why the ratio is undefined', () => {
    expect(probabilisticSharpeRatio([1, 1])).toMatchObject({ value: NaN, sharpe: NaN, reason: 'constant-returns' });
    expect(deflatedSharpeRatio([1], { trials: 3, trialVariance: 1 })).toMatchObject({ value: NaN, reason: 'too-few-returns' });
    expect(minimumTrackRecordLength([])).toMatchObject({ value: NaN, reason: 'too-few-returns' });
  });

  it('a record of minimum length has exactly the confidence asked for', () => {
    const { value, sharpe, n } = minimumTrackRecordLength(returns, { benchmarkSharpe: 0.01, confidence: 0.9 });
    const { skewness, kurtosis } = sharpeRatio(returns);
    expect(value).toBeCloseTo(1 + (1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2) * (1.2815515655446004 / (sharpe - 0.01)) ** 2, 8);
    const { value: probability, standardError } = probabilisticSharpeRatio(returns, { benchmarkSharpe: 0.01 });
    expect(probability > 0.9).toBe(n > value);
    expect((sharpe - 0.01) / (standardError * Math.sqrt((n - 1) / (value - 1)))).toBeCloseTo(1.2815515655446004, 12);
  });

  it('no record is long enough for a ratio that does not exceed the benchmark', () => {
    expect(minimumTrackRecordLength([-1, 0, -2])).toMatchObject({ value: Infinity, reason: null });
    expect(minimumTrackRecordLength(returns, { benchmarkSharpe: 5 }).value).toBe(Infinity);
  });
});
