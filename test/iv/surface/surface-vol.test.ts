import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { normalizedBlack } from '../../../src/iv/black/normalized-black.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { sabrSmile } from '../../../src/iv/slices/sabr.ts';
import { smileTotalVariance } from '../../../src/iv/smile.ts';
import { SURFACE_STATUSES, surfaceSmile } from '../../../src/iv/surface/at-expiry.ts';
import { ivSurface, withSlice, withSurface } from '../../../src/iv/surface/iv-surface.ts';
import { surfaceVol, termStructure } from '../../../src/iv/surface/surface-vol.ts';
import { surfaceVols } from '../../../src/iv/surface/surface-vols.ts';
import { indexSlice, raw, slice } from './reference.ts';

const TIMES = [0.1, 0.25, 0.5, 1, 2];
const surface = ivSurface(TIMES.map((t) => indexSlice(t)), { spot: 100 });
const byPrice = ivSurface(surface.slices, { spot: 100, interpolation: 'price' });
const flat = (expiryYears: number, vol: number) => slice(raw([vol * vol * expiryYears, 0, 0, 0, 0.1]), expiryYears);

describe('ivSurface', () => {
  it('is frozen plain data, ascending in expiry whatever the order given', () => {
    const mixed = ivSurface([indexSlice(1), indexSlice(0.1), indexSlice(0.5)]);
    expect(mixed.slices.map(({ expiryYears }) => expiryYears)).toEqual([0.1, 0.5, 1]);
    expect([mixed, mixed.slices, mixed.slices[0], mixed.slices[0].smile].every(Object.isFrozen)).toBe(true);
    expect(structuredClone(mixed)).toEqual(mixed);
    expect({ spot: mixed.spot, asOf: mixed.asOf, interpolation: mixed.interpolation, extrapolation: mixed.extrapolation }).toEqual({ spot: null, asOf: null, interpolation: 'variance', extrapolation: 'standard' });
  });

  it('withSlice and withSurface make new surfaces and leave the old ones alone', () => {
    const before = structuredClone(surface);
    const more = withSlice(surface, indexSlice(1.5));
    expect(more.slices).toHaveLength(6);
    const replaced = withSlice(surface, flat(1, 0.3));
    expect(replaced.slices).toHaveLength(5);
    expect(surfaceVol(replaced, { expiryYears: 1, logMoneyness: 0.2 }).annualizedVol).toBeCloseTo(0.3, 14);
    const merged = withSurface(surface, ivSurface([flat(1, 0.3), flat(3, 0.3)], { spot: 101, asOf: '2026-01-30' }));
    expect(merged.slices.map(({ expiryYears }) => expiryYears)).toEqual([0.1, 0.25, 0.5, 1, 2, 3]);
    expect(merged.spot).toBe(101);
    expect(merged.asOf).toBe(Date.UTC(2026, 0, 30));
    expect(surfaceVol(merged, { expiryYears: 1, logMoneyness: 0 }).annualizedVol).toBeCloseTo(0.3, 14);
    expect(structuredClone(surface)).toEqual(before);
  });

  it.each([
    ['no slice', () => ivSurface([]), 'ERR_SHAPE'],
    ['two slices of one expiry, as AM and PM settlement of a day are', () => ivSurface([indexSlice(1), indexSlice(1)]), 'ERR_DUPLICATE'],
    ['an expiry of 0', () => ivSurface([{ ...indexSlice(1), expiryYears: 0 }]), 'ERR_DOMAIN'],
    ['a forward of NaN', () => ivSurface([{ ...indexSlice(1), forward: NaN }]), 'ERR_DOMAIN'],
    ['an unknown smile', () => ivSurface([{ ...indexSlice(1), smile: { kind: 'magic' } as never }]), 'ERR_DOMAIN'],
    ['an SVI slice with b < 0', () => ivSurface([slice(raw([0.1, -1, 0, 0, 0.1]), 1)]), 'ERR_DOMAIN'],
    ['a SABR smile of another forward', () => ivSurface([slice(sabrSmile({ alpha: 0.2, beta: 1, rho: 0, nu: 0.3, forward: 100, expiryYears: 1 }), 1, 101)]), 'ERR_DOMAIN'],
    ['an unknown option', () => ivSurface([indexSlice(1)], { interpolate: 'price' } as never), 'ERR_UNKNOWN_NAME'],
    ['an unknown rule', () => ivSurface([indexSlice(1)], { interpolation: 'cubic' as never }), 'ERR_DOMAIN'],
    ['a spot of -1', () => ivSurface([indexSlice(1)], { spot: -1 }), 'ERR_DOMAIN'],
  ])('refuses %s', (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe('surfaceVol', () => {
  it('is linear in total variance along constant log-moneyness, by hand', () => {
    const two = ivSurface([flat(1, 0.2), flat(2, 0.3)]); // w = 0.04 and 0.18; half way 0.11
    const { annualizedVol, totalVariance, status } = surfaceVol(two, { expiryYears: 1.5, logMoneyness: 0.3 });
    expect(totalVariance).toBeCloseTo(0.11, 15);
    expect(annualizedVol).toBeCloseTo(Math.sqrt(0.11 / 1.5), 15);
    expect(status).toBe('ok');
  });

  it('keeps volatility constant before the first expiry and forward variance constant after the last', () => {
    const two = ivSurface([flat(1, 0.2), flat(2, 0.3)]);
    expect(surfaceVol(two, { expiryYears: 0.3, logMoneyness: -0.1 })).toMatchObject({ status: 'before-first-expiry', annualizedVol: 0.2 });
    const after = surfaceVol(two, { expiryYears: 3, logMoneyness: -0.1 });
    expect(after.status).toBe('after-last-expiry');
    expect(after.totalVariance).toBeCloseTo(0.18 + 0.14, 15);
    const falling = ivSurface([flat(1, 0.3), flat(2, 0.2)]); // 0.09 falls to 0.08: the slope is cut at 0
    expect(surfaceVol(falling, { expiryYears: 5, logMoneyness: 0 }).totalVariance).toBeCloseTo(0.08, 15);
  });

  it('says so instead of extrapolating when told not to', () => {
    const closed = ivSurface(surface.slices, { extrapolation: 'none' });
    for (const expiryYears of [0.05, 3]) expect(surfaceVol(closed, { expiryYears, logMoneyness: 0 })).toMatchObject({ status: 'outside-expiries', annualizedVol: NaN, totalVariance: NaN });
    expect(surfaceVol(closed, { expiryYears: 0.1, logMoneyness: 0 }).status).toBe('ok');
    expect(surfaceSmile(closed, 3)).toMatchObject({ status: 'outside-expiries', smile: null });
    expect(surfaceVol(surface, { expiryYears: -1, strike: 100 })).toMatchObject({ status: 'expired', annualizedVol: NaN, strike: 100 });
    expect(surfaceVol(surface, { expiryYears: 0, logMoneyness: 0 }).status).toBe('expired');
  });

  it('engine.md 14, defect 5: one expiry is a surface; it interpolates along the strike instead of raising a geometry error', () => {
    const one = ivSurface([slice(pointSmile({ logMoneyness: [-0.1, 0, 0.1], totalVariance: [0.05, 0.04, 0.045] }), 0.5)]);
    expect(surfaceVol(one, { expiryYears: 0.5, logMoneyness: 0 }).annualizedVol).toBeCloseTo(Math.sqrt(0.08), 14);
    const ends = [0.05, 0.045].map((w) => Math.sqrt(w / 0.5));
    const between = surfaceVol(one, { expiryYears: 0.5, logMoneyness: 0.05 }).annualizedVol;
    expect(between).toBeGreaterThan(Math.sqrt(0.08));
    expect(between).toBeLessThan(ends[1]);
    for (const expiryYears of [0.1, 3]) expect(surfaceVol(one, { expiryYears, logMoneyness: 0.1 }).annualizedVol).toBeCloseTo(ends[1], 14);
    expect(termStructure(one, { logMoneyness: 0 }).annualizedVol).toHaveLength(1);
  });

  it('takes ragged strikes: each expiry has its own', () => {
    const ragged = ivSurface([
      slice(pointSmile({ logMoneyness: [0], totalVariance: [0.01] }), 0.25),
      slice(pointSmile({ logMoneyness: [-0.5, -0.2, 0, 0.2], totalVariance: [0.1, 0.07, 0.05, 0.06] }), 1),
    ]);
    expect(surfaceVol(ragged, { expiryYears: 0.625, logMoneyness: -0.2 }).totalVariance).toBeCloseTo(0.04, 15);
  });

  it('says that a smile has no value so far out, and that its variance is negative', () => {
    const short = ivSurface([slice(pointSmile({ logMoneyness: [-0.1, 0.1], totalVariance: [0.05, 0.04] }, { extrapolation: 'none' }), 1)]);
    expect(surfaceVol(short, { expiryYears: 1, logMoneyness: 0.2 })).toMatchObject({ status: 'outside-strikes', annualizedVol: NaN });
    const negative = ivSurface([slice(raw([-0.05, 0.1, -0.3, 0, 0.2]), 1)]);
    expect(surfaceVol(negative, { expiryYears: 1, logMoneyness: 0 })).toMatchObject({ status: 'negative-variance', annualizedVol: NaN, totalVariance: NaN });
  });

  it('has forwards and discounts that are log-linear in time, from the spot and from 1', () => {
    const { forward, discount } = surfaceSmile(surface, 0.75);
    expect(forward).toBeCloseTo(100 * Math.exp(0.02 * 0.75), 11); // the slices were made with a constant rate
    expect(discount).toBeCloseTo(Math.exp(-0.03 * 0.75), 14);
    expect(surfaceSmile(surface, 0.04).forward).toBeCloseTo(100 * Math.exp(0.0008), 11);
    expect(surfaceSmile(surface, 0.04).discount).toBeCloseTo(Math.exp(-0.0012), 14);
    expect(surfaceSmile(surface, 5).forward).toBeCloseTo(100 * Math.exp(0.1), 10);
    expect(surfaceSmile(surface, 5).discount).toBeCloseTo(Math.exp(-0.15), 13);
    expect(surfaceSmile(ivSurface([indexSlice(1)]), 0.5).forward).toBe(indexSlice(1).forward); // nothing known before it
  });

  it('looks up a strike at its own log-moneyness in the forward of that time', () => {
    const query = surfaceVol(surface, { expiryYears: 0.75, strike: 110 });
    expect(query.logMoneyness).toBeCloseTo(Math.log(110 / (100 * Math.exp(0.015))), 13);
    expect(query.annualizedVol).toBe(surfaceVol(surface, { expiryYears: 0.75, logMoneyness: query.logMoneyness }).annualizedVol);
  });

  it('is the smile of surfaceSmile, at, between, before and after expiries, by either rule', () => {
    for (const s of [surface, byPrice]) {
      for (const t of [0.02, 0.1, 0.18, 0.5, 1.9, 2, 7]) {
        const { smile } = surfaceSmile(s, t);
        for (const k of [-0.6, -0.1, 0, 0.25]) expect(surfaceVol(s, { expiryYears: t, logMoneyness: k }).totalVariance).toBeCloseTo(smileTotalVariance(smile!, k), 15);
      }
    }
  });

  it('mixes prices under the price rule, with at-the-money variance linear in time (Gatheral and Jacquier, Lemma 5.1)', () => {
    const [near, far] = [surface.slices[2].smile, surface.slices[3].smile];
    const atm = (0.4 * smileTotalVariance(near, 0) + 0.6 * smileTotalVariance(far, 0));
    expect(surfaceVol(byPrice, { expiryYears: 0.8, logMoneyness: 0 }).totalVariance).toBeCloseTo(atm, 14);
    const price = (w: number, k: number) => normalizedBlack(-Math.abs(k), Math.sqrt(w));
    const weight = (price(atm, 0) - price(smileTotalVariance(near, 0), 0)) / (price(smileTotalVariance(far, 0), 0) - price(smileTotalVariance(near, 0), 0));
    for (const k of [-1.5, -0.3, 0.2, 0.9]) {
      const mixture = (1 - weight) * price(smileTotalVariance(near, k), k) + weight * price(smileTotalVariance(far, k), k);
      const found = price(surfaceVol(byPrice, { expiryYears: 0.8, logMoneyness: k }).totalVariance, k);
      expect(Math.abs(found / mixture - 1)).toBeLessThan(1e-11); // 1e-15 of variance times the square of 10 deviations
    }
  });

  it('mixes prices smaller than the smallest double without losing the smile', () => {
    const narrow = ivSurface([flat(1, 0.05), flat(2, 0.05)], { interpolation: 'price' });
    const [a, b] = [3.5, 3.6].map((k) => surfaceVol(narrow, { expiryYears: 1.5, logMoneyness: k }).totalVariance);
    expect(a).toBeGreaterThan(0.0049); // the far slice with its 0.005 rules the wing, less the logarithm of its share
    expect(b).toBeLessThan(0.005);
    expect(b).toBeGreaterThan(a);
  });

  it.each([
    ['two places', { expiryYears: 1, strike: 100, logMoneyness: 0 }, 'ERR_DOMAIN'],
    ['no place', { expiryYears: 1 }, 'ERR_DOMAIN'],
    ['a strike of 0', { expiryYears: 1, strike: 0 }, 'ERR_DOMAIN'],
    ['NaN', { expiryYears: 1, logMoneyness: NaN }, 'ERR_DOMAIN'],
    ['a time of NaN', { expiryYears: NaN, logMoneyness: 0 }, 'ERR_DOMAIN'],
    ['an infinite time', { expiryYears: Infinity, logMoneyness: 0 }, 'ERR_DOMAIN'],
    ['a slip', { expiryYears: 1, moneyness: 0 }, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_, query, code) => {
    expect(() => surfaceVol(surface, query as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe('surfaceVols', () => {
  it('gives the bits of surfaceVol, row by row, in any order, by log-moneyness and by strike', () => {
    const random = randomStream(11, 'rows');
    const n = 400;
    const expiryYears = Float64Array.from({ length: n }, () => (random.integer(4) === 0 ? TIMES[random.integer(5)] : 0.01 + 4 * random.uniform()));
    const logMoneyness = Float64Array.from({ length: n }, () => random.normal() / 3);
    const strike = logMoneyness.map((k) => 100 * Math.exp(k));
    for (const s of [surface, byPrice, ivSurface(surface.slices, { extrapolation: 'none' }), ivSurface([indexSlice(1)]), ivSurface([flat(0.5, 0.4), flat(1, 0.2)])]) {
      const byK = surfaceVols(s, { expiryYears, logMoneyness });
      const byStrike = surfaceVols(s, { expiryYears, strike });
      for (let i = 0; i < n; i++) {
        const one = surfaceVol(s, { expiryYears: expiryYears[i], logMoneyness: logMoneyness[i] });
        // The order of additions may differ between the two ways.
        if (one.annualizedVol === one.annualizedVol) expect(Math.abs(byK.annualizedVol[i] / one.annualizedVol - 1)).toBeLessThan(1e-14);
        else expect(byK.annualizedVol[i]).toBeNaN();
        expect(SURFACE_STATUSES[byK.status[i]]).toBe(one.status);
        const other = surfaceVol(s, { expiryYears: expiryYears[i], strike: strike[i] });
        expect(SURFACE_STATUSES[byStrike.status[i]]).toBe(other.status);
        if (other.annualizedVol === other.annualizedVol) expect(Math.abs(byStrike.annualizedVol[i] / other.annualizedVol - 1)).toBeLessThan(1e-14);
      }
    }
  });

  it('never throws for a bad row: each has a status and NaN', () => {
    const { annualizedVol, status } = surfaceVols(surface, { expiryYears: [NaN, Infinity, -Infinity, 0, -1, 1, 1, 1, 1], strike: [100, 100, 100, 100, 100, 0, -5, NaN, 100] });
    expect(Array.from(status, (c) => SURFACE_STATUSES[c])).toEqual(['invalid', 'invalid', 'invalid', 'expired', 'expired', 'invalid', 'invalid', 'invalid', 'ok']);
    expect(Array.from(annualizedVol, (v) => v === v)).toEqual([false, false, false, false, false, false, false, false, true]);
    const negative = ivSurface([slice(raw([-0.05, 0.1, -0.3, 0, 0.2]), 1)]);
    expect(SURFACE_STATUSES[surfaceVols(negative, { expiryYears: 1, logMoneyness: 0 }).status[0]]).toBe('negative-variance');
    // Total variance beyond the largest double is no volatility.
    const steep = ivSurface([slice(raw([0.04, 10, 0, 0, 0.1]), 1)]);
    const beyond = surfaceVols(steep, { expiryYears: 1, logMoneyness: Number.MAX_VALUE });
    expect([SURFACE_STATUSES[beyond.status[0]], beyond.annualizedVol[0]]).toEqual(['invalid', NaN]);
    expect(surfaceVol(steep, { expiryYears: 1, logMoneyness: Number.MAX_VALUE })).toMatchObject({ status: 'invalid', annualizedVol: NaN, totalVariance: NaN });
  });

  it('takes one number for all rows and fills the arrays it is given', () => {
    const out = { annualizedVol: new Float64Array(2), status: new Uint8Array(2) };
    expect(surfaceVols(surface, { expiryYears: 0.7, logMoneyness: [0, 0.1] }, out)).toBe(out);
    expect(out.annualizedVol[1]).toBe(surfaceVols(surface, { expiryYears: [0.7], logMoneyness: 0.1 }).annualizedVol[0]);
    expect(surfaceVols(surface, { expiryYears: 1, strike: 100 }).annualizedVol).toHaveLength(1);
    expect(surfaceVols(surface, { expiryYears: [], strike: [] }).annualizedVol).toHaveLength(0);
  });

  it('refuses columns of different lengths, and both or neither place', () => {
    expect(() => surfaceVols(surface, { expiryYears: [1, 2], strike: [100] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => surfaceVols(surface, { expiryYears: [1] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => surfaceVols(surface, { expiryYears: 1, strike: 1, logMoneyness: 1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('termStructure', () => {
  it('gives volatility and forward volatility at every expiry, by hand', () => {
    const { annualizedVol, forwardVol, expiryYears, status } = termStructure(ivSurface([flat(1, 0.2), flat(2, 0.3), flat(3, 0.2)]), { logMoneyness: 0 });
    expect([...expiryYears]).toEqual([1, 2, 3]);
    expect(annualizedVol[1]).toBeCloseTo(0.3, 15);
    expect(forwardVol[0]).toBeCloseTo(0.2, 15);
    expect(forwardVol[1]).toBeCloseTo(Math.sqrt(0.14), 14);
    expect(forwardVol[2]).toBeNaN(); // 0.18 falls to 0.12
    expect(status).toEqual(['ok', 'ok', 'ok']);
  });

  it('follows a strike or a delta through time', () => {
    const times = [0.05, 0.3, 3];
    const byStrike = termStructure(surface, { strike: 95 }, times);
    times.forEach((expiryYears, i) => expect(byStrike.annualizedVol[i]).toBe(surfaceVol(surface, { expiryYears, strike: 95 }).annualizedVol));
    const byDelta = termStructure(surface, { delta: 0.25, type: 'put' }, times);
    expect([...byDelta.strike].every((strike, i) => strike < byDelta.forward[i])).toBe(true);
  });
});

describe('prices of the surface', () => {
  const price = (t: number, k: number, s = surface): number => {
    const { totalVariance } = surfaceVol(s, { expiryYears: t, logMoneyness: k });
    return Math.exp(k / 2) * normalizedBlack(-k, Math.sqrt(totalVariance)); // undiscounted call over the forward
  };
  const place = { t: fc.double({ min: 0.02, max: 2, noNaN: true }), z: fc.double({ min: -4, max: 4, noNaN: true }), dz: fc.double({ min: 0.02, max: 1, noNaN: true }) };
  const sd = (t: number): number => Math.sqrt(surfaceVol(surface, { expiryYears: t, logMoneyness: 0 }).totalVariance);
  // Rounding of three prices of size up to e^k.
  const ROUNDING = 1e-14;

  it('engine.md 14, defect 4: fall and are convex in the strike, at expiries, between and before them', () => {
    fc.assert(
      fc.property(fc.record(place), fc.boolean(), ({ t, z, dz }, usePrices) => {
        const s = usePrices ? byPrice : surface;
        const [k0, k1, k2] = [z - dz, z, z + dz].map((x) => x * sd(t));
        const [c0, c1, c2] = [price(t, k0, s), price(t, k1, s), price(t, k2, s)];
        expect(c1).toBeLessThanOrEqual(c0);
        expect(c2).toBeLessThanOrEqual(c1);
        const [x0, x1, x2] = [k0, k1, k2].map(Math.exp);
        const share = (x2 - x1) / (x2 - x0);
        expect(c1).toBeLessThanOrEqual(share * c0 + (1 - share) * c2 + ROUNDING);
      }),
      { numRuns: 400 },
    );
  });

  it('rise with time at equal log-moneyness', () => {
    fc.assert(
      fc.property(fc.record(place), fc.double({ min: 0.01, max: 2, noNaN: true }), ({ t, z }, wait) => {
        const k = z * sd(t);
        for (const s of [surface, byPrice]) expect(price(t + wait, k, s)).toBeGreaterThanOrEqual(price(t, k, s) * (1 - 1e-13));
      }),
      { numRuns: 200 },
    );
  });
});
