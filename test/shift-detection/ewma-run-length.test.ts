import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { normalCdf } from '../../src/core/special-functions.ts';
import { ewmaForRunLength, ewmaRunLength } from '../../src/shift-detection/ewma-run-length.ts';
import { Ewma } from '../../src/shift-detection/ewma.ts';

describe('ewmaRunLength', () => {
  it('is 1 / P(|z| > L) for the Shewhart chart, lambda 1', () => {
    for (const shift of [0, 1.5]) {
      expect(ewmaRunLength({ lambda: 1, threshold: 3, shift })).toBeCloseTo(1 / (normalCdf(-3 - shift) + normalCdf(-3 + shift)), 7);
    }
  });

  // Lucas and Saccucci (1990), table 3: designs with a run length of 500 in control, and what they take to find a shift of one standard deviation.
  it.each([[0.4, 3.054, 14.3], [0.25, 2.998, 11.1], [0.1, 2.814, 10.3]])('agrees with the published designs: lambda %d, L %d', (lambda, threshold, shifted) => {
    expect(Math.abs(ewmaRunLength({ lambda, threshold }) - 500)).toBeLessThan(3);
    expect(Math.abs(ewmaRunLength({ lambda, threshold, shift: 1 }) - shifted)).toBeLessThan(0.15);
  });

  it('is the mean run length of the detector itself, on independent normal values', () => {
    const random = randomStream(1, 'ewma run length');
    const chart = new Ewma({ mean: 0, standardDeviation: 1, lambda: 0.1, threshold: 2 });
    const n = 200_000;
    let alarms = 0;
    for (let i = 0; i < n; i++) if (chart.update(random.normal()).alarm) alarms++;
    expect(Math.abs(n / alarms / ewmaRunLength({ lambda: 0.1, threshold: 2 }) - 1)).toBeLessThan(0.06); // 2700 alarms: a standard error of 1.9 %
  });

  it.each([{ threshold: 0 }, { threshold: 3, lambda: 0 }, { threshold: 3, lambda: 1.1 }, { threshold: 3, shift: NaN }])('refuses %j', (options) => {
    expect(() => ewmaRunLength(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('ewmaForRunLength', () => {
  it.each([[500, 0.1, 2.814], [370.398, 1, 3], [2, 0.5, NaN], [1e6, 0.2, NaN], [500, 0.02, NaN]])('inverts the run length at %d, lambda %d', (targetRunLength, lambda, threshold) => {
    const options = ewmaForRunLength({ targetRunLength, lambda });
    expect(Math.abs(ewmaRunLength(options) / targetRunLength - 1)).toBeLessThan(1e-6);
    if (threshold === threshold) expect(Math.abs(options.threshold - threshold)).toBeLessThan(6e-4); // published to three decimals
    expect(() => new Ewma({ mean: 0, standardDeviation: 1, ...options })).not.toThrow();
  });

  it.each([{ targetRunLength: 1 }, { targetRunLength: 500, lambda: 2 }])('refuses %j', (options) => {
    expect(() => ewmaForRunLength(options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
