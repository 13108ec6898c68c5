import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { BLACK_GREEKS, BLACK_SCHOLES_GREEKS } from '../../../src/iv/black/greek-terms.ts';
import { blackGreeks, blackScholesGreeks, scaleGreeks } from '../../../src/iv/black/greeks.ts';
import type { BlackScholesGreeks } from '../../../src/iv/black/greeks.ts';
import { blackPrice, blackScholesPrice } from '../../../src/iv/black/price.ts';

const { columns, rows } = JSON.parse(readFileSync(new URL('../fixtures/bs_greeks.json', import.meta.url), 'utf8')) as { columns: string[]; rows: number[][] };

type Row = Readonly<Record<string, number>>;
const reference: readonly Row[] = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
const computed: readonly BlackScholesGreeks[] = reference.map(({ S, K, T, r, q, sigma, cp }) =>
  blackScholesGreeks({ type: cp > 0 ? 'call' : 'put', spot: S, strike: K, expiryYears: T, annualizedVol: sigma, rate: r, dividendYield: q }));

/** Doubles below this have fewer than 53 bits, so relative errors there mean nothing. */
const SMALLEST_NORMAL = 2 ** -1022;
/** The target of spec T1. */
const TOLERANCE = 1e-14;
/** A dozen roundings of 1.1e-16 and two exponentials remain beside those that the pairs of doubles carry; measured 1.8e-15. */
const FIRST_ORDER_TOLERANCE = 3e-15;
/** With two or three more factors that have one or two roundings each; measured 5.9e-15. */
const HIGHER_ORDER_TOLERANCE = 8e-15;

function relativeError(value: number, expected: number): number {
  return Math.abs(expected) < 1e-290 ? (Math.abs(value - expected) <= 1e-290 ? 0 : Infinity) : Math.abs(value - expected) / Math.abs(expected);
}

// The largest term of each greek that is a sum and so has zeros: d1 and d2 counted as |ln(F/K)| / s + s / 2, of which they are made.
function largestTerm(name: string, row: Row): number {
  const { S, K, T, r, q, sigma } = row;
  const s = sigma * Math.sqrt(T);
  const d = Math.abs(Math.log(S / K) + (r - q) * T) / s + s / 2;
  const slope = (Math.abs(2 * (r - q) * T) + Math.abs(Math.log(S / K) + (r - q) * T) + s * s / 2) / (2 * s * T);
  if (name === 'vanna') return (row.gamma * S * s * d) / sigma;
  if (name === 'volga') return (row.vega * d * d) / sigma;
  if (name === 'ultima') return (row.vega * (d * d * (1 + d * d) + 2 * d * d)) / (sigma * sigma);
  if (name === 'charm') return row.gamma * S * s * slope + Math.abs(q * row.delta);
  if (name === 'color') return row.gamma * (Math.abs(q) + 0.5 / T + d * slope);
  if (name === 'theta') return (row.vega * sigma) / (2 * T) + Math.abs(q * S * row.delta) + Math.abs(r * K * row.dualDelta);
  return 0;
}

describe('greeks against mpmath at 60 digits', () => {
  it('has every row of the reference', () => {
    expect(reference).toHaveLength(1695);
  });

  it.each(['price', 'delta', 'gamma', 'vega', 'rho', 'epsilon', 'dualDelta', 'dualGamma'] as const)('%s has a relative error below 3e-15 on all rows, tails included', (name) => {
    const worst = Math.max(...reference.map((row, i) => relativeError(computed[i][name], row[name])));
    expect(worst).toBeLessThan(FIRST_ORDER_TOLERANCE);
  });

  it.each(['veta', 'speed', 'zomma'] as const)('%s has a relative error below 8e-15 on all rows, tails included', (name) => {
    const worst = Math.max(...reference.map((row, i) => relativeError(computed[i][name], row[name])));
    expect(worst).toBeLessThan(HIGHER_ORDER_TOLERANCE);
  });

  it.each(['vanna', 'volga', 'ultima', 'charm', 'color', 'theta'] as const)('%s, a sum with zeros, is within 1e-14 of its largest term on all rows', (name) => {
    const worst = Math.max(...reference.map((row, i) => {
      const scale = Math.max(Math.abs(row[name]), largestTerm(name, row));
      return scale < SMALLEST_NORMAL / 1e-16 ? Math.abs(computed[i][name] - row[name]) / 1e-290 : Math.abs(computed[i][name] - row[name]) / scale;
    }));
    expect(worst).toBeLessThan(TOLERANCE);
  });

  it('keeps the digits of prices near 1e-300', () => {
    const deep = reference.map((row, i) => ({ row, greeks: computed[i] })).filter(({ row }) => row.price > 0 && row.price < 1e-250);
    expect(deep.length).toBeGreaterThan(5);
    expect(deep.some(({ row }) => row.price < 1e-298)).toBe(true);
    for (const { row, greeks } of deep) expect(relativeError(greeks.price, row.price)).toBeLessThan(1e-13);
  });
});

