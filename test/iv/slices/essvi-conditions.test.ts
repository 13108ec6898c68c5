import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durrlemanG } from '../../../src/iv/slices/durrleman.ts';
import { essviButterflyMargins, essviCalendarMargins, essviFromWings, essviLeastTheta, essviLeastThetaRatio, leastTheta, leastThetaRatio, projectEssvi } from '../../../src/iv/slices/essvi-conditions.ts';
import { essviTotalVariance, uncheckedEssviSmile, type EssviSlice } from '../../../src/iv/slices/essvi.ts';
import { anySlice, edgePair, wings } from './essvi-arbitrary.ts';

// Log-moneyness from a thousandth to ten thousand vertex widths on both sides: the whole line for every purpose.
const WIDTHS = Float64Array.from({ length: 1401 }, (_, i) => Math.sign(i - 700) * (Math.exp((Math.abs(i - 700) / 700) * 16) - 1) * 1e-3);

function minimumG(slice: EssviSlice): number {
  const out = new Float64Array(3);
  let least = Infinity;
  for (const x of WIDTHS) {
    const k = (x * slice.theta) / slice.psi;
    uncheckedEssviSmile(slice, k, out);
    least = Math.min(least, durrlemanG(k, out));
  }
  return least;
}

// Smallest far over near total variance, less 1.
function minimumRise(near: EssviSlice, far: EssviSlice): number {
  const out = new Float64Array(3);
  let least = Infinity;
  for (const x of WIDTHS) {
    const k = (x * near.theta) / near.psi;
    uncheckedEssviSmile(near, k, out);
    const w = out[0];
    uncheckedEssviSmile(far, k, out);
    least = Math.min(least, out[0] / w - 1);
  }
  return least;
}

describe('the butterfly condition', () => {
  it('is 1 / (10 + 4 sqrt(6)) of psi^2 for rho = 0 and small psi, worked by hand', () => {
    // max over v of v (1 - 6 v) / (1 - 2 v): v = (3 - sqrt(6)) / 6, value 5 - 2 sqrt(6) over 2.
    expect(essviLeastTheta({ rho: 0, psi: 1e-6 }) / 1e-12).toBeCloseTo((5 - 2 * Math.sqrt(6)) / 2, 9);
    expect(1 / (10 + 4 * Math.sqrt(6))).toBeCloseTo((5 - 2 * Math.sqrt(6)) / 2, 15);
  });

  it('is sufficient: g >= 0 on the whole line at the least theta', () => {
    fc.assert(
      fc.property(wings, ({ left, right }) => {
        const slice = essviFromWings(leastTheta(left, right, null) * (1 + 1e-9), left, right);
        expect(minimumG(slice)).toBeGreaterThan(-1e-9); // g is of order 1; its terms cancel to 1e-12 or so
      }),
      { numRuns: 400 },
    );
  });

  it('is necessary: g < 0 somewhere at 99 % of the least theta', () => {
    fc.assert(
      fc.property(wings, ({ left, right }) => {
        const slice = essviFromWings(leastTheta(left, right, null) * 0.99, left, right);
        expect(minimumG(slice)).toBeLessThan(0);
      }),
      { numRuns: 400 },
    );
  });

  it('is implied by the one of Gatheral and Jacquier, which asks for up to five times more', () => {
    fc.assert(
      fc.property(anySlice, (slice) => {
        const margins = essviButterflyMargins(slice);
        if (margins.leftWing > 0 && margins.rightWing > 0 && margins.gatheralJacquier >= 0) expect(margins.isArbitrageFree).toBe(true);
      }),
      { numRuns: 1000 },
    );
    expect(0.25 / essviLeastTheta({ rho: 0, psi: 1 })).toBeGreaterThan(4.5);
  });

  it('bounds wing slopes by 2, half of the 4 of theta phi (1 + |rho|) (engine.md 14 defect 4: Lee\'s bound is 2)', () => {
    const steep = essviButterflyMargins({ theta: 100, rho: 0, psi: 4.2 });
    expect(steep.isArbitrageFree).toBe(false);
    expect(steep.leftWing).toBeCloseTo(-0.1, 12);
    expect(steep.density).toBe(-Infinity);
    expect(essviButterflyMargins({ theta: 100, rho: 0, psi: 3.9 }).isArbitrageFree).toBe(true);
    expect(essviLeastTheta({ rho: 0.5, psi: 3 })).toBe(Infinity);
  });

  it('is convex along wing slopes that do not fall, which interpolation relies on', () => {
    fc.assert(
      fc.property(wings, wings, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, t) => {
        const [left, right] = [a.left + (b.left / 2) * (1.99 - a.left), a.right + (b.right / 2) * (1.99 - a.right)];
        const middle = leastTheta(a.left + t * (left - a.left), a.right + t * (right - a.right), null);
        expect(middle).toBeLessThanOrEqual(((1 - t) * leastTheta(a.left, a.right, null) + t * leastTheta(left, right, null)) * (1 + 1e-9));
      }),
      { numRuns: 1000 },
    );
  });

  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(wings, ({ left, right }) => {
        const gradient = new Float64Array(2);
        leastTheta(left, right, gradient);
        const h = 1e-5 * Math.min(left, right, 2 - left, 2 - right);
        const byLeft = (leastTheta(left + h, right, null) - leastTheta(left - h, right, null)) / (2 * h);
        const byRight = (leastTheta(left, right + h, null) - leastTheta(left, right - h, null)) / (2 * h);
        const size = 1e-3 * (Math.abs(byLeft) + Math.abs(byRight)); // the maximum may move from one wing to the other inside h
        if (Math.abs(left - right) < 1e-2) return;
        expect(Math.abs(gradient[0] - byLeft)).toBeLessThan(size);
        expect(Math.abs(gradient[1] - byRight)).toBeLessThan(size);
      }),
    );
  });

  it('holds for a flat smile', () => {
    expect(essviButterflyMargins({ theta: 0.04, rho: 0, psi: 0 })).toEqual({ leftWing: 2, rightWing: 2, density: 0.04, gatheralJacquier: 0.16, isArbitrageFree: true });
  });
});

