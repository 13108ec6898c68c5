import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AMERICAN_STATUS, americanPrice, americanPricesSync, americanValue } from '../../../src/iv/american/american-price.ts';
import { deAmericanize } from '../../../src/iv/american/de-americanize.ts';
import { blackScholesPrice } from '../../../src/iv/black/price.ts';

interface Row { type: 'call' | 'put'; spot: number; strike: number; expiryYears: number; rate: number; dividendYield: number; annualizedVol: number; price: number; uncertainty: number }
const { columns, rows } = JSON.parse(readFileSync(new URL('../fixtures/american_double_boundary.json', import.meta.url), 'utf8')) as { columns: string[]; rows: unknown[][] };
const reference = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]]))) as unknown as Row[];

/** Of the strike: what the finite differences are off by, extrapolated from grids of up to 10000 points. */
const GRID_TOLERANCE = 2e-9;
const FAST_TOLERANCE = 3e-8;

/** Up to this vol an option that never expires has two boundaries, above it none. */
const meetingVol = (rate: number, dividendYield: number): number => Math.abs(Math.sqrt(-2 * dividendYield) - Math.sqrt(-2 * rate));

describe('two exercise boundaries, against finite differences', () => {
  it.each([['accurate', GRID_TOLERANCE], ['fast', FAST_TOLERANCE]] as const)("all 42 prices agree, with accuracy '%s' to %d of the strike", (accuracy, tolerance) => {
    expect(reference).toHaveLength(42);
    let met = 0;
    for (const { price, uncertainty, ...option } of reference) {
      const value = americanValue(option, { accuracy });
      expect(Math.abs(value.price - price) / option.strike, JSON.stringify(option)).toBeLessThan(tolerance);
      expect(uncertainty).toBeLessThan(2e-8);
      if (value.exerciseRegion === null) met++;
    }
    // Both sides of the time at which the boundaries meet are tested.
    expect(met).toBe(20);
  });
});

describe('the exercise region', () => {
  const put = { type: 'put', spot: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2, rate: -0.01, dividendYield: -0.03 } as const;

  it('just before expiry reaches from strike rate / yield to the strike, and so without volatility', () => {
    for (const option of [{ ...put, expiryYears: 1e-9 }, { ...put, annualizedVol: 0 }]) {
      const { exerciseRegion, criticalSpot } = americanValue(option);
      expect(exerciseRegion?.from).toBeCloseTo(100 / 3, 3);
      expect(exerciseRegion?.to).toBeCloseTo(100, 2);
      expect(criticalSpot).toBe(exerciseRegion?.to);
    }
  });

  it('is worth its exercise value inside, more outside, and meets it smoothly at both ends', () => {
    const region = americanValue(put).exerciseRegion ?? { from: NaN, to: NaN };
    const above = (spot: number): number => americanPrice({ ...put, spot }) - (100 - spot);
    expect(Math.abs(above(region.from * 1.001))).toBe(0);
    expect(Math.abs(above(region.to * 0.999))).toBe(0);
    for (const [end, away] of [[region.from, -1], [region.to, 1]]) {
      expect(above(end + 0.01 * away)).toBeGreaterThanOrEqual(0);
      expect(above(end + 0.01 * away)).toBeLessThan(1e-5);
      expect(above(end + 0.5 * away)).toBeGreaterThan(2e-4);
      // Of second order in the distance.
      expect(above(end + 0.5 * away) / above(end + 0.25 * away)).toBeCloseTo(4, 0);
    }
  });

  it('of a long option at a low vol ends at the two roots of the perpetual problem', () => {
    // vol^2/2 l (l-1) + (r-q) l - r = 0 with r = -1 %, q = -3 %, vol = 5 %: l^2 + 15 l + 8 = 0; boundary l / (l - 1).
    const [upper, lower] = [-7.5 - Math.sqrt(7.5 * 7.5 - 8), -7.5 + Math.sqrt(7.5 * 7.5 - 8)].map((l) => (100 * l) / (l - 1));
    const { exerciseRegion } = americanValue({ ...put, annualizedVol: 0.05, expiryYears: 100 });
    expect(exerciseRegion?.from).toBeCloseTo(lower, 3);
    expect(exerciseRegion?.to).toBeCloseTo(upper, 3);
  });

  it('is gone long before expiry when the vol is above |sqrt(-2 q) - sqrt(-2 r)|, and the right is still worth something', () => {
    expect(meetingVol(-0.01, -0.03)).toBeCloseTo(0.1035, 4);
    const at = (expiryYears: number): ReturnType<typeof americanValue> => americanValue({ ...put, annualizedVol: 0.6, expiryYears });
    expect(at(0.29).exerciseRegion).not.toBeNull();
    expect(at(0.31)).toMatchObject({ exerciseRegion: null, criticalSpot: 0 });
    expect(at(2).exercisePremium).toBeGreaterThan(0.02);
    expect(americanValue({ ...put, type: 'call', rate: -0.03, dividendYield: -0.01, annualizedVol: 0.6, expiryYears: 2 })).toMatchObject({ exerciseRegion: null, criticalSpot: Infinity });
  });

  it('of a call is that of the put with rate and yield exchanged, inverted around the strike', () => {
    const mirrored = americanValue(put).exerciseRegion ?? { from: NaN, to: NaN };
    const { exerciseRegion, criticalSpot, price } = americanValue({ ...put, type: 'call', spot: 125, rate: -0.03, dividendYield: -0.01 });
    expect(exerciseRegion?.from).toBeCloseTo(1e4 / mirrored.to, 10);
    expect(exerciseRegion?.to).toBeCloseTo(1e4 / mirrored.from, 10);
    expect(criticalSpot).toBe(exerciseRegion?.from);
    expect(price).toBeCloseTo(americanPrice({ ...put, spot: 100, strike: 125 }), 11);
  });
});

