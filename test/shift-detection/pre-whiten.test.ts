import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { pearson } from '../../src/core/correlation.ts';
import { randomStream } from '../../src/core/random.ts';
import { mean, standardDeviation } from '../../src/core/stats.ts';
import { fitAutoregression } from '../../src/shift-detection/autoregression.ts';
import { fitGarch, nextVariance } from '../../src/shift-detection/garch.ts';
import { Whitener, isWhitening, preWhiten, whitenReference } from '../../src/shift-detection/pre-whiten.ts';

/** AR(1) with GARCH(1,1) errors of unit variance. */
const market = (seed: number, n: number, phi = 0.2, alpha = 0.05, beta = 0.94): Float64Array => {
  const random = randomStream(seed, 'pre-whiten');
  let [x, error, variance] = [0, 0, 1];
  return Float64Array.from({ length: n + 300 }, () => {
    variance = 1 - alpha - beta + alpha * error * error + beta * variance;
    error = Math.sqrt(variance) * random.normal();
    x = phi * x + error;
    return x;
  }).subarray(300);
};
const lagged = (values: Float64Array): number => pearson(values.subarray(1), values.subarray(0, -1));

describe('fitAutoregression', () => {
  it('worked by hand: order 1 is the lag-1 autocorrelation', () => {
    const deviations = Float64Array.of(1, -1, 1, -1, 1, -1, 1, -1);
    expect(Array.from(fitAutoregression(deviations, 1))).toEqual([-7 / 8]);
  });

  it('solves the Yule-Walker equations', () => {
    const x = market(1, 800, 0.7);
    const deviations = x.map((v) => v - mean(x));
    const coefficients = fitAutoregression(deviations, 6);
    const p = coefficients.length;
    expect(p).toBeGreaterThan(0);
    const covariance = (lag: number): number => deviations.reduce((sum, v, t) => sum + (t >= lag ? v * deviations[t - lag] : 0), 0);
    for (let i = 1; i <= p; i++) {
      expect(coefficients.reduce((sum, c, j) => sum + c * covariance(Math.abs(i - 1 - j)), 0) / covariance(0)).toBeCloseTo(covariance(i) / covariance(0), 12);
    }
  });

  it('keeps order 0 where there is nothing to take out', () => {
    let orders = 0;
    for (let seed = 0; seed < 40; seed++) orders += fitAutoregression(market(seed, 400, 0, 0, 0), 10).length === 0 ? 1 : 0;
    expect(orders / 40).toBeGreaterThan(0.5); // Akaike's criterion adds a term to independent values in about 29 % of samples
  });
});

describe('fitGarch', () => {
  it('recovers the recursion from a long sample', () => {
    const { alpha, beta, omega } = fitGarch(market(2, 20_000, 0), 1);
    expect(Math.abs(alpha - 0.05)).toBeLessThan(0.012);
    expect(Math.abs(beta - 0.94)).toBeLessThan(0.02);
    expect(omega).toBeCloseTo(1 - alpha - beta, 12);
  });

  it('says constant for independent values', () => {
    let constant = 0;
    for (let seed = 0; seed < 20; seed++) if (fitGarch(market(seed, 600, 0, 0, 0), 1).alpha === 0) constant++;
    expect(constant).toBeGreaterThanOrEqual(18);
  });

  it('bounds what one outlier does: 4 standard deviations at most', () => {
    const recursion = { omega: 0.1, alpha: 0.1, beta: 0.8 };
    expect(nextVariance(recursion, 1, 2)).toBeCloseTo(0.1 + 0.4 + 0.8, 14);
    expect(nextVariance(recursion, 1, 1e6)).toBeCloseTo(0.1 + 1.6 + 0.8, 14);
  });
});

