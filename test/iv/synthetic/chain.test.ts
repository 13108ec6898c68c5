import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/core/digest.ts';
import { toPlain } from '../../../src/core/codec.ts';
import { optionChain } from '../../../src/iv/quotes/chain.ts';
import { syntheticChain } from '../../../src/iv/synthetic/chain.ts';
import { syntheticSurfacesSync } from '../../../src/iv/synthetic/surfaces.ts';

const [day] = syntheticSurfacesSync({ seed: 7, spot: 5000 }).days;
const chain = syntheticChain(day, { seed: 3, tick: 0.05 });
const withStatus = (status: string): number[] => [...chain.status.keys()].filter((i) => chain.status[i] === status);

describe('syntheticChain', () => {
  it('is the same to the bit for the same seed: pinned digest', async () => {
    expect(await digestOf(toPlain(chain))).toBe('5846b25086b22350655e9c5199c2b1d5176046e45f7e17d71532300881ff284f');
  });

  it('has the true price between bid and ask of every live quote, on ticks and at least one apart', () => {
    const live = withStatus('live');
    expect(live.length).toBeGreaterThan(0.9 * chain.rows.length);
    for (const i of live) {
      const { bid, ask } = chain.rows[i];
      expect(bid! <= chain.price[i] + 1e-9 && chain.price[i] <= ask! + 1e-9).toBe(true);
      expect(ask! - bid!).toBeGreaterThan(0.0499);
      for (const price of [bid!, ask!]) expect(Math.abs(price / 0.05 - Math.round(price / 0.05))).toBeLessThan(1e-6);
    }
  });

  it('has true prices that keep put-call parity and fall or rise with the strike', () => {
    for (const { expiryYears, forward, discount } of day.slices) {
      const rows = [...chain.rows.keys()].filter((i) => chain.rows[i].expiryYears === expiryYears);
      expect(rows.length).toBeGreaterThan(40);
      for (let j = 0; j < rows.length; j += 2) {
        const [call, put] = [rows[j], rows[j + 1]];
        expect([chain.rows[call].type, chain.rows[put].type]).toEqual(['call', 'put']);
        expect(chain.price[call] - chain.price[put]).toBeCloseTo(discount * (forward - chain.rows[call].strike), 8);
        if (j > 0) expect(chain.price[call]).toBeLessThan(chain.price[rows[j - 2]]);
      }
    }
  });

  it('has as many stale, missing and crossed rows as asked for, told apart', () => {
    const market = syntheticChain(day, { seed: 1, staleShare: 0.2, missingShare: 0.1, crossedShare: 0.05 });
    const share = (status: string): number => market.status.filter((value) => value === status).length / market.rows.length;
    expect(share('stale')).toBeCloseTo(0.2, 1);
    expect(share('missing')).toBeCloseTo(0.1, 1);
    expect(share('crossed')).toBeGreaterThan(0.03);
    market.rows.forEach(({ bid, ask }, i) => {
      expect(bid === null || ask === null).toBe(market.status[i] === 'missing');
      if (bid !== null && ask !== null) expect(bid > ask).toBe(market.status[i] === 'crossed');
    });
  });

  it('has stale quotes that last traded a day or more ago, without volume, and mostly miss the true price', () => {
    const market = syntheticChain(day, { seed: 2, staleShare: 0.5, missingShare: 0, crossedShare: 0 });
    const stale = [...market.status.keys()].filter((i) => market.status[i] === 'stale');
    for (const i of stale) {
      expect(market.rows[i].volume).toBe(0);
      expect(Number(market.rows[i].lastTradeTime)).toBeLessThan(market.asOf - 86_400_000);
    }
    const isMissed = (i: number): boolean => market.price[i] < market.rows[i].bid! || market.price[i] > market.rows[i].ask!;
    expect(stale.filter(isMissed).length).toBeGreaterThan(0.6 * stale.length);
  });

  it('has wider spreads for more vega and more trade at the money', () => {
    const quiet = syntheticChain(day, { staleShare: 0, missingShare: 0, crossedShare: 0, spreadNoise: 0 });
    const rows = [...quiet.rows.keys()].filter((i) => quiet.rows[i].expiryYears === 1 && quiet.rows[i].type === 'put');
    const nearest = rows.reduce((best, i) => (Math.abs(quiet.rows[i].strike - day.spot) < Math.abs(quiet.rows[best].strike - day.spot) ? i : best));
    const spread = (i: number): number => quiet.rows[i].ask! - quiet.rows[i].bid!;
    expect(spread(nearest)).toBeGreaterThan(3 * spread(rows[0]));
    const interest = (from: readonly number[]): number => from.reduce((sum, i) => sum + quiet.rows[i].openInterest!, 0) / from.length;
    const place = rows.indexOf(nearest);
    expect(interest(rows.slice(place - 5, place + 5))).toBeGreaterThan(5 * interest(rows.slice(0, 5)));
  });

  it('is what optionChain takes, with nothing lost', () => {
    const read = optionChain(chain.rows, { asOf: chain.asOf });
    expect(read.size).toBe(chain.rows.length);
    expect(read.slices.length).toBe(day.slices.length);
    read.slices.forEach(({ expiryYears }, i) => expect(expiryYears).toBeCloseTo(day.slices[i].expiryYears, 9)); // whole milliseconds
    expect(read.bid.filter(Number.isNaN).length).toBe(chain.rows.filter((row) => row.bid === null).length);
  });

  it('takes own strikes and has round ones otherwise', () => {
    const own = syntheticChain(day, { strikes: [4000, 5000] });
    expect(own.rows.length).toBe(2 * 2 * day.slices.length);
    const strikes = [...new Set(chain.rows.filter((row) => row.expiryYears === 1).map((row) => row.strike))];
    const step = strikes[1] - strikes[0];
    expect([1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500]).toContain(step);
    for (const strike of strikes) expect(strike % step).toBe(0);
  });

  it('refuses options out of range', () => {
    for (const options of [{ tick: 0 }, { staleShare: 1.1 }, { staleShare: 0.8, missingShare: 0.3 }, { strikes: [-1] }, { width: 0 }, { seed: 0.5 }]) {
      expect(() => syntheticChain(day, options)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => syntheticChain(day, { ticks: 1 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
