import { describe, expect, it } from 'vitest';
import { calibrateHestonSync } from '../../../src/iv/heston/calibrate.ts';
import { calibrationCoordinates, toParameters } from '../../../src/iv/heston/calibration-coordinates.ts';
import { calibrationUncertainty } from '../../../src/iv/heston/calibration-uncertainty.ts';
import { hestonImpliedVol } from '../../../src/iv/heston/implied-vol.ts';
import { HESTON_PARAMETER_NAMES } from '../../../src/iv/heston/parameters.ts';
import { daxGrid } from './calibration-data.ts';

/** Inverse by Gauss and Jordan, for comparison only. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i][i];
    rows[i] = rows[i].map((value) => value / pivot);
    for (let k = 0; k < n; k++) if (k !== i) rows[k] = rows[k].map((value, j) => value - rows[k][i] * rows[i][j]);
  }
  return rows.map((row) => row.slice(n));
}

describe('standard errors', () => {
  it('are the root of s^2 (J\'J)^-1 in the parameters themselves, J by differences of single options', () => {
    const fit = calibrateHestonSync(daxGrid, { quoteStarts: 1 });
    const columns = HESTON_PARAMETER_NAMES.map((name) => {
      const step = 1e-4 * Math.abs(fit.parameters![name]);
      const at = (shift: number): number[] =>
        Array.from(fit.quotes.logMoneyness, (k, i) => 100 * hestonImpliedVol({ ...fit.parameters!, [name]: fit.parameters![name] + shift }, { forward: 1, strike: Math.exp(k), expiryYears: fit.quotes.expiryYears[i] }).annualizedVol);
      const low = at(-step);
      return at(step).map((vol, i) => (vol - low[i]) / (2 * step));
    });
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const covariance = inverse(columns.map((a) => columns.map((b) => dot(a, b)))).map((row) => row.map((value) => (value * fit.objective!) / (104 - 5)));
    HESTON_PARAMETER_NAMES.forEach((name, i) => {
      expect(fit.standardErrors![name]! / Math.sqrt(covariance[i][i])).toBeCloseTo(1, 5);
      HESTON_PARAMETER_NAMES.forEach((_, j) => expect(fit.estimateCorrelation![i][j]).toBeCloseTo(covariance[i][j] / Math.sqrt(covariance[i][i] * covariance[j][j]), 5));
    });
    expect(fit.estimateCorrelation![1][3]).toBeGreaterThan(0.5); // kappa and sigma rise together
  });

  const free = (fixed: Record<string, number>): ReturnType<typeof calibrationCoordinates> => calibrationCoordinates('test', { count: 5, fixed, bounds: {}, holdFeller: false });
  const at = (coordinates: ReturnType<typeof free>, point: Float64Array): Float64Array => {
    const vector = new Float64Array(5);
    toParameters(coordinates, point, vector);
    return vector;
  };

  it('by hand: two columns at 60 degrees have the condition number sqrt(3) and correlate by -1/2', () => {
    const coordinates = free({ initialVariance: 0.04, meanReversion: 1, longRunVariance: 0.04 });
    const point = Float64Array.of(Math.log(0.5), Math.atanh(-0.6));
    const half = Math.sqrt(3) / 2;
    // Columns (2, 0, 0) and 3 (1/2, sqrt(3)/2, 0); J'J = [[4, 3], [3, 9]], its inverse [[9, -3], [-3, 4]] / 27.
    const jacobian = Float64Array.of(2, 1.5, 0, 3 * half, 0, 0);
    const result = calibrationUncertainty(coordinates, point, at(coordinates, point), jacobian, 3, 27);
    expect(result.conditionNumber).toBeCloseTo(Math.sqrt(3), 12);
    // s^2 = 27 / (3 - 2): errors 3 and 2 in coordinates, times sigma and 1 - rho^2
    expect(result.standardErrors[3]).toBeCloseTo(3 * 0.5, 12);
    expect(result.standardErrors[4]).toBeCloseTo(2 * 0.64, 12);
    expect(result.correlation[3 * 5 + 4]).toBeCloseTo(-0.5, 12);
    expect(result.standardErrors[1]).toBeNaN();
    // Weakest: unit columns in opposite directions, (1/2, -1/3) scaled to a longest component of 1.
    expect(Array.from(result.weakestDirection)).toEqual([expect.closeTo(1, 12), expect.closeTo(-2 / 3, 12)]);
  });

  it('are missing where the quotes say nothing: equal columns, a column of zeros, as many quotes as parameters', () => {
    const coordinates = free({ initialVariance: 0.04, meanReversion: 1, longRunVariance: 0.04 });
    const point = Float64Array.of(Math.log(0.5), Math.atanh(-0.6));
    const vector = at(coordinates, point);
    const equal = calibrationUncertainty(coordinates, point, vector, Float64Array.of(1, 2, 2, 4, 3, 6), 3, 1);
    expect(equal.conditionNumber).toBe(Infinity);
    expect(equal.standardErrors.every(Number.isNaN)).toBe(true);
    expect(Array.from(equal.weakestDirection)).toEqual([expect.closeTo(1, 7), expect.closeTo(-0.5, 7)]);
    expect(calibrationUncertainty(coordinates, point, vector, Float64Array.of(1, 0, 2, 0, 3, 0), 3, 1).conditionNumber).toBe(Infinity);
    const exact = calibrationUncertainty(coordinates, point, vector, Float64Array.of(1, 0, 0, 1), 2, 1);
    expect(exact.conditionNumber).toBeCloseTo(1, 12);
    expect(exact.standardErrors.every(Number.isNaN)).toBe(true);
  });

  it('treat a parameter on its bound as known', () => {
    const coordinates = free({ initialVariance: 0.04, meanReversion: 1, longRunVariance: 0.04 });
    const point = Float64Array.of(coordinates.upper[0], 0);
    const result = calibrationUncertainty(coordinates, point, at(coordinates, point), Float64Array.of(1, 2, 2, 4, 3, 6), 3, 8);
    expect(result.conditionNumber).toBe(1);
    expect(result.standardErrors[3]).toBeNaN();
    expect(result.standardErrors[4]).toBeCloseTo(Math.sqrt(8 / 2 / 56), 12);
  });
});