describe('preWhiten', () => {
  it('leaves innovations without correlation, in values and in squares, with mean 0 and variance 1', () => {
    const x = market(3, 4000, 0.5, 0.15, 0.8);
    const { innovations } = whitenReference('test', x, {});
    expect(lagged(x)).toBeGreaterThan(0.4);
    expect(Math.abs(lagged(innovations))).toBeLessThan(0.04); // 2.5 standard errors
    expect(lagged(x.map((v) => v * v))).toBeGreaterThan(0.15);
    expect(Math.abs(lagged(innovations.map((v) => v * v)))).toBeLessThan(0.05);
    expect(mean(innovations)).toBeCloseTo(0, 12);
    expect(standardDeviation(innovations)).toBeCloseTo(1, 12);
  });

  it('the whitener goes on exactly where the reference ends', () => {
    const x = market(4, 600);
    const whitening = preWhiten(x);
    expect(whitening.coefficients.length).toBeGreaterThan(0);
    const p = whitening.coefficients.length;
    const start = { ...whitening, recent: x.slice(0, p).reverse().map((v) => v - whitening.mean), variance: whitening.volatility.omega / (1 - whitening.volatility.alpha - whitening.volatility.beta) };
    const whitener = new Whitener(start);
    const replayed = x.subarray(p).map((v) => whitener.update(v));
    const { innovations } = whitenReference('test', x, {});
    replayed.forEach((z, t) => expect(z).toBeCloseTo(innovations[t], 9));
    expect(Array.from(whitener.state.recent)).toEqual(Array.from(whitening.recent));
    expect(whitener.state.variance).toBeCloseTo(whitening.variance, 9);
  });

  it('without order and volatility is the z-score by the reference, never by the monitored values (engine 5: sigma held the shift)', () => {
    const x = market(5, 200);
    const whitener = new Whitener(preWhiten(x, { maxOrder: 0, volatility: 'none' }));
    for (const value of [0, 1e6, -3]) expect(whitener.update(value)).toBeCloseTo((value - mean(x)) / standardDeviation(x), 9);
  });

  it('a volatility of RiskMetrics: worked by hand', () => {
    const x = market(6, 100, 0);
    const whitening = preWhiten(x, { maxOrder: 0, volatility: 'ewma' });
    const whitener = new Whitener(whitening);
    whitener.update(whitening.mean + 2 * Math.sqrt(whitening.variance));
    expect(whitener.state.variance).toBeCloseTo(whitening.variance * (0.94 + 0.06 * 4), 12);
  });

  it('missing values are passed over', () => {
    const whitening = preWhiten(market(7, 300));
    const [a, b] = [new Whitener(whitening), new Whitener(whitening)];
    expect(a.update(1)).toBe(b.update(1));
    expect(a.update(NaN)).toBeNaN();
    expect(a.update(Infinity)).toBeNaN();
    expect(a.update(-1)).toBe(b.update(-1));
    expect(preWhiten([NaN, ...market(7, 300), Infinity])).toEqual(whitening);
  });

  it('says why it cannot, and no whitener comes of it', () => {
    for (const [values, reason] of [[[], 'too-few'], [[1, 2, 3], 'too-few'], [new Array(300).fill(NaN), 'too-few'], [new Array(300).fill(0.1), 'constant'], [new Array(300).fill(0), 'constant']] as const) {
      const whitening = preWhiten(values);
      expect(whitening).toMatchObject({ status: 'not-assessable', reason });
      expect(() => new Whitener(whitening)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
  });

  it('passes through the plain codec, and resumes to the same bits', () => {
    const whitening = preWhiten(market(8, 400));
    const copy = fromPlain(toPlain(whitening));
    expect(isWhitening(copy)).toBe(true);
    expect(copy).toEqual(whitening);
    const stream = market(9, 50);
    const whole = new Whitener(whitening);
    stream.subarray(0, 20).forEach((v) => whole.update(v));
    const restored = new Whitener(whitening).resume(fromPlain(toPlain(whole.state)));
    expect(stream.subarray(20).map((v) => restored.update(v))).toEqual(stream.subarray(20).map((v) => whole.update(v)));
  });

  it('refuses hostile data', () => {
    const whitening = preWhiten(market(8, 400));
    for (const bad of [null, 3, {}, { ...whitening, kind: 'x' }, { ...whitening, scale: 0 }, { ...whitening, recent: new Float64Array(99) }, { ...whitening, volatility: { omega: 1, alpha: -1, beta: 0 } }, { ...whitening, mean: NaN }]) {
      expect(isWhitening(bad)).toBe(false);
    }
    const whitener = new Whitener(whitening);
    for (const bad of [null, {}, { ...whitener.state, variance: 0 }, { ...whitener.state, recent: new Float64Array(77) }]) {
      expect(() => whitener.resume(bad)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }
  });

  it.each([{ maxOrder: -1 }, { maxOrder: 1.5 }, { volatility: 'arch' as 'garch' }])('refuses %j', (options) => {
    expect(() => preWhiten([1, 2], options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
