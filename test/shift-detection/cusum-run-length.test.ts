import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { cusumForRunLength, cusumRunLength } from '../../src/shift-detection/cusum-run-length.ts';
import { Cusum } from '../../src/shift-detection/cusum.ts';

interface Case {
  id: string;
  kind: string;
  params: { k: number; h: number; target_two_sided_arl0: number };
  expected: { one_sided_arl0: number; two_sided_arl0: number; one_sided_arl_shift: Record<string, number>; h: number };
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/cusum_arl.json', import.meta.url), 'utf8')) as { cases: Case[] };
const named = (kind: string): [string, Case][] => cases.filter((c) => c.kind === kind).map((c) => [c.id, c]);
const TOLERANCE = 1e-8; // the fixture holds nine digits

function expectRelative(actual: number, expected: number, tolerance = TOLERANCE): void {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(tolerance);
}

describe('cusumRunLength', () => {
  it.each(named('arl'))('%s: one-sided, two-sided and after a shift', (_, { params: { k: slack, h: threshold }, expected }) => {
    expectRelative(cusumRunLength({ slack, threshold, mode: 'up' }), expected.one_sided_arl0);
    expectRelative(cusumRunLength({ slack, threshold, mode: 'down' }), expected.one_sided_arl0);
    expectRelative(cusumRunLength({ slack, threshold }), expected.two_sided_arl0);
    for (const [shift, runLength] of Object.entries(expected.one_sided_arl_shift)) {
      expectRelative(cusumRunLength({ slack, threshold, shift: Number(shift), mode: 'up' }), runLength);
      expectRelative(cusumRunLength({ slack, threshold, shift: -Number(shift), mode: 'down' }), runLength);
    }
  });

  it('agrees with the published 168 and 465 of Montgomery, table 9.3', () => {
    expect(cusumRunLength({ slack: 0.5, threshold: 4 })).toBeCloseTo(168, -0.5);
    expect(cusumRunLength({ slack: 0.5, threshold: 5 })).toBeCloseTo(465, -0.5);
  });

  it('trap of river #1914: k = 0.5, h = 5 alarms in about 88 % of unchanged streams of 1000', () => {
    // Run lengths are close to exponential.
    expect(1 - Math.exp(-1000 / cusumRunLength({ threshold: 5 }))).toBeCloseTo(0.88, 2);
  });

  it('is the mean run length of the detector itself, on independent normal values', () => {
    const random = randomStream(1, 'cusum run length');
    const chart = new Cusum({ mean: 0, standardDeviation: 1, slack: 0.5, threshold: 3 });
    const n = 200_000;
    let alarms = 0;
    for (let i = 0; i < n; i++) if (chart.update(random.normal()).alarm) alarms++;
    expectRelative(n / alarms, cusumRunLength({ threshold: 3 }), 0.05); // 3400 alarms: a standard error of 1.7 %
  });

  it('grows with threshold and slack and is the same for shifts of either sign', () => {
    const range = { noNaN: true };
    fc.assert(fc.property(fc.double({ min: 0.5, max: 8, ...range }), fc.double({ min: 0.1, max: 1, ...range }), fc.double({ min: 0, max: 2, ...range }), (threshold, slack, shift) => {
      const runLength = cusumRunLength({ threshold, slack, shift });
      expect(cusumRunLength({ threshold: threshold + 0.1, slack, shift })).toBeGreaterThan(runLength);
      expect(cusumRunLength({ threshold, slack: slack + 0.05, shift })).toBeGreaterThan(runLength);
      expectRelative(cusumRunLength({ threshold, slack, shift: -shift }), runLength, 1e-9);
    }), { numRuns: 15 });
  });

  it('is infinite where the shift leads away from the alarm, never negative', () => {
    expect(cusumRunLength({ threshold: 8, shift: -2, mode: 'up' })).toBe(Infinity);
    expect(cusumRunLength({ threshold: 8, shift: -2 })).toBeCloseTo(6.0092556, 6); // the other side of the fixture
  });

  it.each([{ threshold: 0 }, { threshold: NaN }, { threshold: 5, slack: -1 }, { threshold: 5, shift: 11 }, { threshold: 5, mode: 'left' as 'up' }])('refuses %j', (options) => {
    expect(() => cusumRunLength(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('cusumForRunLength', () => {
  it.each(named('threshold_for_arl'))('%s: the threshold of a target', (_, { params: { k, target_two_sided_arl0: targetRunLength }, expected }) => {
    const options = cusumForRunLength({ targetRunLength, shift: 2 * k });
    expect(options.slack).toBe(k);
    expectRelative(options.threshold, expected.h);
    expectRelative(cusumRunLength(options), targetRunLength, 1e-7);
  });

  it.each([[2, 1], [2, 0.05], [500, 0.05], [5000, 3], [1e6, 1], [1e6, 6]])('inverts the run length at %d and shift %d', (targetRunLength, shift) => {
    // One side alone never alarms as often as every second value.
    for (const mode of targetRunLength === 2 ? (['both'] as const) : (['both', 'up', 'down'] as const)) expectRelative(cusumRunLength(cusumForRunLength({ targetRunLength, shift, mode })), targetRunLength, 1e-6);
  });

  it('makes options of the detector, whose rate of false alarms is the stated one (engine 5: no control of it, 64 % at n = 500)', () => {
    const options = cusumForRunLength({ targetRunLength: 2000 });
    const runs = 250;
    let alarmed = 0;
    for (let r = 0; r < runs; r++) {
      const random = randomStream(r, 'engine 5');
      const values = Float64Array.from({ length: 500 }, random.normal);
      if (new Cusum({ mean: 0, standardDeviation: 1, ...options }).updateMany(values).length > 0) alarmed++;
    }
    expect(alarmed / runs).toBeGreaterThan(0.14); // 1 - exp(-1/4) = 0.22, standard error 0.026
    expect(alarmed / runs).toBeLessThan(0.3);
  });

  it.each([{ targetRunLength: 1 }, { targetRunLength: 500, shift: 0 }, { targetRunLength: NaN }])('refuses %j', (options) => {
    expect(() => cusumForRunLength(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('names the nearest option', () => {
    expect(() => cusumForRunLength({ targetRunlength: 500 } as never)).toThrow(/targetRunLength/);
  });
});
