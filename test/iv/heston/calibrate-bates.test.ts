import { describe, expect, it } from 'vitest';
import { type BatesParameters, batesSurface } from '../../../src/iv/heston/bates.ts';
import { calibrateBates, calibrateBatesSync, calibrateBatesTask } from '../../../src/iv/heston/calibrate-bates.ts';
import { calibrateHestonSync } from '../../../src/iv/heston/calibrate.ts';
import { daxGrid } from './calibration-data.ts';

const model: BatesParameters = { initialVariance: 0.04, meanReversion: 2, longRunVariance: 0.06, volOfVariance: 0.5, correlation: -0.6, jumpIntensity: 0.5, meanLogJump: -0.15, logJumpDeviation: 0.1 };
const expiryYears = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2];
const logMoneyness = expiryYears.map((T) => [-2, -1.5, -1, -0.5, -0.2, 0, 0.2, 0.5, 1].map((z) => 0.25 * z * Math.sqrt(T)));
const { annualizedVol } = batesSurface(model, { expiryYears, logMoneyness }, { tolerance: 1e-12 });
const quotes = { expiryYears, logMoneyness, annualizedVol: expiryYears.map((_, e) => annualizedVol.slice(9 * e, 9 * e + 9)) };

describe('calibrateBates', () => {
  it('recovers a model with jumps from starts read off the quotes', () => {
    const fit = calibrateBatesSync(quotes);
    expect(fit.kind).toBe('bates-calibration');
    expect(fit.status).toBe('converged');
    for (const [name, value] of Object.entries(model)) expect(fit.parameters![name as keyof BatesParameters] / value).toBeCloseTo(1, 6);
    expect(fit.conditionNumber).toBeGreaterThan(30); // jumps, their size and the correlation do much the same
  });

  it('fits DAX of 5 July 2002 four times as closely as Heston', () => {
    const jumps = calibrateBatesSync(daxGrid, { quoteStarts: 1 });
    const heston = calibrateHestonSync(daxGrid, { quoteStarts: 1 });
    expect(jumps.status).toBe('converged');
    expect(jumps.objective).toBeLessThan(38.84);
    expect(jumps.objective! * 4).toBeLessThan(heston.objective!);
    expect(jumps.parameters!.meanLogJump).toBeLessThan(-0.2);
    expect(jumps.standardErrors!.jumpIntensity).toBeGreaterThan(0);
  });

  it('is Heston when the jumps are fixed at a rate of 0', () => {
    const none = calibrateBatesSync(daxGrid, { quoteStarts: 1, fixed: { jumpIntensity: 0, meanLogJump: 0, logJumpDeviation: 0 } });
    expect(none.objective).toBeCloseTo(177.2333336, 4);
    expect(none.parameters).toMatchObject({ jumpIntensity: 0 });
    expect(none.standardErrors).toMatchObject({ jumpIntensity: null });
  });

  it('checks its starts and options, and runs as a task', async () => {
    expect(() => calibrateBatesSync(quotes, { starts: [{ ...model, jumpIntensity: -1 }] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => calibrateBatesSync(quotes, { bounds: { meanLogJump: [0.5, -0.5] } })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const few = { expiryYears: [1], logMoneyness: [[0, 0.1]], annualizedVol: [[0.2, 0.2]] };
    expect((await calibrateBates(few)).status).toBe('too-few-quotes');
    expect(calibrateBatesTask(few).next()).toMatchObject({ done: true, value: { kind: 'bates-calibration' } });
  });
});