describe('prices with two boundaries', () => {
  it('without volatility wait deep in the money until the interest lost outweighs the rise of the spot price', () => {
    // 100 e^(0.01 t) - 20 e^(0.03 t) is largest at ln(5/3) / 0.02 = 25.5 years.
    const t = Math.log((0.01 * 100) / (0.03 * 20)) / 0.02;
    const option = { type: 'put', spot: 20, strike: 100, expiryYears: 40, rate: -0.01, dividendYield: -0.03 } as const;
    expect(americanPrice({ ...option, annualizedVol: 0 })).toBeCloseTo(100 * Math.exp(0.01 * t) - 20 * Math.exp(0.03 * t), 11);
    // vol^2/2 S^2 V_SS t of order 0.001 above it.
    expect(americanPrice({ ...option, annualizedVol: 0.001 })).toBeCloseTo(americanPrice({ ...option, annualizedVol: 0 }), 2);
  });

  it('are at least the European price and the exercise value, and rise with volatility and time', () => {
    fc.assert(fc.property(options(), (option) => {
      const at = (change: object): number => americanPrice({ ...option, ...change }, { accuracy: 'fast' });
      const price = at({});
      const noise = 1e-5 * Math.max(option.spot, option.strike); // error of the fast boundaries
      expect(price).toBeGreaterThanOrEqual(blackScholesPrice(option));
      expect(price).toBeGreaterThanOrEqual(option.type === 'call' ? option.spot - option.strike : option.strike - option.spot);
      expect(at({ annualizedVol: 1.02 * option.annualizedVol })).toBeGreaterThanOrEqual(price - noise);
      expect(at({ expiryYears: 1.02 * option.expiryYears })).toBeGreaterThanOrEqual(price - noise);
    }), { numRuns: 250, seed: 5 });
  });

  it('come back from deAmericanize', () => {
    let found = 0;
    fc.assert(fc.property(options(), ({ annualizedVol, ...option }) => {
      const price = americanPrice({ ...option, annualizedVol }, { accuracy: 'fast' });
      const result = deAmericanize({ ...option, price }, { accuracy: 'fast' });
      expect(['ok', 'at-intrinsic']).toContain(result.status);
      if (result.status !== 'ok') return;
      found++;
      expect(Math.abs(americanPrice({ ...option, annualizedVol: result.annualizedVol }, { accuracy: 'fast' }) - price)).toBeLessThan(1e-9 * price + 1e-12);
    }), { numRuns: 100, seed: 6 });
    expect(found).toBeGreaterThan(70);
  });

  it('a put above its strike but below its largest price, the strike at a negative rate, has a volatility', () => {
    const { status, annualizedVol } = deAmericanize({ type: 'put', spot: 100, strike: 100, expiryYears: 1, rate: -0.01, dividendYield: -0.03, price: 100.5 });
    expect(status).toBe('ok');
    expect(annualizedVol).toBeGreaterThan(4);
  });

  it('are never unsupported: the status is ok', () => {
    const { status, price } = americanPricesSync({ type: ['put', 'call'], spot: 100, strike: 100, expiryYears: 2, annualizedVol: [0.2, 0.9], rate: [-0.01, -0.03], dividendYield: [-0.03, -0.01] });
    expect(Array.from(status, (code) => AMERICAN_STATUS[code])).toEqual(['ok', 'ok']);
    expect(price[0]).toBe(americanPrice({ type: 'put', spot: 100, strike: 100, expiryYears: 2, annualizedVol: 0.2, rate: -0.01, dividendYield: -0.03 }));
    expect(AMERICAN_STATUS).not.toContain('unsupported');
  });
});

