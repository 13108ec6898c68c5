import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceSplineSmile } from '../../src/iv/non-parametric/price-spline.ts';
import { durrlemanG } from '../../src/iv/slices/durrleman.ts';
import { pointSmile, pointTotalVariance } from '../../src/iv/slices/point-smile.ts';
import { sabrSmile } from '../../src/iv/slices/sabr.ts';
import { evaluateSmile, evaluateSmiles, smileTotalVariance, smileTotalVariances } from '../../src/iv/smile.ts';
import type { BlendSmile, Smile } from '../../src/iv/smile.ts';
import { raw, reference } from './surface/reference.ts';

const RELATIVE = 1e-12; // T10 of the specification: relative, against 50 digits

const points = pointSmile({ logMoneyness: [-0.4, -0.1, 0, 0.15, 0.3], totalVariance: [0.12, 0.06, 0.045, 0.04, 0.05] });
const svi = raw([0.02, 0.1, -0.5, 0.03, 0.15]);
const far = raw([0.03, 0.13, -0.45, 0.03, 0.18]);
const spline = priceSplineSmile({ kernelVariance: 0.01, moneyness: Float64Array.of(0.8, 1, 1.2), probability: Float64Array.of(0.25, 0.5, 0.25) });
const blend = (rule: BlendSmile['rule'], nearWeight: number, farWeight: number): BlendSmile => ({ kind: 'blend', rule, near: svi, far, nearWeight, farWeight });
const smiles: Record<string, Smile> = {
  svi,
  points,
  sabr: sabrSmile({ alpha: 0.25, beta: 0.9, rho: -0.4, nu: 0.8, forward: 1.2, expiryYears: 1 }),
  'price-spline': spline,
  'variance blend': blend('variance', 0.4, 0.6),
  'forward-variance blend': blend('forward-variance', 1, 0.7),
  'price blend': blend('price', 0.4, 0.6),
  'blend of blends': { kind: 'blend', rule: 'variance', near: blend('price', 0.3, 0.7), far: blend('forward-variance', 1, 1), nearWeight: 0.5, farWeight: 0.5 },
};

