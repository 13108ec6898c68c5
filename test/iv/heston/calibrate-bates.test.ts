import { describe, expect, it } from 'vitest';
import { levenbergMarquardt, type LeastSquaresSolver } from '../../../src/core/levenberg-marquardt.ts';
import { type BatesParameters, batesSurface } from '../../../src/iv/heston/bates.ts';
import { calibrateBates, calibrateBatesSync, calibrateBatesTask } from '../../../src/iv/heston/calibrate-bates.ts';
import { calibrateHestonSync } from '../../../src/iv/heston/calibrate.ts';
import { daxGrid, withNoise } from './calibration-data.ts';

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

  it('recovers it from starts far off: many small jumps, few and wide ones, upward ones, another diffusion', () => {
    const other = { initialVariance: 0.02, meanReversion: 8, longRunVariance: 0.15, volOfVariance: 2, correlation: -0.2, logJumpDeviation: 0.2 };
    const starts: BatesParameters[] = [
      { ...model, jumpIntensity: 2, meanLogJump: -0.02, logJumpDeviation: 0.05 },
      { ...model, jumpIntensity: 2, meanLogJump: -0.3, logJumpDeviation: 0.3 },
      { ...model, meanLogJump: 0.1 },
      { ...other, jumpIntensity: 1, meanLogJump: -0.02 },
      { ...other, jumpIntensity: 1, meanLogJump: -0.1 },
    ];
    for (const start of starts) {
      const fit = calibrateBatesSync(quotes, { starts: [start] });
      expect(fit.status).toBe('converged');
      expect(fit.rmseVol).toBeLessThan(1e-10);
      for (const [name, value] of Object.entries(model)) expect(fit.parameters![name as keyof BatesParameters] / value).toBeCloseTo(1, 6);
    }
  });

  it('says so when a start ends in another minimum: one great crash in twenty years', () => {
    const crash = { ...model, initialVariance: 0.1, volOfVariance: 1.2, correlation: 0.3, jumpIntensity: 0.05, meanLogJump: -0.4, logJumpDeviation: 0.4 };
    const fit = calibrateBatesSync(quotes, { starts: [crash, model] });
    expect(fit.starts[0].objective).toBeGreaterThan(1);
    expect(fit.starts[1].objective).toBe(0);
    expect(fit.rmseVol).toBeLessThan(1e-10);
    expect(fit.warnings).toContain('starts-disagree');
  });

  it('has standard errors that cover the truth, the jumps included', () => {
    const names = Object.keys(model) as (keyof BatesParameters)[];
    const clean = { expiryYears, logMoneyness, annualizedVol: quotes.annualizedVol.map((vols) => Array.from(vols)) };
    const runs = 60;
    const squares = new Float64Array(8);
    for (let seed = 0; seed < runs; seed++) {
      const { parameters, standardErrors } = calibrateBatesSync(withNoise(clean, 2e-4, seed), { starts: [model] });
      names.forEach((name, j) => {
        squares[j] += ((parameters![name] - model[name]) / standardErrors![name]!) ** 2;
      });
    }
    // The mean of 60 squares of a normal is 1 +- 0.18; three of these, and Student's t of 55 degrees of freedom.
    for (const sum of squares) {
      expect(sum / runs).toBeGreaterThan(0.45);
      expect(sum / runs).toBeLessThan(1.6);
    }
  });

  it('evaluates thousands of quotes once in a piece, the first time in several', () => {
    const years = Array.from({ length: 12 }, (_, e) => 0.05 * (e + 1));
    const strikes = years.map((T) => Array.from({ length: 100 }, (_, i) => (i - 60) * 0.01 * Math.sqrt(T)));
    const chain = batesSurface(model, { expiryYears: years, logMoneyness: strikes });
    const pieces: number[] = [];
    const watched: LeastSquaresSolver = (system, options) => {
      if (system.residualCount === 1200) pieces.push(options.maxIterations!);
      return levenbergMarquardt(system, options);
    };
    const annualizedVol = years.map((_, e) => chain.annualizedVol.slice(100 * e, 100 * e + 100).map((vol, i) => vol + 0.002 * Math.cos(i)));
    const phases: string[] = [];
    const task = calibrateBatesTask({ expiryYears: years, logMoneyness: strikes, annualizedVol }, { solver: watched, quoteStarts: 1 });
    for (const { phase } of task) phases.push(phase);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces).toEqual(Array.from(pieces, (_, i) => i + 1)); // one iteration more each time
    const whole = calibrateBatesSync({ expiryYears: years, logMoneyness: strikes, annualizedVol }, { quoteStarts: 1 });
    expect(pieces.at(-1)).toBe(whole.iterations - whole.starts[0].iterations); // no iteration is lost to the pieces
    expect(phases.filter((phase) => phase === 'solver').length).toBeGreaterThan(pieces.length);
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
