import { describe, expect, it } from 'vitest';
import { averageRunLength, thresholdFor } from '../../src/shift-detection/run-length.ts';

describe('averageRunLength', () => {
  it('is the mean of a geometric distribution when each value is judged alone', () => {
    // Uniform values on [-1, 1], alarm outside [-0.75, 0.75]: one in four.
    const process = { lower: -0.75, upper: 0.75, start: 0, stepSize: 1, density: () => 0.5 };
    expect(averageRunLength(process)).toBeCloseTo(4, 12);
  });

  it('counts returns to the start: worked by hand', () => {
    // From anywhere back to the start with probability 1/2, uniform on [0, 1] with 1/4, alarm with 1/4.
    expect(averageRunLength({ lower: 0, upper: 1, start: 0, stepSize: 1, density: () => 0.25, returnProbability: () => 0.5 })).toBeCloseTo(4, 12);
    // From the start always to [0, 1], from there back with probability x, else alarm: L0 = 1 + L1, L1 = 1 + L0 / 2 on average.
    const density = (from: number): number => (from === 0 ? 1 : 0);
    expect(averageRunLength({ lower: 0, upper: 1, start: 0, stepSize: 1, density, returnProbability: (from) => from })).toBeCloseTo(4, 10);
  });

  it('is infinite where no digit is left, never negative', () => {
    expect(averageRunLength({ lower: 0, upper: 1, start: 0, stepSize: 1, density: () => 0, returnProbability: () => 1 })).toBe(Infinity);
  });
});

describe('thresholdFor', () => {
  it.each([0.01, 1, 5, 40])('finds the root from a guess of %d', (guess) => {
    expect(thresholdFor('f', 1000, (h) => Math.exp(h), guess)).toBeCloseTo(Math.log(1000), 9);
  });

  it('refuses targets that no threshold reaches, and targets outside [2, 1e6]', () => {
    expect(() => thresholdFor('f', 1000, () => 10, 1)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => thresholdFor('f', 1000, () => 1e4, 1)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    for (const target of [1, 1e7, NaN, Infinity]) expect(() => thresholdFor('f', target, Math.exp, 1)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
