import { describe, expect, it } from 'vitest';
import { hestonGreeks } from '../../../src/iv/heston/greeks.ts';
import { HESTON_PARAMETER_NAMES, type HestonParameters } from '../../../src/iv/heston/parameters.ts';
import { hestonPrice } from '../../../src/iv/heston/price.ts';
import { gradientRows } from './reference.ts';

const smile: HestonParameters = { initialVariance: 0.04, meanReversion: 1.5, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.7 };

// Greeks of calls deep in the money are small beside the price whose rounding they share: scaled by the largest of their kind.
const GREEK_ERROR = 1e-14;

describe('hestonGreeks', () => {
  it('has all 65 rows of 40-digit derivatives: price, five parameters, theta, delta, gamma', () => {
    expect(gradientRows).toHaveLength(65);
    for (const { parameters, option, expected } of gradientRows) {
      const found = hestonGreeks(parameters, option);
      const g = found.parameterGradient;
      const values = [found.price, g.initialVariance, g.meanReversion, g.longRunVariance, g.volOfVariance, g.correlation, found.theta, found.delta, found.gamma];
      const scale = [option.spot, option.spot, option.spot, option.spot, option.spot, option.spot, option.spot, 1, 1 / option.spot];
      values.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan(GREEK_ERROR * Math.max(Math.abs(expected[i]), scale[i]));
      });
      // In relative terms as well, where the derivative does not nearly vanish: calls out of the money and the parameter gradient always are sums of their own.
      values.slice(1, 6).forEach((value, i) => {
        if (Math.abs(expected[i + 1]) > 1e-6 * option.spot) expect(Math.abs(value / expected[i + 1] - 1)).toBeLessThan(1e-10);
      });
      expect(found.initialVarianceVega).toBe(g.initialVariance);
      expect(found.status).toBe('ok');
    }
  });

  it('is the slope of hestonPrice in every argument, puts and calls, in and out of the money, on spot and forward', () => {
    const central = (f: (h: number) => number, h: number): number => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
    for (const type of ['call', 'put'] as const) {
      for (const strike of [70, 100, 130]) {
        const option = { type, spot: 100, strike, expiryYears: 0.7, rate: 0.04, dividendYield: 0.01 };
        const found = hestonGreeks(smile, option);
        const price = (change: Partial<typeof option>): number => hestonPrice(smile, { ...option, ...change }).price;
        expect(found.price).toBeCloseTo(price({}), 11);
        expect(found.delta).toBeCloseTo(central((h) => price({ spot: 100 + h }), 0.1), 8);
        expect(found.gamma).toBeCloseTo(central((h) => hestonGreeks(smile, { ...option, spot: 100 + h }).delta, 0.1), 8);
        expect(found.theta).toBeCloseTo(-central((h) => price({ expiryYears: 0.7 + h }), 1e-3), 6);
        expect(found.rho).toBeCloseTo(central((h) => price({ rate: 0.04 + h }), 1e-3), 7);
        for (const name of HESTON_PARAMETER_NAMES) {
          expect(found.parameterGradient[name]).toBeCloseTo(central((h) => hestonPrice({ ...smile, [name]: smile[name] + h }, option).price, 1e-3), 6);
        }
        const onForward = { type, forward: 100, strike, expiryYears: 0.7, discount: 0.95 };
        const forward = hestonGreeks(smile, onForward);
        const rate = -Math.log(0.95) / 0.7;
        expect(forward.delta).toBeCloseTo(central((h) => hestonPrice(smile, { ...onForward, forward: 100 + h }).price, 0.1), 8);
        expect(forward.gamma).toBeCloseTo(central((h) => hestonGreeks(smile, { ...onForward, forward: 100 + h }).delta, 0.1), 8);
        expect(forward.theta).toBeCloseTo(-central((h) => hestonPrice(smile, { ...onForward, expiryYears: 0.7 + h, discount: Math.exp(-rate * (0.7 + h)) }).price, 1e-3), 6);
        expect(forward.rho).toBeCloseTo(-0.7 * forward.price, 12);
      }
    }
  });

  it('keeps a zero yield apart from a forward: rho on a spot price includes the growth of the forward', () => {
    const onSpot = hestonGreeks(smile, { type: 'call', spot: 100, strike: 100, expiryYears: 1 });
    expect(onSpot.rho).toBeCloseTo(100 * onSpot.delta - onSpot.price, 10);
  });

  it('has the derivative in vol of variance at 0 that central differences approach', () => {
    const option = { type: 'call' as const, forward: 100, strike: 115, expiryYears: 1 };
    const slope = hestonGreeks({ ...smile, volOfVariance: 0 }, option).parameterGradient.volOfVariance;
    const price = (volOfVariance: number): number => hestonPrice({ ...smile, volOfVariance }, option).price;
    expect((4 * price(1e-3) - price(2e-3) - 3 * price(0)) / 2e-3).toBeCloseTo(slope, 4);
  });

  it('is flat but for delta when no variance or no time is left', () => {
    const option = { type: 'put' as const, forward: 100, strike: 120, expiryYears: 1, discount: 0.9 };
    const still = hestonGreeks({ ...smile, initialVariance: 0, longRunVariance: 0 }, option);
    expect(still).toMatchObject({ price: 18, delta: -0.9, gamma: 0, initialVarianceVega: 0, status: 'zero-variance' });
    expect(hestonGreeks(smile, { ...option, expiryYears: 0 })).toMatchObject({ price: 18, delta: -0.9, gamma: 0, status: 'expired' });
    expect(hestonGreeks(smile, { ...option, type: 'call', expiryYears: 0 })).toMatchObject({ price: 0, delta: 0, gamma: 0, status: 'expired' });
  });
});