describe('greeks on a forward', () => {
  const option = { type: 'put', forward: 104, strike: 98, expiryYears: 0.7, annualizedVol: 0.31, discount: 0.96 } as const;
  const rate = -Math.log(option.discount) / option.expiryYears;

  it('has sixteen greeks beside the price, in both forms', () => {
    expect(BLACK_GREEKS).toHaveLength(17);
    expect(BLACK_SCHOLES_GREEKS).toHaveLength(17);
    expect(Object.keys(blackGreeks(option))).toEqual([...BLACK_GREEKS]);
  });

  it('are central differences of the price, each with the variables fixed that its definition names', () => {
    const greeks = blackGreeks(option);
    const base = { ...option, discount: undefined, rate };
    // Price as a function of forward, vol, time (at a fixed rate) and rate (at a fixed forward).
    const at = ({ forward, annualizedVol, expiryYears, strike, rate: r }: { forward: number; annualizedVol: number; expiryYears: number; strike: number; rate: number }): number =>
      blackPrice({ type: option.type, forward, strike, expiryYears, annualizedVol, discount: Math.exp(-r * expiryYears) });
    const bump = (key: 'forward' | 'annualizedVol' | 'expiryYears' | 'strike' | 'rate', h: number): number => (at({ ...base, [key]: base[key] + h }) - at({ ...base, [key]: base[key] - h })) / (2 * h);
    const curve = (key: 'forward' | 'annualizedVol' | 'strike', h: number): number => (at({ ...base, [key]: base[key] + h }) - 2 * at(base) + at({ ...base, [key]: base[key] - h })) / (h * h);
    // Truncation h^2 of a first, h^2 plus rounding / h^2 of a second difference.
    expect(greeks.forwardDelta).toBeCloseTo(bump('forward', 1e-3), 9);
    expect(greeks.forwardGamma).toBeCloseTo(curve('forward', 1e-2), 8);
    expect(greeks.vega).toBeCloseTo(bump('annualizedVol', 1e-5), 6);
    expect(greeks.volga).toBeCloseTo(curve('annualizedVol', 1e-3), 3);
    expect(greeks.theta).toBeCloseTo(-bump('expiryYears', 1e-5), 6);
    expect(greeks.rho).toBeCloseTo(bump('rate', 1e-5), 7);
    expect(greeks.dualDelta).toBeCloseTo(bump('strike', 1e-3), 9);
    expect(greeks.dualGamma).toBeCloseTo(curve('strike', 1e-2), 8);
    const moved = (change: object, name: 'forwardDelta' | 'vega' | 'forwardGamma' | 'volga'): number => {
      const { rate: r, ...rest } = { ...base, ...change };
      return blackGreeks({ ...rest, discount: Math.exp(-r * rest.expiryYears) })[name];
    };
    const of = (name: 'forwardDelta' | 'vega' | 'forwardGamma' | 'volga', key: 'forward' | 'annualizedVol' | 'expiryYears', h: number): number => (moved({ [key]: base[key] + h }, name) - moved({ [key]: base[key] - h }, name)) / (2 * h);
    expect(greeks.forwardVanna).toBeCloseTo(of('forwardDelta', 'annualizedVol', 1e-5), 7);
    expect(greeks.forwardCharm).toBeCloseTo(-of('forwardDelta', 'expiryYears', 1e-5), 7);
    expect(greeks.veta).toBeCloseTo(-of('vega', 'expiryYears', 1e-5), 5);
    expect(greeks.forwardSpeed).toBeCloseTo(of('forwardGamma', 'forward', 1e-3), 8);
    expect(greeks.forwardZomma).toBeCloseTo(of('forwardGamma', 'annualizedVol', 1e-5), 7);
    expect(greeks.forwardColor).toBeCloseTo(-of('forwardGamma', 'expiryYears', 1e-5), 7);
    expect(greeks.ultima).toBeCloseTo(of('volga', 'annualizedVol', 1e-5), 3);
  });

  it('carryRho and rho add up to the rho of the spot form, and epsilon is -carryRho', () => {
    const { forward, discount, ...rest } = option;
    const dividendYield = 0.015;
    const spot = forward * Math.exp((dividendYield - rate) * option.expiryYears);
    const onSpot = blackScholesGreeks({ ...rest, spot, rate, dividendYield });
    const onForward = blackGreeks(option);
    expect(onSpot.price).toBeCloseTo(onForward.price, 12);
    expect(onForward.rho + onForward.carryRho).toBeCloseTo(onSpot.rho, 11);
    expect(-onForward.carryRho).toBeCloseTo(onSpot.epsilon, 11);
    expect((onForward.forwardDelta * forward) / spot).toBeCloseTo(onSpot.delta, 12);
    expect(onForward.vega).toBeCloseTo(onSpot.vega, 11);
    expect(discount).toBeCloseTo(Math.exp(-rate * option.expiryYears), 14);
  });
});

