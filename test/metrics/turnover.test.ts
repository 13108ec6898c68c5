import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileWeights, turnover } from '../../src/metrics/turnover.ts';

describe('quantileWeights', () => {
  const predicted = [4, 3, 2, 1, NaN, 1, 1, 1, 1];
  const sessions = [1, 1, 1, 1, 1, 2, 2, 2, 2];

  it('holds the top and is short of the bottom, each side summing to one', () => {
    const found = quantileWeights(predicted, sessions, { quantiles: 2 });
    expect([...found.weights]).toEqual([0.5, 0.5, -0.5, -0.5, 0, NaN, NaN, NaN, NaN]);
    expect(found).toMatchObject({ sessions: 1, skipped: { 'constant-prediction': 1 } });
    expect([...quantileWeights(predicted, sessions, { quantiles: 4, side: 'long' }).weights.slice(0, 5)]).toEqual([1, 0, 0, 0, 0]);
    expect([...quantileWeights(predicted, sessions, { quantiles: 4, side: 'short' }).weights.slice(0, 5)]).toEqual([0, 0, 0, -1, 0]);
  });

  it('gives every session a gross of 2 and a net of 0', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 3, maxLength: 40 }), (scores) => {
      const { weights, sessions: held } = quantileWeights(scores, scores.map(() => 0), { quantiles: 3 });
      if (held === 0) expect(weights.every((w) => Number.isNaN(w))).toBe(true);
      else {
        expect(weights.reduce((sum, w) => sum + Math.abs(w), 0)).toBeCloseTo(2, 12);
        expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(0, 12);
      }
    }));
  });
});

describe('turnover', () => {
  it('by hand: one of two equal holdings exchanged is half of the book', () => {
    const found = turnover([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], ['a', 'b', 'b', 'c', 'c', 'b'], [1, 1, 2, 2, 3, 3]);
    expect([...found.bySession]).toEqual([NaN, 0.5, 0]);
    expect(found).toMatchObject({ mean: 0.25, traded: 0.5, sessions: 2 });
  });

  it('is 1 for a book that is replaced, or turned round: 1 to -1 trades 2', () => {
    expect(turnover([1, 1], ['a', 'b'], [1, 2])).toMatchObject({ mean: 1, traded: 2 });
    expect(turnover([1, -1], ['a', 'a'], [1, 2])).toMatchObject({ mean: 1, traded: 2 });
    expect(turnover([1, 3], ['a', 'a'], [1, 2])).toMatchObject({ mean: 0.5, traded: 2 });
  });

  it('compares with the portfolio `lag` sessions earlier', () => {
    const [weights, names, sessions] = [[1, 1, 1, 1], ['a', 'b', 'a', 'b'], [1, 2, 3, 4]];
    expect(turnover(weights, names, sessions, { lag: 1 }).mean).toBe(1);
    expect(turnover(weights, names, sessions, { lag: 2 })).toMatchObject({ mean: 0, sessions: 2 });
  });

  it('leaves out and counts sessions without a portfolio, and pairs that hold nothing', () => {
    const found = turnover([1, NaN, NaN, 1, 0, 0, 2], ['a', 'a', 'b', 'a', 'a', 'a', 'a'], [1, 2, 2, 3, 4, 5, 6]);
    expect([...found.bySession]).toEqual([NaN, NaN, NaN, 1, NaN, 1]);
    expect(found.skipped).toEqual({ 'no-portfolio': 2, 'nothing-held': 1 });
    expect(turnover([], [], [])).toMatchObject({ mean: NaN, traded: NaN, sessions: 0 });
  });

  it('lies in [0, 1], is 0 without a change and does not see the scale', () => {
    const row = fc.record({ w: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constant(NaN)), name: fc.nat(4), s: fc.nat(3) });
    fc.assert(fc.property(fc.uniqueArray(row, { maxLength: 20, selector: (r) => `${r.name} ${r.s}` }), (rows) => {
      const of = (scale: number): ReturnType<typeof turnover> => turnover(rows.map((r) => scale * r.w), rows.map((r) => r.name), rows.map((r) => r.s));
      const { mean, sessions, traded } = of(1);
      if (sessions === 0) return;
      expect(mean >= 0 && mean <= 1).toBe(true);
      expect(of(4).mean).toBe(mean);
      expect(of(4).traded).toBe(4 * traded);
    }));
  });

  it.each<[string, () => unknown, string]>([
    ['a name twice in a session', () => turnover([1, 2], ['a', 'a'], [1, 1]), 'ERR_DUPLICATE'],
    ['an infinite weight', () => turnover([Infinity], ['a'], [1]), 'ERR_DOMAIN'],
    ['different lengths', () => turnover([1], ['a', 'b'], [1]), 'ERR_SHAPE'],
    ['no lag', () => turnover([1], ['a'], [1], { lag: 0 }), 'ERR_DOMAIN'],
    ['an unknown side', () => quantileWeights([1], [1], { side: 'both' as never }), 'ERR_DOMAIN'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