describe('smileTotalVariance', () => {
  it('agrees with every row of the reference slices to 1e-12, w, its derivatives and g', () => {
    const out = new Float64Array(3);
    let rows = 0;
    for (const { raw_a_b_rho_m_sigma: parameters, rows: expected } of reference.slices) {
      for (const [k, w, w1, w2, g] of expected) {
        evaluateSmile(raw(parameters), k, out);
        const scale = Math.abs(parameters[0]) + Math.abs(w);
        expect(Math.abs(out[0] - w)).toBeLessThanOrEqual(RELATIVE * scale);
        expect(Math.abs(out[1] - w1)).toBeLessThanOrEqual(RELATIVE * Math.max(Math.abs(w1), parameters[1]));
        expect(Math.abs(out[2] - w2)).toBeLessThanOrEqual(RELATIVE * Math.max(Math.abs(w2), 1e-3));
        if (g !== null) expect(Math.abs(durrlemanG(k, out) - g)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(g) + (w1 * w1) / (w * w)));
        rows++;
      }
    }
    expect(rows).toBeGreaterThan(100);
  });

  it('hits every quoted point of a smile through points', () => {
    for (let i = 0; i < 5; i++) expect(smileTotalVariance(points, points.logMoneyness[i])).toBeCloseTo(points.totalVariance[i], 16);
  });

  it.each(Object.entries(smiles))('gives derivatives that are those of its values: %s', (_, smile) => {
    const out = new Float64Array(3);
    const h = 1e-4;
    for (const k of [-0.73, -0.31, -0.05, 0.02, 0.17, 0.61]) {
      evaluateSmile(smile, k, out);
      const [w, slope, curvature] = out;
      const [low, high] = [smileTotalVariance(smile, k - h), smileTotalVariance(smile, k + h)];
      expect(low + high).toBeGreaterThan(0);
      // Truncation h^2 w''' of the differences, and rounding 1e-16 / h^2.
      expect(Math.abs((high - low) / (2 * h) - slope)).toBeLessThan(1e-6);
      expect(Math.abs((high - 2 * w + low) / (h * h) - curvature)).toBeLessThan(2e-5);
    }
  });

  it.each(Object.entries(smiles))('is the same in columns as one by one: %s', (_, smile) => {
    const k = Float64Array.from({ length: 41 }, (_unused, i) => (i - 20) / 15);
    const columns = { totalVariance: new Float64Array(41), slope: new Float64Array(41), curvature: new Float64Array(41) };
    evaluateSmiles(smile, k, columns);
    const out = new Float64Array(3);
    k.forEach((x, i) => {
      evaluateSmile(smile, x, out);
      expect([columns.totalVariance[i], columns.slope[i], columns.curvature[i]]).toEqual([...out]);
    });
    expect(smileTotalVariances(smile, k)).toEqual(columns.totalVariance);
    const reused = new Float64Array(41);
    expect(smileTotalVariances(smile, k, reused)).toBe(reused);
  });

  it('mixes total variance by hand: 0.4 near + 0.6 far', () => {
    expect(smileTotalVariance(smiles['variance blend'], 0.1)).toBeCloseTo(0.4 * smileTotalVariance(svi, 0.1) + 0.6 * smileTotalVariance(far, 0.1), 16);
    expect(smileTotalVariance(smiles['forward-variance blend'], 0.1)).toBeCloseTo(1.7 * smileTotalVariance(far, 0.1) - 0.7 * smileTotalVariance(svi, 0.1), 16);
  });

  it('cuts a falling forward variance at zero', () => {
    const falling: BlendSmile = { kind: 'blend', rule: 'forward-variance', near: far, far: svi, nearWeight: 1, farWeight: 3 };
    expect(smileTotalVariance(falling, 0.1)).toBe(smileTotalVariance(svi, 0.1));
  });

  it('throws for a log-moneyness that is not finite, and for an out of another length', () => {
    expect(() => smileTotalVariance(svi, NaN)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => smileTotalVariances(svi, [0, 1], new Float64Array(3))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('pointSmile', () => {
  it('never overshoots: between two points it stays between their values', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ gap: fc.double({ min: 1e-3, max: 1, noNaN: true }), w: fc.double({ min: 1e-4, max: 2, noNaN: true }) }), { minLength: 2, maxLength: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
        let k = -1;
        const logMoneyness = rows.map(({ gap }) => (k += gap));
        const totalVariance = rows.map(({ w }) => w);
        const smile = pointSmile({ logMoneyness, totalVariance });
        for (let i = 1; i < rows.length; i++) {
          const w = pointTotalVariance(smile, logMoneyness[i - 1] + share * (logMoneyness[i] - logMoneyness[i - 1]));
          const [low, high] = [Math.min(totalVariance[i - 1], totalVariance[i]), Math.max(totalVariance[i - 1], totalVariance[i])];
          expect(w).toBeGreaterThanOrEqual(low - 1e-14);
          expect(w).toBeLessThanOrEqual(high + 1e-14);
        }
      }),
    );
  });

  it('reproduces a straight line and goes on along it', () => {
    const line = pointSmile({ logMoneyness: [-0.2, 0, 0.3], totalVariance: [0.06, 0.05, 0.035] });
    expect(pointTotalVariance(line, 0.1)).toBeCloseTo(0.045, 15);
    expect(pointTotalVariance(line, -0.4)).toBeCloseTo(0.07, 15);
    expect(pointTotalVariance(line, 0.9)).toBe(0.035); // a wing does not fall outwards
  });

  it('beyond its points is linear up to Lee\'s bound, flat, or nothing, as told', () => {
    const shape = { logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.5, 0.04, 0.5] };
    expect(pointTotalVariance(pointSmile(shape), 10.1)).toBeCloseTo(0.5 + 1.99 * 10, 12);
    expect(pointTotalVariance(pointSmile(shape), -10.1)).toBeCloseTo(0.5 + 1.99 * 10, 12);
    expect(pointTotalVariance(pointSmile(shape, { extrapolation: 'flat' }), 5)).toBe(0.5);
    expect(pointTotalVariance(pointSmile(shape, { extrapolation: 'none' }), 0.2)).toBeNaN();
    expect(pointTotalVariance(pointSmile(shape, { extrapolation: 'none' }), 0.1)).toBe(0.5);
  });

  it('is flat through one point', () => {
    const one = pointSmile({ logMoneyness: [0.05], totalVariance: [0.04] });
    expect([-3, 0.05, 2].map((k) => pointTotalVariance(one, k))).toEqual([0.04, 0.04, 0.04]);
  });

  it.each([
    ['no point', [], [], 'ERR_SHAPE'],
    ['different lengths', [0, 1], [0.1], 'ERR_SHAPE'],
    ['duplicates', [0, 0], [0.1, 0.1], 'ERR_DOMAIN'],
    ['unsorted', [1, 0], [0.1, 0.1], 'ERR_DOMAIN'],
    ['NaN', [0, NaN], [0.1, 0.1], 'ERR_DOMAIN'],
    ['zero variance', [0, 1], [0.1, 0], 'ERR_DOMAIN'],
  ] as const)('refuses %s', (_, logMoneyness, totalVariance, code) => {
    expect(() => pointSmile({ logMoneyness, totalVariance })).toThrow(expect.objectContaining({ code }));
  });
});