describe('limits', () => {
  it('engine defect 5: an expired option has delta 0 or 1, not 0', () => {
    const expired = { spot: 100, expiryYears: 0, annualizedVol: 0.2, rate: 0.05, dividendYield: 0.02 };
    expect(blackScholesGreeks({ type: 'call', strike: 90, ...expired }).delta).toBe(1);
    expect(blackScholesGreeks({ type: 'call', strike: 110, ...expired }).delta).toBe(0);
    expect(blackScholesGreeks({ type: 'put', strike: 110, ...expired }).delta).toBe(-1);
    expect(blackScholesGreeks({ type: 'call', strike: 100, ...expired }).delta).toBe(0.5);
    expect(blackScholesGreeks({ type: 'call', strike: 90, ...expired, expiryYears: -1 })).toEqual(blackScholesGreeks({ type: 'call', strike: 90, ...expired }));
    const call = blackScholesGreeks({ type: 'call', strike: 90, ...expired });
    expect(call.price).toBe(10);
    expect(call.dualDelta).toBe(-1);
    const { price, delta, dualDelta, ...others } = call;
    expect(Object.values(others).every((value) => value === 0)).toBe(true);
  });

  it('zero volatility gives the discounted intrinsic value of the forward and its derivatives', () => {
    const greeks = blackScholesGreeks({ type: 'call', spot: 100, strike: 100, expiryYears: 2, annualizedVol: 0, rate: 0.05, dividendYield: 0.01 });
    const [paid, received] = [100 * Math.exp(-0.1), 100 * Math.exp(-0.02)];
    expect(greeks.price).toBeCloseTo(received - paid, 12);
    expect(greeks.delta).toBeCloseTo(Math.exp(-0.02), 15);
    expect(greeks.rho).toBeCloseTo(2 * paid, 12);
    expect(greeks.theta).toBeCloseTo(0.01 * received - 0.05 * paid, 12);
    expect([greeks.gamma, greeks.vega, greeks.ultima]).toEqual([0, 0, 0]);
  });

  it('on the kink F = K without volatility vega keeps its value for small vol and the deltas are half', () => {
    const kink = blackGreeks({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0 });
    const small = blackGreeks({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 1e-9 });
    expect(kink.vega).toBeCloseTo(small.vega, 12);
    expect(kink.forwardDelta).toBe(0.5);
    expect(kink.forwardGamma).toBe(0);
  });

  it('is finite wherever the inputs are, however deep the wing', () => {
    const wing = fc.record({ k: fc.double({ min: -60, max: 60, noNaN: true }), v: fc.double({ min: 0, max: 50, noNaN: true }), t: fc.double({ min: -1, max: 50, noNaN: true }), call: fc.boolean() });
    fc.assert(fc.property(wing, ({ k, v, t, call }) => {
      const values = Object.values(blackScholesGreeks({ type: call ? 'call' : 'put', spot: 100, strike: 100 * Math.exp(k), expiryYears: t, annualizedVol: v, rate: 0.03, dividendYield: -0.01 }));
      expect(values.every((value) => !Number.isNaN(value))).toBe(true);
    }), { numRuns: 2000, seed: 6 });
  });

  it('satisfies put-call parity in every greek that the forward has, and equality in the others', () => {
    const option = fc.record({ strike: fc.double({ min: 20, max: 500, noNaN: true }), expiryYears: fc.double({ min: 0.01, max: 5, noNaN: true }), annualizedVol: fc.double({ min: 0.03, max: 2, noNaN: true }), rate: fc.double({ min: -0.05, max: 0.1, noNaN: true }) });
    fc.assert(fc.property(option, (fields) => {
      const call = blackScholesGreeks({ type: 'call', spot: 100, dividendYield: 0.02, ...fields });
      const put = blackScholesGreeks({ type: 'put', spot: 100, dividendYield: 0.02, ...fields });
      const money = Math.exp(-fields.rate * fields.expiryYears);
      const stock = Math.exp(-0.02 * fields.expiryYears);
      expect(call.price - put.price).toBeCloseTo(100 * stock - fields.strike * money, 10);
      expect(call.delta - put.delta).toBeCloseTo(stock, 12);
      expect(call.theta - put.theta).toBeCloseTo(0.02 * 100 * stock - fields.rate * fields.strike * money, 10);
      expect(call.rho - put.rho).toBeCloseTo(fields.strike * money * fields.expiryYears, 9);
      expect(call.charm - put.charm).toBeCloseTo(0.02 * stock, 10);
      for (const name of ['gamma', 'vega', 'vanna', 'volga', 'veta', 'speed', 'zomma', 'color', 'ultima', 'dualGamma'] as const) expect(put[name]).toBe(call[name]);
    }), { numRuns: 500, seed: 7 });
  });
});

