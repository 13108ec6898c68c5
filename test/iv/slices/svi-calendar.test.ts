import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sviCalendar, sviCalendarMinima } from '../../../src/iv/slices/svi-calendar.ts';
import { sviSmile, sviTotalVariance } from '../../../src/iv/slices/svi.ts';
import { anySvi, reference, sviOf } from './svi-reference.ts';

const CROSSING = 1e-9; // T10; the largest error seen is 4e-17

describe('calendar arbitrage of two SVI slices', () => {
  it.each(reference.calendar.map((row, i) => [i, row] as const))('has the crossings of the 50-digit reference: pair %i', (_, row) => {
    const near = sviOf(row.near);
    const far = sviOf(row.far);
    const { crossings, minimumDifference, isCalendarFree } = sviCalendar(near, far);
    expect(crossings.length).toBe(row['crossings_in_-10_10'].length);
    crossings.forEach((k, i) => expect(Math.abs(k - row['crossings_in_-10_10'][i])).toBeLessThan(CROSSING));
    // The reference's minimum is on a grid of [-10, 10].
    expect(minimumDifference).toBeLessThanOrEqual(row.minDiff + 1e-15);
    expect(isCalendarFree).toBe(row['crossings_in_-10_10'].length === 0);
  });

  it('finds four crossings where there are four', () => {
    // The needle starts below the bowl, climbs above it at k = 0.15, and is overtaken at last by the bowl's steeper wings.
    const near = sviSmile({ a: 0, b: 0.2, rho: 0, m: 0, sigma: 0.01 });
    const far = sviSmile({ a: -0.055, b: 0.21, rho: 0, m: 0, sigma: 0.3 });
    const { crossings } = sviCalendar(near, far);
    expect(crossings.length).toBe(4);
    expect(crossings[0]).toBeCloseTo(-crossings[3], 10);
    for (const k of crossings) expect(Math.abs(sviTotalVariance(far, k) - sviTotalVariance(near, k))).toBeLessThan(1e-14);
  });

  it('says that a steeper near wing crosses however far out', () => {
    const near = sviSmile({ a: 0.01, b: 0.1, rho: 0, m: 0, sigma: 0.1 });
    const far = sviSmile({ a: 1, b: 0.0999, rho: 0, m: 0, sigma: 0.1 });
    const { crossings, minimumDifference } = sviCalendar(near, far);
    expect(crossings.length).toBe(2);
    expect(Math.abs(crossings[1])).toBeGreaterThan(1000);
    expect(minimumDifference).toBe(-Infinity);
  });

  it('allows equality: a slice is no calendar arbitrage to itself, nor to itself raised', () => {
    const smile = sviSmile({ a: 0.01, b: 0.1, rho: -0.4, m: 0.02, sigma: 0.1 });
    expect(sviCalendar(smile, smile)).toMatchObject({ isCalendarFree: true, minimumDifference: 0 });
    expect(sviCalendar(smile, sviSmile({ ...smile, a: 0.011 })).minimumDifference).toBeCloseTo(0.001, 15);
    expect(sviCalendar(sviSmile({ ...smile, a: 0.011 }), smile)).toMatchObject({ isCalendarFree: false });
  });

  it('agrees with dense points: as many sign changes, no smaller difference', () => {
    fc.assert(
      fc.property(anySvi, anySvi, (near, far) => {
        const { crossings, minimumDifference, isCalendarFree } = sviCalendar(near, far);
        let previous = NaN;
        let changes = 0;
        let deepest = Infinity;
        const reach = 0.02 * Math.sinh(8);
        for (let i = -4000; i <= 4000; i++) {
          const k = 0.02 * Math.sinh(i / 500);
          const difference = sviTotalVariance(far, k) - sviTotalVariance(near, k);
          deepest = Math.min(deepest, difference + 1e-12 * (1 + Math.abs(k)));
          // Equal to the last digit is no sign.
          if (Math.abs(difference) < 1e-14 * (1 + Math.abs(k))) continue;
          if (difference * previous < 0) changes++;
          previous = difference;
        }
        expect(deepest).toBeGreaterThanOrEqual(minimumDifference);
        const inside = [...crossings].filter((k) => Math.abs(k) < reach).length;
        expect(inside).toBeGreaterThanOrEqual(changes);
        expect(isCalendarFree).toBe(minimumDifference >= 0);
        expect(crossings.length).toBeLessThanOrEqual(4);
        // Their places are good to 1e-9, their values to rounding.
        for (const k of sviCalendarMinima(near, far)) expect(sviTotalVariance(far, k) - sviTotalVariance(near, k)).toBeGreaterThanOrEqual(minimumDifference - 1e-15 * (1 + Math.abs(k)));
      }),
      { numRuns: 60 },
    );
  });

  it('gives minima only: a maximum between them is none', () => {
    // D = 0.02 r1 - 0.004 r2 with r1 = sqrt(k^2 + 1), r2 = sqrt(k^2 + 0.01): a maximum at 0 between two minima.
    const near = sviSmile({ a: 0.01, b: 0.004, rho: 0, m: 0, sigma: 0.1 });
    const far = sviSmile({ a: 0.01, b: 0.02, rho: 0, m: 0, sigma: 1 });
    const found = sviCalendarMinima(near, far);
    expect(found).toHaveLength(2);
    // D' = 0 where 0.02 r2 = 0.004 r1: 25 (k^2 + 0.01) = k^2 + 1.
    const place = Math.sqrt(0.75 / 24);
    expect(found[0]).toBeCloseTo(-place, 8);
    expect(found[1]).toBeCloseTo(place, 8);
  });

  it('does not call a touch a crossing', () => {
    // D = 0.02 (r - 1) with r = sqrt(k^2 + 1): zero at k = 0 only.
    const near = sviSmile({ a: 0.03, b: 0.02, rho: 0, m: 0, sigma: 1 });
    expect(sviCalendar(near, sviSmile({ a: 0.01, b: 0.04, rho: 0, m: 0, sigma: 1 }))).toMatchObject({ isCalendarFree: true, minimumDifference: 0, minimumAt: 0, crossings: new Float64Array(0) });
  });

  it('refuses parameters out of range', () => {
    const smile = sviSmile({ a: 0.01, b: 0.1, rho: -0.4, m: 0.02, sigma: 0.1 });
    expect(() => sviCalendar(smile, { ...smile, sigma: -1 })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => sviCalendar({ ...smile, rho: 2 }, smile)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
