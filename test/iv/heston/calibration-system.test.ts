import { describe, expect, it } from 'vitest';
import { calibrationCoordinates, toPoint } from '../../../src/iv/heston/calibration-coordinates.ts';
import { calibrationQuotes } from '../../../src/iv/heston/calibration-quotes.ts';
import { sampleRows, startsFromQuotes } from '../../../src/iv/heston/calibration-starts.ts';
import { calibrationSystem } from '../../../src/iv/heston/calibration-system.ts';
import { asSmiles, cuiGrid, daxGrid } from './calibration-data.ts';

const allRows = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

describe('calibrationSystem', () => {
  const quotes = calibrationQuotes('test', asSmiles(daxGrid, (e) => 0.002 + 0.001 * e), 'vol', 'spread');
  const jumps = Float64Array.of(0.1, 3, 0.07, 0.9, -0.6, 0.4, -0.2, 0.15);

  it.each([
    ['vol', 5, {}, false],
    ['price-over-vega', 5, {}, false],
    ['relative-price', 5, { meanReversion: 3 }, false],
    ['vol', 5, {}, true],
    ['vol', 8, {}, false],
  ] as const)('has the derivatives of its residuals (%s, %i parameters, fixed %j, Feller held %s), the penalty included', (residual, count, fixed, holdFeller) => {
    const coordinates = calibrationCoordinates('test', { count, fixed, bounds: {}, holdFeller });
    const system = calibrationSystem({ quotes, rows: allRows(104), coordinates, residual, tolerance: 1e-12, noiseShare: 0, fellerPenalty: 5 });
    expect(system.residualCount).toBe(105);
    const p = system.parameterCount;
    const point = toPoint(coordinates, jumps);
    if (holdFeller) point[3] = -0.1; // inside
    const residuals = new Float64Array(105);
    const jacobian = new Float64Array(105 * p);
    expect(system.evaluate(point, residuals, jacobian)).toBe(true);
    if (!holdFeller) expect(residuals[104]).toBeCloseTo(5 * Math.log(0.81 / 0.42), 10);
    const up = new Float64Array(105);
    const down = new Float64Array(105);
    for (let j = 0; j < p; j++) {
      const moved = (step: number): Float64Array => point.map((value, k) => (k === j ? value + step : value));
      system.evaluate(moved(1e-4), up, null);
      system.evaluate(moved(-1e-4), down, null);
      for (let i = 0; i < 105; i++) {
        const slope = (up[i] - down[i]) / 2e-4;
        // 1e-8 of the third derivative, which is larger for jumps
        expect(Math.abs(jacobian[i * p + j] - slope)).toBeLessThan((count === 8 ? 1e-5 : 2e-6) * Math.max(1, Math.abs(slope)));
      }
    }
  });

  it('remembers the last point and the best: the same residuals before and after others', () => {
    const coordinates = calibrationCoordinates('test', { count: 5, fixed: {}, bounds: {}, holdFeller: false });
    const system = calibrationSystem({ quotes, rows: allRows(104), coordinates, residual: 'vol', tolerance: 1e-9, noiseShare: 0, fellerPenalty: 0 });
    const [a, b, c] = [toPoint(coordinates, jumps), toPoint(coordinates, [0.2, 1, 0.1, 0.4, 0.1]), toPoint(coordinates, [0.3, 1, 0.1, 0.4, 0.1])];
    const first = new Float64Array(104);
    const again = new Float64Array(104);
    system.evaluate(a, first, null);
    expect(system.evaluated()).toBe(1);
    system.evaluate(a, again, new Float64Array(520));
    expect(system.evaluated()).toBe(1); // prices and their derivatives are computed at once
    expect(again).toEqual(first);
    system.evaluate(b, again, null);
    expect(again).not.toEqual(first);
    const other = again.slice();
    system.evaluate(c, again, null);
    expect(system.evaluated()).toBe(3);
    system.evaluate(a, again, null);
    expect(again).toEqual(first);
    expect(system.evaluated()).toBe(3); // the best of the three
    system.evaluate(b, again, null);
    expect(again).toEqual(other);
    expect(system.evaluated()).toBe(4); // forgotten
  });

  it.each([5, 8])('agrees with options integrated alone (%i parameters)', (count) => {
    const coordinates = calibrationCoordinates('test', { count, fixed: {}, bounds: {}, holdFeller: false });
    const shared = calibrationSystem({ quotes, rows: allRows(104), coordinates, residual: 'vol', tolerance: 1e-11, noiseShare: 0, fellerPenalty: 0 });
    const alone = calibrationSystem({ quotes, rows: allRows(104), coordinates, residual: 'vol', tolerance: 1e-11, noiseShare: 0, fellerPenalty: 0 });
    alone.alone.fill(1);
    const point = toPoint(coordinates, jumps);
    const out = [shared, alone].map((system) => {
      const jacobian = new Float64Array(104 * count);
      const residuals = new Float64Array(104);
      system.evaluate(point, residuals, jacobian);
      return { residuals, jacobian };
    });
    out[0].residuals.forEach((value, i) => expect(out[1].residuals[i]).toBeCloseTo(value, 6));
    out[0].jacobian.forEach((value, i) => expect(out[1].jacobian[i]).toBeCloseTo(value, 4));
  });
});

