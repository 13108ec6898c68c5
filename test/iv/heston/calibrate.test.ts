import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { mlLevenbergMarquardt } from '../../../src/core/least-squares.ts';
import { levenbergMarquardt, type LeastSquaresSolver } from '../../../src/core/levenberg-marquardt.ts';
import { calibrateHeston, calibrateHestonSync, calibrateHestonTask, type HestonCalibration } from '../../../src/iv/heston/calibrate.ts';
import { calibrationRows } from '../../../src/iv/heston/calibration-result.ts';
import { hestonImpliedVol } from '../../../src/iv/heston/implied-vol.ts';
import { HESTON_PARAMETER_NAMES, type HestonParameters } from '../../../src/iv/heston/parameters.ts';
import { chainToSmiles } from '../../../src/iv/quotes/chain-to-smiles.ts';
import { spxChain } from '../spx-chain.ts';
import { asSmiles, cuiGrid, cuiParameters, daxGrid, modelGrid, spreadOut, withNoise } from './calibration-data.ts';
import { dax, parametersOf } from './reference.ts';

const heston = (...p: number[]): HestonParameters => parametersOf(p);

/** Largest relative difference of two sets of parameters. */
function distance(found: HestonParameters | null, expected: HestonParameters): number {
  return Math.max(...HESTON_PARAMETER_NAMES.map((name) => Math.abs(found![name] / expected[name] - 1)));
}

describe('calibrateHeston on DAX of 5 July 2002', () => {
  // From (0.25, 0.5, 0.05, 0.2, -0.2) QuantLib 1.29 ends at 14,479.
  const starts = [heston(0.1, 1, 0.1, 0.5, -0.5), heston(0.25, 0.5, 0.05, 0.2, -0.2), heston(0.04, 5, 0.06, 1.2, 0.6), heston(0.01, 0.1, 0.3, 0.05, -0.95), heston(0.6, 20, 0.02, 6, 0.3)];
  const published = (dax as unknown as { calibrations: Record<string, { v0: number; kappa: number; theta: number; sigma: number; rho: number }> }).calibrations.iv_laguerre144;

  it.each(starts)('reaches the sum of squares 177.2333 from start %#', (start) => {
    const fit = calibrateHestonSync(daxGrid, { starts: [start] });
    expect(fit.status).toBe('converged');
    expect(fit.objective).toBeLessThanOrEqual(177.234);
    expect(fit.objective).toBeCloseTo(177.2333336, 4); // data/iv: recomputed to full precision
    // QuantLib stops at 1e-8 of its own measure
    expect(distance(fit.parameters, heston(published.v0, published.kappa, published.theta, published.sigma, published.rho))).toBeLessThan(1e-5);
    expect(fit.iterations).toBeLessThanOrEqual(20);
    expect(fit.pricingError).toBeLessThan(1e-7);
  });

  it('finds the same from the quotes alone, and every start agrees', () => {
    const fit = calibrateHestonSync(daxGrid);
    expect(fit.objective).toBeCloseTo(177.2333336, 4);
    expect(fit.starts.map(({ origin }) => origin)).toEqual(['quotes', 'quotes', 'quotes']);
    expect(fit.startsAtBest).toBe(3);
    expect(fit.weighting).toBe('uniform'); // no bid and ask in a grid
    expect(fit.warnings).toEqual(['feller-violated']);
    expect(fit.iterations).toBe(fit.starts.reduce((sum, run) => sum + run.iterations, 0));
  });

  it('states the residuals that it squared, in the order of the quotes', () => {
    const fit = calibrateHestonSync(daxGrid, { starts: [starts[0]] });
    const rows = calibrationRows(fit);
    expect(rows).toHaveLength(104);
    let squares = 0;
    for (const [i, row] of rows.entries()) {
      const [e, j] = [Math.floor(i / 13), i % 13];
      expect(row.marketVol).toBe(dax.vols[j][e]);
      const { annualizedVol } = hestonImpliedVol(fit.parameters!, { forward: 1, strike: Math.exp(row.logMoneyness), expiryYears: row.expiryYears });
      expect(row.modelVol).toBeCloseTo(annualizedVol, 7); // the stated pricing error
      expect(row.volError).toBeCloseTo(annualizedVol - dax.vols[j][e], 7);
      expect(row.residual).toBeCloseTo(100 * row.volError!, 10);
      squares += row.volError! ** 2;
    }
    expect(fit.rmseVol).toBeCloseTo(Math.sqrt(squares / 104), 10);
    expect(fit.objective).toBeCloseTo(1e4 * squares, 7);
    expect(fit.worstVolError).toBe(Math.max(...rows.map((row) => Math.abs(row.volError!))));
  });

  it('reaches the same minimum with the library as solver', () => {
    const fit = calibrateHestonSync(daxGrid, { starts: [starts[0]], solver: mlLevenbergMarquardt });
    expect(fit.status).toBe('converged');
    expect(fit.objective).toBeCloseTo(177.2333336, 4);
  });
});

