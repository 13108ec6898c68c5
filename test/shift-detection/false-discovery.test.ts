import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { falseDiscovery } from '../../src/shift-detection/false-discovery.ts';

// Benjamini and Hochberg (1995), section 4.1: fifteen tests of a study of thrombolysis.
const STUDY = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];

describe('falseDiscovery', () => {
  it('rejects four of the fifteen tests of the paper that introduced it, with the cutoff 4 / 15 of alpha', () => {
    const { discoveries, cutoff, tests } = falseDiscovery(STUDY);
    expect({ discoveries, tests }).toEqual({ discoveries: 4, tests: 15 });
    expect(cutoff).toBeCloseTo((4 / 15) * 0.05, 15);
  });

  it('rejects three of them under any dependence: the factor is 1 + 1/2 + ... + 1/15 = 3.318', () => {
    const { discoveries, cutoff } = falseDiscovery(STUDY, { method: 'benjamini-yekutieli' });
    expect(discoveries).toBe(3);
    expect(cutoff).toBeCloseTo(0.01 / 3.3182289932, 10);
  });

  it('adjusts p-values as worked by hand: p n / rank, never more than that of a larger one', () => {
    // ascending .01 .03 .04: .01 * 3 = .03, .03 * 3 / 2 = .045 -> .04, .04 * 3 / 3 = .04
    expect(Array.from(falseDiscovery([0.01, 0.04, 0.03]).adjusted, (p) => Number(p.toFixed(12)))).toEqual([0.03, 0.04, 0.04]);
    // the factor of three tests is 11 / 6
    expect(Array.from(falseDiscovery([0.01, 0.04, 0.03], { method: 'benjamini-yekutieli' }).adjusted, (p) => Number(p.toFixed(12)))).toEqual([0.055, 0.073333333333, 0.073333333333]);
  });

  it('steps up: a test is a discovery though it misses its own limit when a later one meets its own', () => {
    expect(falseDiscovery([0.03, 0.04], { alpha: 0.05 }).discoveries).toBe(2);
    expect(falseDiscovery([0.03, 0.06], { alpha: 0.05 })).toMatchObject({ discoveries: 0, cutoff: 0.025 });
  });

  it('leaves NaN out of the count, and says nothing of no tests', () => {
    expect(Array.from(falseDiscovery([NaN, 0.02, NaN]).adjusted)).toEqual([NaN, 0.02, NaN]);
    expect(falseDiscovery([])).toMatchObject({ cutoff: NaN, discoveries: 0, tests: 0 });
    expect(falseDiscovery([NaN])).toMatchObject({ cutoff: NaN, discoveries: 0, tests: 0 });
  });

  it('has adjusted p-values at or below alpha for the discoveries and no other, in any order of tests', () => {
    const pValues = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0.01), fc.constant(NaN)), { maxLength: 30 });
    fc.assert(fc.property(pValues, fc.constantFrom('benjamini-hochberg' as const, 'benjamini-yekutieli' as const), (p, method) => {
      const found = falseDiscovery(p, { method });
      expect(Array.from(found.adjusted).filter((value) => value <= 0.05)).toHaveLength(found.discoveries);
      expect(p.filter((value) => value <= found.cutoff)).toHaveLength(found.discoveries);
      const reversed = falseDiscovery([...p].reverse(), { method });
      expect(Array.from(reversed.adjusted).reverse()).toEqual(Array.from(found.adjusted));
      found.adjusted.forEach((value, i) => expect(value < p[i]).toBe(false));
    }));
  });

  it('refuses what is no probability', () => {
    expect(() => falseDiscovery([1.1])).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => falseDiscovery([0.5], { alpha: 1 })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => falseDiscovery([0.5], { method: 'bonferroni' as never })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => falseDiscovery([0.5], { level: 0.1 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
