import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNowhereNegative, positiveRoots, risingRoots } from '../../../src/iv/slices/positive-roots.ts';

// Coefficients of the product of (t - root) and of always positive quadratics.
function polynomial(roots: readonly number[], quadratics: readonly (readonly [number, number])[] = []): Float64Array {
  let c = [1];
  const times = (factor: readonly number[]): void => {
    const product = new Array<number>(c.length + factor.length - 1).fill(0);
    c.forEach((x, i) => factor.forEach((y, j) => (product[i + j] += x * y)));
    c = product;
  };
  for (const root of roots) times([-root, 1]);
  for (const [centre, height] of quadratics) times([centre * centre + height, -2 * centre, 1]);
  return Float64Array.from(c);
}

describe('positive roots', () => {
  it('are found by hand: (t - 2)(t - 3), t^2 + 1, -5 + t', () => {
    expect([...positiveRoots(Float64Array.of(6, -5, 1))].map((root) => Number(root.toFixed(14)))).toEqual([2, 3]);
    expect([...positiveRoots(Float64Array.of(1, 0, 1))]).toEqual([]);
    expect(positiveRoots(Float64Array.of(-5, 1))[0]).toBeCloseTo(5, 14);
    expect([...positiveRoots(Float64Array.of(0, 0, 0))]).toEqual([]);
    expect([...positiveRoots(Float64Array.of(7))]).toEqual([]);
  });

  it('ignore roots at zero, negative ones and those at infinity', () => {
    expect([...positiveRoots(Float64Array.of(0, 0, -2, 1, 0, 0))].map((root) => Number(root.toFixed(14)))).toEqual([2]);
    expect([...positiveRoots(polynomial([-1, -4]))]).toEqual([]);
  });

  it('are found when a halving hits them exactly', () => {
    // t = 1 is the first middle, t = 1/3 and 3 the next.
    const roots = positiveRoots(polynomial([1 / 3, 1, 3]));
    [1 / 3, 1, 3].forEach((root, i) => expect(Math.abs(roots[i] - root)).toBeLessThan(1e-13));
    expect(roots.length).toBe(3);
    // Two roundings beside the middle.
    expect(positiveRoots(polynomial([0.9999999999999982, 1.4, 1.7])).length).toBe(3);
    const beside = positiveRoots(polynomial([0.9999999999999979, 1.601877419574233, 1.901877419574233], [[0, 0.1], [0, 0.2000311071043879]]));
    expect(beside[1]).toBeCloseTo(1.601877419574233, 10);
    expect(beside.length).toBe(3);
  });

  it('are found over twelve decades', () => {
    const wanted = [1e-6, 1e-3, 1, 1e3, 1e6];
    const roots = positiveRoots(polynomial(wanted));
    expect(roots.length).toBe(5);
    wanted.forEach((root, i) => expect(Math.abs(roots[i] / root - 1)).toBeLessThan(1e-9));
  });

  it('count as one where two are the same', () => {
    const roots = positiveRoots(polynomial([2, 2, 5]));
    expect(roots.at(-1)).toBeCloseTo(5, 10);
    expect(roots.length).toBeLessThanOrEqual(3);
    for (const root of roots.subarray(0, -1)) expect(Math.abs(root - 2)).toBeLessThan(1e-6);
  });

  it('are all there and nowhere else', () => {
    const spaced = fc.array(fc.double({ min: 0.3, max: 1, noNaN: true }), { minLength: 0, maxLength: 6 });
    const quadratic = fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0.1, max: 4, noNaN: true }));
    fc.assert(
      fc.property(spaced, fc.array(quadratic, { maxLength: 3 }), (steps, quadratics) => {
        let root = 0;
        const wanted = steps.map((step) => (root += step));
        const roots = positiveRoots(polynomial(wanted, quadratics));
        expect(roots.length).toBe(wanted.length);
        wanted.forEach((value, i) => expect(Math.abs(roots[i] - value)).toBeLessThan(1e-6));
        expect(isNowhereNegative(polynomial(wanted, quadratics))).toBe(wanted.length === 0);
      }),
    );
  });

  it('leave a polynomial proven when it dips without touching zero', () => {
    // (t - 3)^2 + 1e-6: its Bernstein form shows it after some halvings.
    expect(isNowhereNegative(polynomial([], [[3, 1e-6]]))).toBe(true);
    expect(isNowhereNegative(Float64Array.of(9 - 1e-6, -6, 1))).toBe(false);
  });

  it('are found where the polynomial rises alone, to the precision asked for', () => {
    // (t - 1)(t - 2)(t - 4) rises at 1 and 4, its negative at 2.
    const rising = polynomial([1, 2, 4]);
    const close = (found: readonly number[], roots: readonly number[], precision: number): void => {
      expect(found).toHaveLength(roots.length);
      roots.forEach((root, i) => expect(Math.abs(found[i] / root - 1)).toBeLessThan(2 * precision));
    };
    for (const precision of [1e-4, 1e-9, 1e-15]) {
      close(risingRoots(rising, precision), [1, 4], precision);
      close(risingRoots(rising.map((value) => -value), precision), [2], precision);
    }
    expect(risingRoots(Float64Array.of(1, NaN, 1), 1e-9)).toEqual([]);
  });
});
