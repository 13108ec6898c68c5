import { describe, expect, it } from 'vitest';
import { bachelierPrice } from '../../../src/iv/black/bachelier.ts';
import { ROW_STATUS } from '../../../src/iv/black/columns.ts';
import { displacedBlackGreeks, displacedBlackPrice, displacedBlackPrices } from '../../../src/iv/black/displaced.ts';
import { blackGreeks } from '../../../src/iv/black/greeks.ts';
import { blackPrice } from '../../../src/iv/black/price.ts';

const option = { type: 'call', forward: -0.002, strike: 0.001, expiryYears: 2, annualizedVol: 0.3, discount: 0.97, displacement: 0.03 } as const;

describe('displaced Black', () => {
  it('is Black at the shifted forward and strike, of which either may be negative before', () => {
    const { displacement, forward, strike, ...rest } = option;
    expect(displacedBlackPrice(option)).toBe(blackPrice({ ...rest, forward: forward + displacement, strike: strike + displacement }));
  });

  it('without displacement is Black', () => {
    expect(displacedBlackPrice({ ...option, forward: 1, strike: 1.1, displacement: 0 })).toBe(blackPrice({ type: 'call', forward: 1, strike: 1.1, expiryYears: 2, annualizedVol: 0.3, discount: 0.97 }));
  });

  it('tends to Bachelier as the displacement grows and vol times it is held', () => {
    const normal = bachelierPrice({ type: 'put', forward: 1, strike: 1.5, expiryYears: 1, annualizedVol: 0.8 });
    const errors = [1e2, 1e4].map((displacement) => displacedBlackPrice({ type: 'put', forward: 1, strike: 1.5, expiryYears: 1, annualizedVol: 0.8 / (displacement + 1.25), displacement }) - normal);
    expect(Math.abs(errors[1])).toBeLessThan(1e-4);
    expect(Math.abs(errors[1])).toBeLessThan(Math.abs(errors[0]));
  });

  it('greeks are derivatives at a fixed displacement; only carryRho uses the forward before the shift', () => {
    const greeks = displacedBlackGreeks(option);
    const { displacement, forward, strike, ...rest } = option;
    const shifted = blackGreeks({ ...rest, forward: forward + displacement, strike: strike + displacement });
    expect({ ...greeks, carryRho: 0 }).toEqual({ ...shifted, carryRho: 0 });
    const h = 1e-6;
    expect(greeks.forwardDelta).toBeCloseTo((displacedBlackPrice({ ...option, forward: forward + h }) - displacedBlackPrice({ ...option, forward: forward - h })) / (2 * h), 8);
    expect(greeks.carryRho).toBeCloseTo((displacedBlackPrice({ ...option, forward: forward * Math.exp(2 * h) }) - displacedBlackPrice({ ...option, forward: forward * Math.exp(-2 * h) })) / (2 * h), 8);
    expect(Object.isFrozen(greeks)).toBe(true);
  });

  it('throws where forward or strike is not above minus the displacement', () => {
    expect(() => displacedBlackPrice({ ...option, forward: -0.03 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'displacedBlackPrice: forward + displacement must be a finite number > 0, got 0' }));
    expect(() => displacedBlackPrice({ ...option, strike: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => displacedBlackPrice({ ...option, shift: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });

  it('in a batch has the bits of the scalar function, and a status for a bad row', () => {
    const strike = Float64Array.of(0.001, -0.04, NaN, 0.02);
    const { price, status } = displacedBlackPrices({ ...option, strike });
    expect(Array.from(status, (code) => ROW_STATUS[code])).toEqual(['ok', 'invalid', 'missing', 'ok']);
    expect(price[0]).toBe(displacedBlackPrice(option));
    expect(price[3]).toBe(displacedBlackPrice({ ...option, strike: 0.02 }));
    expect(strike[0]).toBe(0.001);
  });
});