describe('the calendar condition', () => {
  it('gives a ratio worked by hand', () => {
    // L = R = 1/2 to L' = 1/2, R' = 3/2: (2 / (sqrt(2 * 1) + 0))^2 = 2 = psi' / psi.
    expect(leastThetaRatio(0.5, 0.5, 0.5, 1.5)).toBeCloseTo(2, 14);
    // Both wings grow alike: 1.
    expect(leastThetaRatio(0.5, 0.5, 0.75, 0.75)).toBeCloseTo(1, 14);
    expect(essviLeastThetaRatio({ rho: 0, psi: 1 }, { rho: 0.5, psi: 2 })).toBeCloseTo(2, 14);
    expect(essviLeastThetaRatio({ rho: 0, psi: 1 }, { rho: 0.9, psi: 1 })).toBe(Infinity);
  });

  it('is sufficient: at the least ratio the slices cross nowhere', () => {
    fc.assert(
      fc.property(edgePair, ({ near, far }) => {
        expect(minimumRise(near, far)).toBeGreaterThan(-1e-8); // slopes that are equal keep half of their digits in the ratio
      }),
      { numRuns: 400 },
    );
  });

  it('is necessary: below 99.9 % of the least ratio they cross', () => {
    fc.assert(
      fc.property(wings, wings, ({ left, right }, gain) => {
        const [farLeft, farRight] = [left + gain.left / 10, right + gain.right / 10];
        const near = essviFromWings(1, left, right);
        const far = essviFromWings(0.999 * leastThetaRatio(left, right, farLeft, farRight), farLeft, farRight);
        expect(essviCalendarMargins(near, far).isArbitrageFree).toBe(false);
        expect(minimumRise(near, far)).toBeLessThan(0);
      }),
      { numRuns: 400 },
    );
  });

  it('is necessary in the wings: a flatter wing crosses whatever theta is', () => {
    const near = { theta: 0.04, rho: -0.5, psi: 0.3 };
    const far = { theta: 0.4, rho: -0.9, psi: 0.35 };
    const margins = essviCalendarMargins(near, far);
    expect(margins.rightWing).toBeLessThan(0);
    expect(margins.contact).toBe(-Infinity);
    expect(margins.atTheMoney).toBeGreaterThan(0);
    expect(essviTotalVariance(near, 200)).toBeGreaterThan(essviTotalVariance(far, 200));
  });

  it('is implied by wings that do not fall and psi\' / psi <= theta\' / theta (spec/iv.md 5.7), not the other way round', () => {
    fc.assert(
      fc.property(wings, wings, fc.double({ min: 0, max: 1, noNaN: true }), ({ left, right }, gain, slack) => {
        const [farLeft, farRight] = [left + gain.left, right + gain.right];
        const ratio = (farLeft + farRight) / (left + right);
        expect(leastThetaRatio(left, right, farLeft, farRight)).toBeLessThanOrEqual(ratio * (1 + slack) * (1 + 1e-12));
        expect(leastThetaRatio(left, right, farLeft, farRight)).toBeGreaterThanOrEqual(1 - 1e-12);
      }),
    );
    const near = { theta: 0.04, rho: -0.5, psi: 0.3 };
    const far = { theta: 0.041, rho: -0.5, psi: 0.32 };
    expect(far.psi / near.psi).toBeGreaterThan(far.theta / near.theta);
    expect(essviCalendarMargins(near, far).isArbitrageFree).toBe(true);
  });

  it('becomes Gatheral and Jacquier\'s (1 + sqrt(1 - rho^2)) / rho^2 phi for slices close in time', () => {
    const [rho, psi, step] = [-0.7, 0.4, 1e-6];
    const ratio = essviLeastThetaRatio({ rho, psi }, { rho, psi: psi * (1 + step) });
    expect((step / (ratio - 1)) / ((1 + Math.sqrt(1 - rho * rho)) / (rho * rho))).toBeCloseTo(1, 5);
  });
});

describe('projectEssvi', () => {
  it('makes any slices free of arbitrage', () => {
    fc.assert(
      fc.property(fc.array(anySlice, { minLength: 1, maxLength: 8 }), (slices) => {
        const projected = projectEssvi(slices, { margin: 1e-6 });
        projected.forEach((slice, i) => {
          expect(essviButterflyMargins(slice).isArbitrageFree).toBe(true);
          if (i > 0) expect(essviCalendarMargins(projected[i - 1], slice).isArbitrageFree).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('leaves slices without arbitrage as they are', () => {
    const slices = [{ theta: 0.01, rho: -0.6, psi: 0.1 }, { theta: 0.02, rho: -0.55, psi: 0.15 }, { theta: 0.04, rho: -0.5, psi: 0.2 }];
    projectEssvi(slices, { margin: 0 }).forEach((slice, i) => {
      for (const key of ['theta', 'rho', 'psi'] as const) expect(slice[key]).toBeCloseTo(slices[i][key], 14);
    });
  });

  it('refuses bad slices and options', () => {
    expect(() => projectEssvi([{ theta: -1, rho: 0, psi: 1 }])).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => projectEssvi([], { margins: 1 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(projectEssvi([])).toEqual([]);
  });
});
