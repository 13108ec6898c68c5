import { describe, expect, it } from 'vitest';
import { hestonCharacteristicFunction } from '../../../src/iv/heston/characteristic-function.ts';
import { hestonDiagnostics, hestonExpectedTotalVariance, hestonMomentExplosionTime, type HestonParameters } from '../../../src/iv/heston/parameters.ts';

const parameters: HestonParameters = { initialVariance: 0.09, meanReversion: 2, longRunVariance: 0.04, volOfVariance: 0.5, correlation: -0.7 };

describe('hestonDiagnostics', () => {
  it('has Feller\'s ratio 2 kappa theta / sigma^2, worked by hand', () => {
    const found = hestonDiagnostics(parameters);
    expect(found.fellerRatio).toBeCloseTo(0.64, 14);
    expect(found.satisfiesFeller).toBe(false);
    expect(found.varianceHalfLifeYears).toBeCloseTo(Math.LN2 / 2, 14);
    expect(found.stationaryDeviation).toBeCloseTo(0.05, 14);
    expect(hestonDiagnostics({ ...parameters, volOfVariance: 0.4 })).toMatchObject({ fellerRatio: expect.closeTo(1, 12) });
    expect(hestonDiagnostics({ ...parameters, volOfVariance: 0.39 }).satisfiesFeller).toBe(true);
    expect(hestonDiagnostics({ ...parameters, volOfVariance: 0 })).toMatchObject({ fellerRatio: Infinity, satisfiesFeller: true });
  });

  it('says for the DAX optimum of 5 July 2002 that Feller is violated', () => {
    const dax = hestonDiagnostics({ initialVariance: 0.195661, meanReversion: 15.66271, longRunVariance: 0.0745913, volOfVariance: 3.36192, correlation: -0.511491 });
    expect(dax.fellerRatio).toBeCloseTo(2.3366 / 11.3025, 4);
    expect(dax.satisfiesFeller).toBe(false);
  });
});

describe('hestonExpectedTotalVariance', () => {
  it('is theta T + (v0 - theta)(1 - e^(-kappa T)) / kappa', () => {
    expect(hestonExpectedTotalVariance(parameters, 1)).toBeCloseTo(0.04 + (0.05 * (1 - Math.exp(-2))) / 2, 15);
    expect(hestonExpectedTotalVariance(parameters, 0)).toBe(0);
    expect(hestonExpectedTotalVariance(parameters, 1e-9) / 1e-9).toBeCloseTo(0.09, 8);
  });
});

describe('hestonMomentExplosionTime', () => {
  it('is infinite for moments in [0, 1] and without vol of variance', () => {
    for (const moment of [0, 0.5, 1]) expect(hestonMomentExplosionTime(parameters, moment)).toBe(Infinity);
    expect(hestonMomentExplosionTime({ ...parameters, volOfVariance: 0 }, 50)).toBe(Infinity);
  });

  it('is when the closed form blows up: just before, the moment is finite and large', () => {
    for (const p of [parameters, { ...parameters, correlation: 0.9, volOfVariance: 2 }, { ...parameters, correlation: 0.5, volOfVariance: 1.2 }]) {
      for (const moment of [-20, -6, 1.5, 3, 15, 40]) {
        const time = hestonMomentExplosionTime(p, moment);
        if (time === Infinity || time > 50) continue;
        const at = (share: number): number => hestonCharacteristicFunction(p, { real: 0, imaginary: -moment, expiryYears: share * time }).real;
        expect(at(0.5)).toBeGreaterThan(1);
        expect(at(0.98)).toBeGreaterThan(at(0.9));
        expect(Math.log(at(0.9999)) / Math.log(at(0.99))).toBeGreaterThan(5); // grows like 1 / (time - T)
      }
    }
  });

  it('comes sooner for higher moments, and for a positive correlation on the upper side', () => {
    expect(hestonMomentExplosionTime(parameters, 30)).toBeLessThan(hestonMomentExplosionTime(parameters, 20));
    expect(hestonMomentExplosionTime({ ...parameters, correlation: 0.7 }, 20)).toBeLessThan(hestonMomentExplosionTime(parameters, 20));
  });

  it('has the value of Andersen and Piterbarg\'s formula worked by hand: xi < 0 and a positive discriminant', () => {
    // kappa 1, sigma 2, rho 0.9, moment 1.25: xi = -1.25, sigma^2 (p^2 - p) = 1.25, discriminant 0.3125
    const root = Math.sqrt(0.3125);
    expect(hestonMomentExplosionTime({ ...parameters, meanReversion: 1, volOfVariance: 2, correlation: 0.9 }, 1.25)).toBeCloseTo(Math.log((1.25 + root) / (1.25 - root)) / root, 13);
  });

  it('rejects a moment that is no number', () => {
    expect(() => hestonMomentExplosionTime(parameters, NaN)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