describe('calibrateHeston on quotes of a model', () => {
  it('recovers Cui, del Bano Rollin and Germano (2017) to nine digits within 20 iterations', () => {
    const fit = calibrateHestonSync(cuiGrid, { starts: [heston(0.2, 1.2, 0.2, 0.3, -0.6)] });
    expect(fit.status).toBe('converged');
    expect(distance(fit.parameters, cuiParameters)).toBeLessThan(1e-9);
    expect(fit.iterations).toBeLessThanOrEqual(10); // a fit that is exact to the noise of prices ends at once
    expect(fit.fellerRatio).toBeCloseTo(9.6, 6);
    expect(fit.warnings).toEqual([]);
  });

  it('recovers models of all kinds from starts read off the quotes', () => {
    const log = (low: number, high: number): fc.Arbitrary<number> => fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);
    const model = fc.tuple(log(0.005, 0.5), log(0.2, 15), log(0.01, 0.4), log(0.05, 4), fc.double({ min: -0.995, max: 0.9, noNaN: true }).filter((rho) => Math.abs(rho) > 1e-3));
    fc.assert(
      fc.property(model, (p) => {
        const expected = parametersOf(p);
        const fit = calibrateHestonSync(spreadOut(expected));
        expect(fit.status).toBe('converged');
        expect(fit.rmseVol).toBeLessThan(1e-10);
        // Rounding of 1e-13 in the volatilities, times the condition number, over the smallest parameter.
        expect(distance(fit.parameters, expected)).toBeLessThan(1e-5);
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  it.each(['vol', 'price-over-vega', 'relative-price'] as const)('recovers the model by residuals in %s', (residual) => {
    const fit = calibrateHestonSync(cuiGrid, { residual });
    expect(fit.status).toBe('converged');
    expect(distance(fit.parameters, cuiParameters)).toBeLessThan(1e-8);
  });

  it('ends its search at a start that fits to the noise of prices', () => {
    const fit = calibrateHestonSync(cuiGrid);
    expect(fit.starts).toHaveLength(1);
    expect(fit.starts[0].objective).toBe(0);
    expect(fit.rmseVol).toBeLessThan(1e-10);
    expect(fit.warnings).toEqual([]);
  });

  it('integrates options one by one where a shared curve has too few digits (correlation near -1)', () => {
    const model = heston(0.04, 2, 0.06, 0.6, -0.9985);
    const fit = calibrateHestonSync(spreadOut(model));
    expect(fit.status).toBe('converged');
    expect(distance(fit.parameters, model)).toBeLessThan(1e-6);
    expect(fit.pricingError).toBeLessThan(1e-10);
  });

  it('and where even a finer curve has too few (0.99999)', () => {
    const model = heston(0.053, 0.239, 0.186, 1.46, 0.99999);
    const expiryYears = [0.1, 0.5, 2];
    const logMoneyness = expiryYears.map((T) => [-0.3, -0.2, -0.1, 0, 0.2, 0.5, 1, 1.5].map((z) => z * Math.sqrt(model.longRunVariance * T)));
    const fit = calibrateHestonSync(modelGrid(model, expiryYears, logMoneyness), { starts: [heston(0.063, 0.239, 0.186, 1.6, 0.99999)], bounds: { correlation: [-1, 1] } });
    expect(fit.status).toBe('converged');
    expect(fit.rmseVol).toBeLessThan(1e-11);
    expect(fit.pricingError).toBeLessThan(1e-11);
  });

  it('refuses points at which a price is among the smallest doubles and its slope none', () => {
    // Calls far out under a correlation of -0.9999 exist with probabilities of 1e-300.
    const model = heston(0.04, 0.5, 0.06, 1.5, -0.9999);
    const fit = calibrateHestonSync(spreadOut(model), { fixed: { correlation: -0.9999 }, starts: [heston(0.1, 1, 0.1, 1, -0.9999)] });
    expect(fit.status).toBe('converged');
    expect(distance(fit.parameters, model)).toBeLessThan(1e-8);
    expect(fit.missingCount).toBeGreaterThan(0);
  });

  it('has standard errors that cover the truth: two of them in 95 of 100 noisy surfaces', () => {
    const model = heston(0.05, 2.5, 0.08, 0.7, -0.6);
    const clean = spreadOut(model);
    const runs = 200;
    const covered = new Float64Array(5);
    const squares = new Float64Array(5);
    for (let seed = 0; seed < runs; seed++) {
      const { parameters, standardErrors } = calibrateHestonSync(withNoise(clean, 0.002, seed), { starts: [model] });
      HESTON_PARAMETER_NAMES.forEach((name, j) => {
        const z = (parameters![name] - model[name]) / standardErrors![name]!;
        if (Math.abs(z) <= 2) covered[j]++;
        squares[j] += z * z;
      });
    }
    for (let j = 0; j < 5; j++) {
      // 95.0 % for Student t with 51 degrees of freedom, +-3 standard errors of 200 draws: 4.6 %
      expect(covered[j] / runs).toBeGreaterThan(0.904);
      expect(covered[j] / runs).toBeLessThan(0.996);
      expect(squares[j] / runs).toBeGreaterThan(0.7);
      expect(squares[j] / runs).toBeLessThan(1.35);
    }
  });
});

describe('honest ends', () => {
  it('never scores a model without prices (engine.md 14, defect 2: all-NaN parameters scored 0, the best)', () => {
    // Quotes 5 deviations out under a variance of 1e-6 a year: prices are 0, volatilities do not exist.
    const quotes = { expiryYears: [0.02, 0.5], logMoneyness: [[-0.4, -0.2, 0, 0.1], [-0.4, -0.2, 0, 0.2]], annualizedVol: [[0.8, 0.5, 0.3, 0.3], [0.4, 0.35, 0.3, 0.28]] };
    const hopeless = heston(1e-6, 1, 1e-6, 1e-3, 0);
    const alone = calibrateHestonSync(quotes, { starts: [hopeless] });
    expect(alone.status).toBe('no-finite-start');
    expect(alone.parameters).toBeNull();
    expect(alone.objective).toBeNull();
    expect(alone.starts[0]).toMatchObject({ reason: 'no-finite-start', found: null, objective: null });
    const both = calibrateHestonSync(quotes, { starts: [hopeless, heston(0.1, 1, 0.1, 0.8, -0.5)] });
    expect(both.status).toBe('converged');
    expect(both.starts[0].found).toBeNull();
    expect(both.objective).toBeGreaterThan(0);
    expect(both.startsAtBest).toBe(1);
    expect(both.warnings).toContain('starts-disagree');
  });

  it('refuses a step to parameters at which one quote has no price', () => {
    const quotes = { expiryYears: [0.02, 0.5], logMoneyness: [[-0.4, -0.2, 0, 0.1], [-0.4, -0.2, 0, 0.2]], annualizedVol: [[0.8, 0.5, 0.3, 0.3], [0.4, 0.35, 0.3, 0.28]] };
    let answer: { allowed: boolean; residuals: Float64Array } | null = null;
    const probing: LeastSquaresSolver = (system, options) => {
      const residuals = new Float64Array(system.residualCount);
      const dead = Float64Array.of(Math.log(1e-6), 0, Math.log(1e-6), Math.log(1e-3), 0);
      answer ??= { allowed: system.evaluate(dead, residuals, null), residuals };
      return levenbergMarquardt(system, options);
    };
    calibrateHestonSync(quotes, { solver: probing });
    expect(answer!.allowed).toBe(false);
    expect(answer!.residuals.every(Number.isNaN)).toBe(true);
  });

  it('counts missing quotes and fits as if they had not been given', () => {
    const annualizedVol = daxGrid.annualizedVol.map((vols) => Array.from(vols));
    annualizedVol[0][3] = NaN;
    annualizedVol[2][5] = 0;
    annualizedVol[3][5] = -0.2;
    annualizedVol[7][12] = Infinity;
    const gaps = calibrateHestonSync({ ...daxGrid, annualizedVol }, { quoteStarts: 1 });
    const isKept = (e: number, i: number): boolean => annualizedVol[e][i] > 0 && annualizedVol[e][i] < 1;
    const without = calibrateHestonSync(
      {
        expiryYears: daxGrid.expiryYears,
        logMoneyness: daxGrid.logMoneyness.map((strikes, e) => Array.from(strikes).filter((_, i) => isKept(e, i))),
        annualizedVol: annualizedVol.map((vols, e) => vols.filter((_, i) => isKept(e, i))),
      },
      { quoteStarts: 1 },
    );
    expect(gaps.parameters).toEqual(without.parameters);
    expect(gaps).toMatchObject({ missingCount: 4, usedCount: 100, unusableCount: 0 });
    expect(gaps.warnings).toContain('missing-quotes');
    const rows = calibrationRows(gaps);
    expect(rows[3]).toMatchObject({ status: 'missing', marketVol: null, modelVol: null, residual: null });
    expect(rows[7 * 13 + 12].status).toBe('missing');
    expect(gaps.quotes.residual.filter(Number.isFinite)).toHaveLength(100);
  });

  it('gives a status to every bad quote and never throws for one', () => {
    const quotes = {
      expiryYears: [0, -1, NaN, 0.5, 1, 1e6],
      logMoneyness: [[0], [0], [0.1], [-0.2, -0.1, 0, 0.1, NaN, 50], [-0.2, 0, 0.2], [0]],
      annualizedVol: [[0.2], [0.2], [0.2], [0.25, 0.22, 0.2, 0.19, 0.2, 0.2], [0.24, 0.2, 0.18], [0.2]],
    };
    const fit = calibrateHestonSync(quotes);
    expect(calibrationRows(fit).map(({ status }) => status)).toEqual(['unusable', 'unusable', 'unusable', 'used', 'used', 'used', 'used', 'missing', 'unusable', 'used', 'used', 'used', 'unusable']);
    expect(fit).toMatchObject({ usedCount: 7, missingCount: 1, unusableCount: 5 });
    expect(fit.parameters).not.toBeNull();
  });

  it('says when there are fewer quotes than parameters', () => {
    const few = { expiryYears: [1], logMoneyness: [[-0.1, 0, 0.1, 0.2]], annualizedVol: [[0.22, 0.2, 0.19, 0.19]] };
    expect(calibrateHestonSync(few)).toMatchObject({ status: 'too-few-quotes', parameters: null, usedCount: 4, starts: [] });
    expect(calibrateHestonSync({ expiryYears: [], logMoneyness: [], annualizedVol: [] }).status).toBe('too-few-quotes');
    expect(calibrateHestonSync([]).status).toBe('too-few-quotes');
    const fixed = calibrateHestonSync(few, { fixed: { meanReversion: 2, longRunVariance: 0.04 } });
    expect(fixed.status).toBe('converged');
    expect(fixed.parameters).toMatchObject({ meanReversion: 2, longRunVariance: 0.04 });
    expect(fixed.standardErrors).toMatchObject({ meanReversion: null, longRunVariance: null });
    expect(fixed.standardErrors!.initialVariance).toBeGreaterThan(0);
  });

  it('says when it ran out of iterations, and is never worse than its start', () => {
    const start = heston(0.1, 1, 0.1, 0.5, -0.5);
    const short = calibrateHestonSync(daxGrid, { starts: [start], maxIterations: 3 });
    expect(short.status).toBe('max-iterations');
    expect(short.iterations).toBe(3);
    expect(short.objective).toBeGreaterThan(177.3);
    const none = calibrateHestonSync(daxGrid, { starts: [start], maxIterations: 1 });
    expect(short.objective!).toBeLessThan(none.objective!);
  });

  it('keeps the best of its starts, in whatever order', () => {
    const [good, bad] = [heston(0.19, 15, 0.075, 3.3, -0.5), heston(0.01, 0.1, 0.3, 0.05, -0.95)];
    for (const starts of [[good, bad], [bad, good]]) {
      const fit = calibrateHestonSync(daxGrid, { starts, maxIterations: 2 });
      expect(fit.objective).toBeCloseTo(Math.min(...fit.starts.map((run) => run.objective!)), 4);
      expect(fit.objective).toBeLessThan(180);
      expect(fit.startsAtBest).toBe(1);
      expect(fit.warnings).toContain('starts-disagree');
    }
  });

  it('gives its own starts tails fat enough for the quotes, and leaves those of the caller', () => {
    // A quote at e^-3 of the forward four days ahead: under a volatility of variance of 0.6 its price is no double.
    const quotes = { expiryYears: [0.01, 1], logMoneyness: [[-3, -0.1, 0, 0.1], [-0.3, 0, 0.3]], annualizedVol: [[6, 0.5, 0.1, 0.3], [0.25, 0.2, 0.2]] };
    const own = calibrateHestonSync(quotes, { quoteStarts: 1 });
    expect(own.starts[0].start.volOfVariance).toBeGreaterThan(0.6);
    expect(own.status).not.toBe('no-finite-start');
    expect(calibrateHestonSync(quotes, { starts: [{ ...own.starts[0].start, volOfVariance: 0.6 }] }).status).toBe('no-finite-start');
  });

  it('starts over on all quotes when the minimum on the sample leaves one without a price', () => {
    const expiryYears = Array.from({ length: 20 }, (_, e) => 0.01 + 0.1 * e);
    const strikes = Array.from({ length: 15 }, (_, i) => 0.02 * (i - 7));
    const { logMoneyness, annualizedVol } = modelGrid(heston(0.04, 2, 0.04, 0.3, -0.5), expiryYears, expiryYears.map(() => strikes));
    logMoneyness[1].unshift(-12); // of an expiry that is not in the sample
    annualizedVol[1].unshift(12);
    const fit = calibrateHestonSync({ expiryYears, logMoneyness, annualizedVol }, { quoteStarts: 1 });
    expect(fit.usedCount).toBe(301);
    expect(fit.status).not.toBe('no-finite-start');
    expect(fit.parameters!.volOfVariance).toBeGreaterThan(0.4);
    expect(fit.starts[0].objective).toBeCloseTo(fit.objective!, 2); // stated on all quotes
  });

  it('breaks the work into pieces, each further from the same start', () => {
    const pieces: number[] = [];
    const stuck: LeastSquaresSolver = (system, options) => {
      pieces.push(options.maxIterations!);
      const fit = levenbergMarquardt(system, { ...options, maxIterations: 1 });
      return { ...fit, parameters: Float64Array.from(options.initial), cost: 1, iterations: options.maxIterations!, reason: 'max-iterations', converged: false };
    };
    const phases = Array.from(calibrateHestonTask(daxGrid, { quoteStarts: 1, solver: stuck, maxIterations: 1000 }), ({ phase }) => phase);
    expect(pieces).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    expect(phases).toContain('solver');
  });

  it('tells a solver that got stuck from one that had nothing left to gain', () => {
    const doubtful: LeastSquaresSolver = (system, options) => ({ ...levenbergMarquardt(system, options), reason: 'no-improvement', converged: false });
    expect(calibrateHestonSync(daxGrid, { quoteStarts: 1, solver: doubtful }).status).toBe('stalled');
    expect(calibrateHestonSync(cuiGrid, { quoteStarts: 1, solver: doubtful }).status).toBe('converged');
  });

  it('fixed at a variance of 0 there are no prices, and it says so', () => {
    expect(calibrateHestonSync(daxGrid, { fixed: { initialVariance: 0, longRunVariance: 0 } }).status).toBe('no-finite-start');
  });

  it('shows that one expiry leaves mean reversion and long-run variance open', () => {
    const one = spreadOut(heston(0.05, 2.5, 0.08, 0.7, -0.6));
    const fit = calibrateHestonSync({ expiryYears: [1], logMoneyness: [one.logMoneyness[4]], annualizedVol: [one.annualizedVol[4]] });
    expect(fit.rmseVol).toBeLessThan(1e-4);
    expect(fit.conditionNumber).toBeGreaterThan(100);
    expect(fit.warnings).toContain('ill-conditioned');
    const direction = fit.weakestDirection!;
    expect(Math.max(...Object.values(direction).map(Math.abs))).toBe(1);
  });
});

describe('options of calibrateHeston', () => {
  const start = heston(0.1, 1, 0.1, 0.5, -0.5);

  it('weighs by the spread: residuals are half spreads, the edge of bid and ask is 1', () => {
    const half = (e: number, i: number): number => 0.002 + 0.001 * ((3 * e + i) % 4);
    const smiles = asSmiles(daxGrid, half);
    const bySpread = calibrateHestonSync(smiles, { starts: [start] });
    expect(bySpread.weighting).toBe('spread');
    const weights = smiles.map((_, e) => dax.strikes.map((_, i) => 0.01 / half(e, i))); // explicit weights multiply points of volatility
    const explicit = calibrateHestonSync(daxGrid, { starts: [start], weights });
    expect(explicit.weighting).toBe('explicit');
    expect(distance(bySpread.parameters, explicit.parameters!)).toBeLessThan(1e-7);
    expect(bySpread.objective).toBeCloseTo(explicit.objective!, 6);
    const rows = calibrationRows(bySpread);
    rows.forEach((row, i) => expect(row.residual).toBeCloseTo(row.volError! / half(Math.floor(i / 13), i % 13), 9));
    expect(bySpread.insideShare).toBe(rows.filter((row) => Math.abs(row.residual!) <= 1).length / 104);
    expect(rows[0].strike).toBeCloseTo(100 * Math.exp(rows[0].logMoneyness), 12);
  });

  it('a locked quote counts a quarter of the median spread, one without a side the median', () => {
    const smiles = asSmiles(daxGrid, () => 0.004);
    smiles[0].bidVol[0] = smiles[0].midVol[0];
    smiles[0].askVol[0] = smiles[0].midVol[0];
    smiles[1].bidVol[1] = NaN;
    smiles[2].bidVol.fill(NaN);
    const { quotes } = calibrateHestonSync(smiles, { starts: [start], maxIterations: 1 });
    const weightOf = (row: number): number => quotes.residual[row] / quotes.volError[row];
    expect(weightOf(0)).toBeCloseTo(1 / 0.001, 6);
    expect(weightOf(1)).toBeCloseTo(1 / 0.004, 6);
    expect(weightOf(13 + 1)).toBeCloseTo(1 / 0.004, 6);
    expect(weightOf(26)).toBeCloseTo(1 / 0.004, 6);
  });

  it('weights of price residuals are in the unit of the price', () => {
    const smiles = asSmiles(cuiGrid, () => 0.003).map((smile, e) => ({ ...smile, midVol: smile.midVol.map((vol, i) => vol + 1e-4 * ((e + i) % 3)) }));
    const byVol = calibrateHestonSync(smiles, { starts: [cuiParameters] });
    for (const residual of ['price-over-vega', 'relative-price'] as const) {
      const byPrice = calibrateHestonSync(smiles, { starts: [cuiParameters], residual });
      // To first order all three are (model - mid) / half spread.
      expect(byPrice.objective! / byVol.objective!).toBeCloseTo(1, 2);
      expect(distance(byPrice.parameters, byVol.parameters!)).toBeLessThan(0.02);
    }
  });

  it('vega weights are relative to the largest vega of all expiries', () => {
    const { quotes } = calibrateHestonSync(daxGrid, { starts: [start], weights: 'vega', maxIterations: 1 });
    const vega = (row: number): number => {
      const s = quotes.marketVol[row] * Math.sqrt(quotes.expiryYears[row]);
      const d = -quotes.logMoneyness[row] / s;
      return Math.sqrt(quotes.expiryYears[row]) * Math.exp(-(d * d + (s * s) / 4) / 2);
    };
    const weights = Array.from(quotes.residual, (residual, row) => residual / quotes.volError[row]);
    expect(Math.max(...weights)).toBeCloseTo(100, 9);
    weights.forEach((weight, row) => expect(weight / weights[60]).toBeCloseTo(vega(row) / vega(60), 9));
  });

  it('a weight of 0 leaves a quote out', () => {
    const weights = dax.T.map((_, e) => dax.strikes.map((_, i) => (e === 0 && i === 0 ? 0 : 1)));
    const annualizedVol = daxGrid.annualizedVol.map((vols, e) => Array.from(vols, (vol, i) => (e === 0 && i === 0 ? NaN : vol)));
    const unweighted = calibrateHestonSync(daxGrid, { starts: [start], weights });
    expect(unweighted.parameters).toEqual(calibrateHestonSync({ ...daxGrid, annualizedVol }, { starts: [start] }).parameters);
    expect(unweighted.unweightedCount).toBe(1);
    expect(calibrationRows(unweighted)[0].status).toBe('unweighted');
  });

  it('holds fixed parameters to the bit', () => {
    const fit = calibrateHestonSync(daxGrid, { fixed: { meanReversion: 2, correlation: -1 / 3 } });
    expect(fit.parameters).toMatchObject({ meanReversion: 2, correlation: -1 / 3 });
    expect(fit.standardErrors).toMatchObject({ meanReversion: null, correlation: null });
    expect(fit.objective).toBeGreaterThan(177.3);
    expect(Object.keys(fit.weakestDirection!)).toEqual(['initialVariance', 'longRunVariance', 'volOfVariance']);
    const atMinimum = calibrateHestonSync(daxGrid, { fixed: calibrateHestonFixed(daxGrid) });
    expect(atMinimum.objective).toBeCloseTo(177.2333336, 4);
  });

  it('keeps bounds, and names those that hold the fit', () => {
    const fit = calibrateHestonSync(daxGrid, { bounds: { meanReversion: [0.5, 8], correlation: [-0.4, 0] } });
    expect(fit.parameters!.meanReversion).toBeCloseTo(8, 12);
    expect(fit.parameters!.correlation).toBeCloseTo(-0.4, 12);
    expect(fit.atBound).toEqual(['meanReversion', 'correlation']);
    expect(fit.warnings).toContain('at-bound');
    expect(fit.standardErrors).toMatchObject({ meanReversion: null, correlation: null });
    expect(fit.standardErrors!.volOfVariance).toBeGreaterThan(0);
    expect(fit.status).toBe('converged');
  });

  it('holds Feller\'s condition as a bound, whichever parameter carries it', () => {
    const held = calibrateHestonSync(daxGrid, { feller: 'hold' });
    expect(held.fellerRatio).toBeCloseTo(1, 10);
    expect(held.fellerRatio).toBeGreaterThan(1 - 1e-12);
    expect(held.atBound).toContain('fellerRatio');
    expect(held.warnings).not.toContain('feller-violated');
    expect(held.objective).toBeGreaterThan(177.3);
    // The same minimum with another parameter as the carrier.
    const bounded = calibrateHestonSync(daxGrid, { feller: 'hold', bounds: { volOfVariance: [1e-3, 100] } });
    expect(bounded.objective! / held.objective!).toBeCloseTo(1, 6);
    const fixed = calibrateHestonSync(daxGrid, { feller: 'hold', fixed: { volOfVariance: held.parameters!.volOfVariance } });
    expect(fixed.objective! / held.objective!).toBeCloseTo(1, 6);
    // Where the truth obeys, nothing changes.
    expect(distance(calibrateHestonSync(cuiGrid, { feller: 'hold' }).parameters, cuiParameters)).toBeLessThan(1e-8);
  });

  it('moves towards Feller\'s condition as the penalty grows', () => {
    const ratios = [0, 1, 10, 100].map((penalty) => calibrateHestonSync(daxGrid, { feller: { penalty }, starts: [start] }).fellerRatio!);
    expect(ratios[0]).toBeCloseTo(0.2067, 3);
    for (let i = 1; i < ratios.length; i++) expect(ratios[i]).toBeGreaterThan(ratios[i - 1]);
    expect(ratios[3]).toBeLessThan(1.001);
    // The penalised sum is smallest where the fit ended.
    const fit = calibrateHestonSync(daxGrid, { feller: { penalty: 10 }, starts: [start] });
    const total = (f: HestonCalibration): number => f.objective! + 100 * Math.max(0, -Math.log(f.fellerRatio!)) ** 2;
    expect(total(fit)).toBeLessThan(total(calibrateHestonSync(daxGrid, { starts: [start] })));
    expect(total(fit)).toBeLessThan(total(calibrateHestonSync(daxGrid, { feller: 'hold' })));
  });

  it('is deterministic and does not change what it is given (engine.md 14, defect 7: calibration mutated its instance)', () => {
    const smiles = asSmiles(daxGrid, () => 0.004);
    const given = structuredClone(smiles);
    const options = { starts: [start], quoteStarts: 2, fixed: {}, bounds: { meanReversion: [0.1, 50] as const }, weights: 'spread' as const };
    const copy = structuredClone(options);
    const first = calibrateHestonSync(smiles, options);
    expect(smiles).toEqual(given);
    expect(options).toEqual(copy);
    expect(first.starts[0].start).toEqual(start);
    expect(toPlain(calibrateHestonSync(smiles, options))).toEqual(toPlain(first));
    expect(first.quotes.marketVol).not.toBe(smiles[0].midVol);
    expect(first.starts).toHaveLength(3);
  });

  it('is frozen plain data that prints itself', () => {
    const fit = calibrateHestonSync(daxGrid, { starts: [start] });
    expect(Object.isFrozen(fit)).toBe(true);
    expect(Object.isFrozen(fit.parameters)).toBe(true);
    expect(fromPlain(toPlain(fit))).toEqual(structuredClone(fit));
    const text = String((fit as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]());
    expect(text).toContain('converged, 104 of 104 quotes by uniform weights');
    expect(text).toContain('meanReversion');
    expect(text).toContain('warnings: feller-violated');
  });

  it('yields progress, runs without blocking and can be cancelled', async () => {
    const phases = new Set<string>();
    for (const step of calibrateHestonTask(daxGrid)) phases.add(step.phase);
    expect([...phases]).toEqual(['starts', 'refine', 'compare']);
    const fit = await calibrateHeston(daxGrid, { starts: [start], onProgress: ({ phase }) => phases.add(`async ${phase}`) });
    expect(fit.parameters).toEqual(calibrateHestonSync(daxGrid, { starts: [start] }).parameters);
    expect(phases).toContain('async refine');
    const controller = new AbortController();
    controller.abort(new Error('stop'));
    await expect(calibrateHeston(daxGrid, { signal: controller.signal })).rejects.toThrow('stop');
  });

  it.each([
    [{ maxIterations: 0 }, 'ERR_DOMAIN'],
    [{ quoteStarts: 4 }, 'ERR_DOMAIN'],
    [{ quoteStarts: 0 }, 'ERR_DOMAIN'],
    [{ starts: [{ ...heston(0.04, 1, 0.04, 0.5, -0.5), correlation: 2 }] }, 'ERR_DOMAIN'],
    [{ starts: heston(0.04, 1, 0.04, 0.5, -0.5) }, 'ERR_DOMAIN'],
    [{ fixed: { meanReversion: -1 } }, 'ERR_DOMAIN'],
    [{ fixed: { kappa: 1 } }, 'ERR_UNKNOWN_NAME'],
    [{ fixed: heston(0.04, 1, 0.04, 0.5, -0.5) }, 'ERR_DOMAIN'],
    [{ bounds: { correlation: [0.5, -0.5] } }, 'ERR_DOMAIN'],
    [{ bounds: { correlation: [-2, 0] } }, 'ERR_DOMAIN'],
    [{ bounds: { correlation: 0.5 } }, 'ERR_DOMAIN'],
    [{ feller: 'enforce' }, 'ERR_DOMAIN'],
    [{ feller: { penalty: -1 } }, 'ERR_DOMAIN'],
    [{ feller: 'hold', fixed: { volOfVariance: 0.5, meanReversion: 1, longRunVariance: 0.04 } }, 'ERR_DOMAIN'],
    [{ residual: 'price' }, 'ERR_DOMAIN'],
    [{ weights: 'volume' }, 'ERR_DOMAIN'],
    [{ weights: [[1]] }, 'ERR_SHAPE'],
    [{ solver: 'ml' }, 'ERR_DOMAIN'],
    [{ seed: 1 }, 'ERR_UNKNOWN_NAME'],
  ])('refuses options %j', (options, code) => {
    expect(() => calibrateHestonSync(daxGrid, options as object)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses columns of different length', () => {
    expect(() => calibrateHestonSync({ ...daxGrid, expiryYears: [1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => calibrateHestonSync({ expiryYears: [1], logMoneyness: [[0, 1]], annualizedVol: [[0.2]] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    const smiles = asSmiles(daxGrid, () => 0.004);
    expect(() => calibrateHestonSync([{ ...smiles[0], bidVol: new Float64Array(1) }])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => calibrateHestonSync({} as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

// All but v0 and kappa at the minimum.
function calibrateHestonFixed(grid: typeof daxGrid): Partial<HestonParameters> {
  const { longRunVariance, volOfVariance, correlation } = calibrateHestonSync(grid, { quoteStarts: 1 }).parameters!;
  return { longRunVariance, volOfVariance, correlation };
}

describe('calibrateHeston on the S&P 500 of 30 January 2026', () => {
  const { smiles } = chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });
  const longer = smiles.filter(({ expiryYears }) => expiryYears > 0.05);

  it('fits 4,000 quotes from a sample of them, and says how badly five numbers fit a chain', () => {
    const fit = calibrateHestonSync(longer, { weights: 'uniform' });
    expect(fit.status).toBe('converged');
    expect(fit.usedCount).toBe(longer.reduce((sum, { midVol }) => sum + midVol.length, 0));
    expect(fit.usedCount).toBeGreaterThan(3500);
    expect(fit.startsAtBest).toBe(3);
    expect(fit.rmseVol).toBeGreaterThan(0.01); // more than the spread: Heston does not fit the short end
    expect(fit.rmseVol).toBeLessThan(0.02);
    expect(fit.insideShare).toBeLessThan(0.2);
    expect(fit.parameters!.correlation).toBeLessThan(-0.5);
    expect(fit.warnings).toContain('feller-violated');
    expect(fit.pricingError).toBeLessThan(1e-6);
    expect(fit.starts.every((run) => run.objective! < 0.2 * fit.objective!)).toBe(true); // on 84 quotes
    // No better set of parameters nearby on all the quotes.
    const again = calibrateHestonSync(longer, { weights: 'uniform', starts: [fit.parameters!] });
    expect(again.objective).toBeCloseTo(fit.objective!, 3);
  });

  it('puts the spread first when told to', () => {
    const fit = calibrateHestonSync(longer);
    expect(fit.weighting).toBe('spread');
    expect(fit.status).toBe('converged');
    const uniform = calibrateHestonSync(longer, { weights: 'uniform' });
    expect(fit.insideShare).toBeGreaterThan(uniform.insideShare!);
    expect(fit.rmseVol).toBeGreaterThan(uniform.rmseVol!);
  });
});
