import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectives, sigmoid } from '../../../src/learners/gbdt/objective.ts';

describe('sigmoid', () => {
  it('does not overflow', () => {
    expect(sigmoid(-1e308)).toBe(0);
    expect(sigmoid(1e308)).toBe(1);
    expect(sigmoid(-745)).toBeGreaterThan(0);
    expect(sigmoid(0)).toBe(0.5);
  });

  it('is symmetric', () => {
    fc.assert(fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => Math.abs(sigmoid(x) + sigmoid(-x) - 1) <= 2 ** -52));
  });
});

describe('objectives', () => {
  const labels = { squared: fc.double({ min: -10, max: 10, noNaN: true }), logistic: fc.constantFrom(0, 1) };
  // Central differences with step d of losses below 162: truncation d^2, rounding 3e-14 / d for the gradient and 6e-14 / d^2 for the hessian.
  const STEP = 1e-4;

  for (const name of ['squared', 'logistic'] as const) {
    const { loss, gradient, hessian, response, start } = objectives[name];
    it(`${name}: gradient and hessian are the finite differences of the loss`, () => {
      fc.assert(fc.property(fc.double({ min: -8, max: 8, noNaN: true }), labels[name], (margin, label) => {
        const [down, at, up] = [-STEP, 0, STEP].map((d) => loss(margin + d, label));
        expect(gradient(response(margin), label)).toBeCloseTo((up - down) / (2 * STEP), 7);
        expect(hessian(response(margin))).toBeCloseTo((up - 2 * at + down) / STEP ** 2, 4);
      }));
    });

    it(`${name}: the start has no gradient on the mean label`, () => {
      fc.assert(fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (mean) => Math.abs(gradient(response(start(mean)), mean)) < 1e-12));
    });
  }

  it('logistic: loss, gradient and start stay finite at the ends', () => {
    const { loss, gradient, hessian, response, start } = objectives.logistic;
    for (const margin of [-1e4, 1e4]) {
      expect(loss(margin, 0)).toBe(Math.max(margin, 0));
      expect(Number.isFinite(gradient(response(margin), 1))).toBe(true);
      expect(hessian(response(margin))).toBe(1e-16);
    }
    expect(start(0)).toBeCloseTo(Math.log(1e-9), 6);
    expect(start(1)).toBeCloseTo(-Math.log(1e-9), 6);
  });
});
