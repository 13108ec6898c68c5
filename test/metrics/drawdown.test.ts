import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maximumDrawdown } from '../../src/metrics/drawdown.ts';

describe('maximumDrawdown', () => {
  it('by hand: 100, 120, 90, 60, 110, 120, 130, 100', () => {
    expect(maximumDrawdown([100, 120, 90, 60, 110, 120, 130, 100], { kind: 'equity' })).toEqual({ depth: 0.5, peak: 1, trough: 3, recovery: 5, duration: 4, longestUnderwater: 4, n: 8, missing: 0, reason: null });
  });

  it('a loss from the first return on has its peak before it, at -1', () => {
    expect(maximumDrawdown([-0.5, 0.5])).toMatchObject({ depth: 0.5, peak: -1, trough: 0, recovery: null, duration: 2 });
    expect(maximumDrawdown([0.1, -0.5, 1, 0.2])).toMatchObject({ depth: 0.5, peak: 0, trough: 1, recovery: 2, duration: 2 });
  });

  it('the longest time under water need not be that of the deepest loss', () => {
    expect(maximumDrawdown([10, 9, 9, 9, 9, 11, 5, 12, 11.9], { kind: 'equity' })).toMatchObject({ depth: 6 / 11, peak: 5, trough: 6, recovery: 7, duration: 2, longestUnderwater: 5 });
    expect(maximumDrawdown([10, 5, 12, 11, 11, 11], { kind: 'equity' })).toMatchObject({ depth: 0.5, recovery: 2, longestUnderwater: 3 });
  });

  it('counts from the last of equal highs and takes the first of equal lows', () => {
    expect(maximumDrawdown([10, 10, 5, 8, 5, 10], { kind: 'equity' })).toMatchObject({ peak: 1, trough: 2, recovery: 5, duration: 4 });
  });

  it('a high is reached again up to rounding: ten times -5 % and back, which is 0.9999999999999989 in the end', () => {
    const returns = Array.from({ length: 20 }, (_, t) => (t % 2 === 0 ? -0.05 : 1 / 0.95 - 1));
    const found = maximumDrawdown(returns);
    expect(found).toMatchObject({ depth: expect.closeTo(0.05, 12), duration: 2, longestUnderwater: 2 });
    expect(found.recovery).toBe((found.trough ?? NaN) + 1);
  });

  it('has no dates without a loss, and a reason without a value', () => {
    expect(maximumDrawdown([0.1, 0, 0.2])).toEqual({ depth: 0, peak: null, trough: null, recovery: null, duration: 0, longestUnderwater: 0, n: 3, missing: 0, reason: null });
    expect(maximumDrawdown([NaN])).toMatchObject({ depth: NaN, n: 0, missing: 1, reason: 'no-values' });
    expect(maximumDrawdown([], { kind: 'equity' })).toMatchObject({ depth: NaN, reason: 'no-values' });
  });

  it('a total loss is a depth of 1 from which nothing recovers', () => {
    expect(maximumDrawdown([0.5, -1, 3])).toMatchObject({ depth: 1, peak: 0, trough: 1, recovery: null, duration: 2 });
    expect(maximumDrawdown([1, 0, 0], { kind: 'equity' })).toMatchObject({ depth: 1, trough: 1 });
  });

  it('leaves out and counts missing values, which keep their place', () => {
    expect(maximumDrawdown([NaN, 10, NaN, 5, NaN, 10], { kind: 'equity' })).toMatchObject({ depth: 0.5, peak: 1, trough: 3, recovery: 5, duration: 4, n: 3, missing: 3 });
    expect(maximumDrawdown([0.1, NaN, -0.5, NaN])).toMatchObject({ peak: 0, trough: 2, recovery: null, duration: 2, n: 2 });
  });

  it('is the same from simple returns, log returns and equity, and the depth is that of the definition', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -60, max: 80 }), { minLength: 1, maxLength: 40 }), (percent) => {
      const simple = percent.map((p) => p / 100);
      const equity = [1];
      for (const r of simple) equity.push(equity[equity.length - 1] * (1 + r));
      let depth = 0;
      for (let j = 0; j < equity.length; j++) for (let i = 0; i < j; i++) depth = Math.max(depth, 1 - equity[j] / equity[i]);
      const [fromSimple, fromLog, fromEquity] = [maximumDrawdown(simple), maximumDrawdown(simple.map((r) => Math.log1p(r)), { kind: 'log' }), maximumDrawdown(equity, { kind: 'equity' })];
      for (const found of [fromSimple, fromLog, fromEquity]) expect(found.depth).toBeCloseTo(depth, 10);
      expect(fromEquity.peak).toBe(fromSimple.peak === null ? null : fromSimple.peak + 1);
      expect(fromEquity.duration).toBe(fromSimple.duration);
      expect(fromSimple.longestUnderwater).toBeGreaterThanOrEqual(fromSimple.duration);
    }));
  });

  it.each<[string, () => unknown]>([
    ['a simple return below -1', () => maximumDrawdown([-1.5])],
    ['equity below 0', () => maximumDrawdown([1, -1], { kind: 'equity' })],
    ['equity that starts at 0', () => maximumDrawdown([0, 1], { kind: 'equity' })],
    ['an infinite return', () => maximumDrawdown([Infinity])],
    ['another kind', () => maximumDrawdown([1], { kind: 'price' as never })],
  ])('refuses %s', (_name, run) => {
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