describe('continuity of the price', () => {
  const price = (change: object): number => americanPrice({ type: 'put', spot: 90, strike: 100, expiryYears: 2, annualizedVol: 0.25, rate: -0.01, dividendYield: -0.03, ...change });

  it.each([
    ['from two boundaries to one at rate 0', { rate: -1e-9 }, { rate: 0 }, 1e-6],
    ['where the rate is too small to count', { rate: -4.9e-15 }, { rate: -5.1e-15 }, 1e-8],
    ['down to the smallest rate there is', { rate: -Number.MIN_VALUE }, { rate: 0 }, 1e-9],
    ['to no early exercise where rate and yield are equal', { dividendYield: -0.01 - 1e-9 }, { dividendYield: -0.01 }, 1e-6],
    ['where the boundaries are too near each other to count', { dividendYield: -0.01 * (1 + 1e-12) }, { dividendYield: -0.01 * (1 + 1e-5) }, 1e-4],
    ['at the vol at which boundaries start to meet', { annualizedVol: meetingVol(-0.01, -0.03) - 1e-9 }, { annualizedVol: meetingVol(-0.01, -0.03) + 1e-9 }, 1e-6],
    ['and there after forty years', { expiryYears: 40, annualizedVol: meetingVol(-0.01, -0.03) - 1e-9 }, { expiryYears: 40, annualizedVol: meetingVol(-0.01, -0.03) + 1e-9 }, 1e-6],
    ['down to no vol, inside', { annualizedVol: 0.9e-7 / Math.sqrt(2) }, { annualizedVol: 1.1e-7 / Math.sqrt(2) }, 1e-6],
    ['down to no vol, above', { spot: 100, annualizedVol: 0.9e-7 / Math.sqrt(2) }, { spot: 100, annualizedVol: 1.1e-7 / Math.sqrt(2) }, 1e-6],
    ['down to no vol, below', { spot: 33, annualizedVol: 0.9e-7 / Math.sqrt(2) }, { spot: 33, annualizedVol: 1.1e-7 / Math.sqrt(2) }, 1e-5],
  ])('%s', (_title, one, other, tolerance) => {
    expect(Math.abs(price(one) - price(other))).toBeLessThan(tolerance);
  });

  it('at the time to expiry at which the boundaries meet, also at the spot price at which they do', () => {
    let [open, met] = [0.1, 2];
    let spot = NaN;
    for (let k = 0; k < 30; k++) {
      const middle = 0.5 * (open + met);
      const { exerciseRegion } = americanValue({ type: 'put', spot: 90, strike: 100, expiryYears: middle, annualizedVol: 0.6, rate: -0.01, dividendYield: -0.03 }, { accuracy: 'fast' });
      if (exerciseRegion === null) met = middle;
      else [open, spot] = [middle, exerciseRegion.to];
    }
    for (const at of [spot, 1.001 * spot, 0.999 * spot, 100]) {
      const [before, after] = [open, met].map((expiryYears) => americanPrice({ type: 'put', spot: at, strike: 100, expiryYears, annualizedVol: 0.6, rate: -0.01, dividendYield: -0.03 }, { accuracy: 'fast' }));
      expect(Math.abs(before - after)).toBeLessThan(1e-6);
    }
  });
});

function options(): fc.Arbitrary<{ type: 'call' | 'put'; spot: number; strike: number; expiryYears: number; annualizedVol: number; rate: number; dividendYield: number }> {
  const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
  return fc.record({ type: fc.constantFrom('call' as const, 'put' as const), k: between(-0.6, 0.6), annualizedVol: between(0.03, 1.2), expiryYears: between(0.01, 4), near: between(0.0005, 0.05), apart: between(0.0005, 0.08) }).map(({ type, k, near, apart, ...rest }) => {
    const far = near + apart;
    return { ...rest, type, spot: 100, strike: 100 * Math.exp(k), rate: type === 'put' ? -near : -far, dividendYield: type === 'put' ? -far : -near };
  });
}