describe('scaleGreeks', () => {
  const option = { type: 'call', spot: 100, strike: 105, expiryYears: 0.5, annualizedVol: 0.25, rate: 0.04 } as const;

  it('pitfall "sign and units": by default vega per vol point, theta per calendar day, rho per percentage point', () => {
    const greeks = blackScholesGreeks(option);
    const scaled = scaleGreeks(greeks);
    expect(scaled.vega).toBeCloseTo(greeks.vega / 100, 14);
    expect(scaled.theta).toBeCloseTo(greeks.theta / 365, 14);
    expect(scaled.rho).toBeCloseTo(greeks.rho / 100, 14);
    expect(scaled.veta).toBeCloseTo(greeks.veta / 36500, 14);
    expect(scaled.ultima).toBeCloseTo(greeks.ultima / 1e6, 14);
    expect([scaled.price, scaled.delta, scaled.gamma, scaled.speed]).toEqual([greeks.price, greeks.delta, greeks.gamma, greeks.speed]);
    expect(Object.isFrozen(scaled)).toBe(true);
  });

  it('vega and volga per point predict the price one point higher', () => {
    const scaled = scaleGreeks(blackScholesGreeks(option));
    const moved = blackScholesPrice({ ...option, annualizedVol: 0.26 });
    expect(scaled.price + scaled.vega + scaled.volga / 2 + scaled.ultima / 6).toBeCloseTo(moved, 6);
  });

  it('takes trading days and basis points, and refuses units that are not positive', () => {
    const greeks = blackScholesGreeks(option);
    expect(scaleGreeks(greeks, { timeUnitYears: 1 / 252 }).theta).toBeCloseTo(greeks.theta / 252, 14);
    expect(scaleGreeks(greeks, { rateUnit: 1e-4 }).epsilon).toBeCloseTo(greeks.epsilon / 1e4, 14);
    expect(() => scaleGreeks(greeks, { volUnit: 0 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => scaleGreeks(greeks, { volPoints: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

it('results are frozen plain data that pass structured clone and the codec', () => {
  const greeks = blackGreeks({ type: 'call', forward: 100, strike: 100, expiryYears: 1, annualizedVol: 0.2 });
  expect(Object.isFrozen(greeks)).toBe(true);
  expect(structuredClone(greeks)).toEqual(greeks);
  expect(fromPlain(toPlain(greeks))).toEqual(greeks);
});