describe('startsFromQuotes', () => {
  it('reads variances off the ends of the term structure, the sign of the correlation off the skew', () => {
    const expiryYears = [1, 0.1];
    const smile = (skew: number): ReturnType<typeof startsFromQuotes> => {
      const quotes = calibrationQuotes('test', { expiryYears, logMoneyness: [[-0.1, 0.1], [-0.2, -0.1, 0.3]], annualizedVol: [[0.3, 0.2], [0.2 - 0.2 * skew, 0.2 - 0.1 * skew, 0.2 + 0.3 * skew]] }, 'vol', 'uniform');
      return startsFromQuotes(quotes, allRows(5), 5);
    };
    const starts = smile(-0.2);
    expect(starts).toHaveLength(3);
    starts.forEach((start) => {
      expect(start[0]).toBeCloseTo(0.04, 12); // straight through 0 at 0.2
      expect(start[2]).toBeCloseTo(0.0625, 12);
      expect(start[4]).toBe(-0.6);
    });
    expect(Array.from(starts[0].subarray(1, 4))).toEqual([1.5, expect.closeTo(0.0625, 12), 0.6]);
    expect(smile(0.2).map((start) => start[4])).toEqual([0.6, 0.6, 0.6]);
  });
});

describe('sampleRows', () => {
  it('keeps the ends of expiries and strikes, and all of what is small', () => {
    const strikes = Array.from({ length: 41 }, (_, i) => (i - 20) / 40);
    const expiryYears = Array.from({ length: 20 }, (_, e) => 2 - e / 10); // unsorted in time
    const quotes = calibrationQuotes('test', { expiryYears, logMoneyness: expiryYears.map(() => strikes), annualizedVol: expiryYears.map(() => strikes.map(() => 0.2)) }, 'vol', 'uniform');
    const sample = sampleRows(quotes, allRows(820), 12, 7);
    expect(sample).toHaveLength(84);
    expect(new Set(Array.from(sample, (row) => quotes.expiryYears[row])).size).toBe(12);
    for (const row of [0, 20, 40, 19 * 41, 19 * 41 + 20, 819]) expect(sample).toContain(row);
    expect(sample).toEqual(sample.slice().sort());
    expect(sampleRows(quotes, allRows(252), 12, 7)).toEqual(allRows(252));
    const cui = calibrationQuotes('test', cuiGrid, 'vol', 'uniform');
    const rows = allRows(40);
    expect(sampleRows(cui, rows, 12, 7)).toBe(rows);
  });
});
