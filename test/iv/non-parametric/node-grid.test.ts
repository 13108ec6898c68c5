import { describe, expect, it } from 'vitest';
import { boundByAsks } from '../../../src/iv/non-parametric/ask-bounds.ts';
import { repaired } from '../../../src/iv/non-parametric/fit-price-slice.ts';
import { fixMassAndMean, nodeGrid, nodeProbabilities, nodeValues } from '../../../src/iv/non-parametric/node-grid.ts';
import { usableQuotes } from '../../../src/iv/non-parametric/usable-quotes.ts';

const grid = nodeGrid(Math.log(1.25), -0.6, 0.6); // nodes 0.512, 0.64, 0.8, 1, 1.25, 1.5625, 1.953125

describe('node grid', () => {
  it('has its nodes at powers of 1.25, one at the forward', () => {
    expect(grid.centre).toBe(3);
    expect(grid.moneyness[3]).toBe(1);
    [0.512, 0.64, 0.8, 1, 1.25, 1.5625, 1.953125].forEach((x, j) => expect(grid.moneyness[j]).toBeCloseTo(x, 14));
  });

  it('turns values 0.05 at 0.8, 0.1 at 1, 0.02 at 1.25 into probabilities and back, worked by hand', () => {
    const values = Float64Array.of(0, 0.01, 0.05, 0.1, 0.02, 0, 0);
    const probabilities = nodeProbabilities(grid, values);
    expect(probabilities[1]).toBeCloseTo(0.04 / 0.16 - 0.01 / 0.128, 12);
    expect(probabilities[2]).toBeCloseTo(0.05 / 0.2 - 0.04 / 0.16, 12);
    expect(probabilities[3]).toBeCloseTo(1 - 0.08 / 0.25 - 0.05 / 0.2, 12); // the calls' kink at the forward adds 1
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14);
    expect(probabilities.reduce((sum, p, j) => sum + p * grid.moneyness[j], 0)).toBeCloseTo(1, 14);
    nodeValues(grid, probabilities).forEach((value, j) => expect(value).toBeCloseTo(values[j], 14));
  });

  it('makes mass and mean 1 again', () => {
    for (const off of [3e-9, -3e-9]) {
      const probabilities = Float64Array.of(0.02, 0.08, 0.2, 0.4, 0.2, 0.08, 0.02);
      probabilities[3] += 1 - probabilities.reduce((a, b) => a + b, 0);
      const mean = probabilities.reduce((sum, p, j) => sum + p * grid.moneyness[j], 0);
      probabilities[4] -= (mean - 1) / 0.25;
      probabilities[3] += (mean - 1) / 0.25;
      probabilities[5] += off;
      fixMassAndMean(grid, probabilities);
      expect(probabilities.reduce((a, b) => a + b, 0) - 1).toBeCloseTo(0, 15);
      expect(probabilities.reduce((sum, p, j) => sum + p * (grid.moneyness[j] - 1), 0)).toBeCloseTo(0, 15);
    }
  });
});

describe('repair of a solution', () => {
  const start = Float64Array.of(0.02, 0.08, 0.2, 0, 0.2, 0.08, 0.02);
  start[3] = 0.4;
  const tilt = start.reduce((sum, p, j) => sum + p * (grid.moneyness[j] - 1), 0);
  start[4] -= tilt / 0.25;
  start[3] += 1 - start.reduce((a, b) => a + b, 0);
  const values = nodeValues(grid, start);

  it('leaves a solution alone that holds its constraints', () => {
    const solution = values.map((v) => 0.99 * v);
    const result = repaired(grid, solution, start, values.map((v) => 0.98 * v));
    nodeValues(grid, result).forEach((v, j) => expect(v).toBeCloseTo(solution[j], 14));
  });

  it('moves one that lies a millionth below the expiry before by as little as lifts it', () => {
    const floor = values.map((v) => 0.9 * v);
    const solution = values.map((v, j) => (j === 2 ? 0.9 * v * (1 - 1e-6) : 0.91 * v));
    const result = nodeValues(grid, repaired(grid, solution, start, floor));
    result.forEach((v, j) => {
      expect(v).toBeGreaterThanOrEqual(floor[j]);
      expect(Math.abs(v - solution[j])).toBeLessThanOrEqual(2e-5 * values[j]);
    });
  });

  it('takes the start for what cannot be mixed', () => {
    const result = repaired(grid, values.map(() => NaN), start, undefined);
    result.forEach((p, j) => expect(p).toBeCloseTo(start[j], 14));
  });
});

describe('bounds by later asks', () => {
  it('are the chords of puts below and calls above the forward, and of both by parity across it', () => {
    // Round prices in the place of those that the vols give.
    const quotes = usableQuotes({
      expiryYears: 1, forward: 1, discount: 1, logMoneyness: Float64Array.of(Math.log(0.5), Math.log(0.7), Math.log(1.3), Math.log(1.6)),
      midVol: new Float64Array(4).fill(0.2), bidVol: new Float64Array(4).fill(0.19), askVol: new Float64Array(4).fill(0.21),
    }, 1e-4);
    const priced = { ...quotes, ceiling: Float64Array.of(0.01, 0.03, 0.04, 0.02) };
    const cap = new Float64Array(grid.moneyness.length).fill(Infinity);
    boundByAsks(grid.logMoneyness, grid.moneyness, priced, cap);
    expect(cap[0]).toBeCloseTo(0.01 + 0.02 * (0.012 / 0.2), 12); // put at 0.512
    expect(cap[2]).toBeCloseTo(0.03 + (0.1 / 0.6) * (0.04 + 0.3 - 0.03), 12); // put at 0.8 between the put at 0.7 and, by parity, the put at 1.3
    expect(cap[3]).toBeCloseTo(0.03 + 0.3 + 0.5 * (0.04 - 0.03 - 0.3), 12); // call at 1
    expect(cap[4]).toBeCloseTo(0.03 + 0.3 + (0.55 / 0.6) * (0.04 - 0.03 - 0.3), 12); // call at 1.25
    expect(cap[5]).toBeCloseTo(0.04 - 0.02 * (0.2625 / 0.3), 12);
    expect(cap[6]).toBe(Infinity);
  });
});
