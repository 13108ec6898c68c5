import { describe, expect, it } from 'vitest';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { sliceWeights, spreadWeights, vegaWeights } from '../../../src/iv/slices/slice-weights.ts';

const quotes = (change: Partial<SmileQuotes> = {}): SmileQuotes => ({
  expiryYears: 0.25,
  forward: 100,
  discount: 1,
  logMoneyness: Float64Array.of(-0.2, 0, 0.1, 0.2),
  midVol: Float64Array.of(0.3, 0.2, 0.2, 0.22),
  bidVol: Float64Array.of(0.28, 0.195, 0.199, NaN),
  askVol: Float64Array.of(0.32, 0.205, 0.201, 0.25),
  ...change,
});

describe('slice weights', () => {
  it('are the inverse half spread, in the middle for a quote without a bid', () => {
    // Half spreads 0.02, 0.005, 0.001; their median is 0.005.
    const expected = [50, 200, 1000, 200];
    [...spreadWeights(quotes())].forEach((weight, i) => expect(weight).toBeCloseTo(expected[i], 8));
    expect([...sliceWeights(quotes())]).toEqual([...spreadWeights(quotes())]);
  });

  it('do not let a locked quote decide, and are all equal without any spread', () => {
    const locked = spreadWeights(quotes({ bidVol: Float64Array.of(0.28, 0.195, 0.2, NaN), askVol: Float64Array.of(0.32, 0.205, 0.2, NaN) }));
    expect(locked[2]).toBeCloseTo(2 * locked[1], 8); // half of the smallest spread there is
    const none = new Float64Array(4).fill(NaN);
    expect([...spreadWeights(quotes({ bidVol: none, askVol: none }))]).toEqual([1, 1, 1, 1]);
  });

  it('are vega relative to its peak: exp(-d1^2 / 2)', () => {
    // At the money s = 0.1, d1 = 0.05; at k = -0.2 s = 0.15, d1 = 0.2 / 0.15 + 0.075.
    const weights = vegaWeights(quotes());
    expect(weights[1]).toBeCloseTo(Math.exp(-0.00125), 15);
    expect(weights[0]).toBeCloseTo(Math.exp(-((0.2 / 0.15 + 0.075) ** 2) / 2), 15);
    expect([...sliceWeights(quotes(), 'vega')]).toEqual([...weights]);
  });

  it('leave out what cannot be used, whatever its weight', () => {
    const broken = quotes({ logMoneyness: Float64Array.of(NaN, 0, 60, 0.2), midVol: Float64Array.of(0.3, NaN, 0.1, 1e-6) });
    expect([...sliceWeights(broken, 'uniform')]).toEqual([0, 0, 0, 0]);
    expect([...sliceWeights(quotes(), [1, 0, NaN, -2])]).toEqual([1, 0, 0, 0]);
    expect([...sliceWeights(quotes(), 'uniform')]).toEqual([1, 1, 1, 1]);
  });

  it('throw for columns of unequal length and unknown names', () => {
    expect(() => sliceWeights(quotes({ midVol: new Float64Array(3) }))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => sliceWeights(quotes(), [1, 2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => sliceWeights(quotes(), 'Vega' as 'vega')).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
