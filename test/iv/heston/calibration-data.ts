/** Quotes that calibrations are tested on. */
import { randomStream } from '../../../src/core/random.ts';
import type { HestonVolGrid } from '../../../src/iv/heston/calibration-quotes.ts';
import { hestonImpliedVol } from '../../../src/iv/heston/implied-vol.ts';
import type { HestonParameters } from '../../../src/iv/heston/parameters.ts';
import type { SmileQuotes } from '../../../src/iv/option.ts';
import { dax, gradientRows } from './reference.ts';

/** DAX of 5 July 2002, 104 volatilities at QuantLib's times and discounts. */
export const daxGrid: HestonVolGrid = {
  expiryYears: dax.T,
  logMoneyness: dax.T.map((_, e) => dax.strikes.map((strike) => Math.log((strike * dax.D[e]) / dax.spot))),
  annualizedVol: dax.T.map((_, e) => dax.vols.map((row) => row[e])),
};

/** Volatilities of a model, each by an integral of its own. */
export function modelGrid(parameters: HestonParameters, expiryYears: readonly number[], logMoneyness: readonly (readonly number[])[]): { expiryYears: number[]; logMoneyness: number[][]; annualizedVol: number[][] } {
  const annualizedVol = expiryYears.map((T, e) => logMoneyness[e].map((k) => hestonImpliedVol(parameters, { forward: 1, strike: Math.exp(k), expiryYears: T }).annualizedVol));
  return { expiryYears: [...expiryYears], logMoneyness: logMoneyness.map((strikes) => [...strikes]), annualizedVol };
}

const cuiRows = gradientRows.filter((row) => row.set === 'cui2017');
/** Table 1 of Cui, del Bano Rollin and Germano (2017): v0 0.08, kappa 3, theta 0.1, sigma 0.25, rho -0.8. */
export const cuiParameters: HestonParameters = cuiRows[0].parameters;
const cuiExpiries = [...new Set(cuiRows.map((row) => row.option.expiryYears))];
/** Their 8 expiries and 40 strikes, rate 2 %. */
export const cuiGrid: ReturnType<typeof modelGrid> = modelGrid(
  cuiParameters,
  cuiExpiries,
  cuiExpiries.map((T) => cuiRows.filter((row) => row.option.expiryYears === T).map(({ option }) => Math.log(option.strike / option.spot) - 0.02 * T)),
);

/** Seven expiries, eight strikes each within three deviations. */
export function spreadOut(parameters: HestonParameters): ReturnType<typeof modelGrid> {
  const expiryYears = [0.02, 0.08, 0.25, 0.5, 1, 2, 5];
  const logMoneyness = expiryYears.map((T) => [-3, -2, -1, -0.5, 0, 0.4, 0.8, 1.5].map((z) => z * Math.sqrt(parameters.longRunVariance * T)));
  return modelGrid(parameters, expiryYears, logMoneyness);
}

/** A grid as smiles, bid and ask around the volatilities. */
export function asSmiles(grid: HestonVolGrid, halfSpread: (e: number, i: number) => number): SmileQuotes[] {
  return Array.from(grid.expiryYears, (T, e) => {
    const midVol = Float64Array.from(grid.annualizedVol[e]);
    return {
      expiryYears: T,
      forward: 100,
      discount: 0.98,
      logMoneyness: Float64Array.from(grid.logMoneyness[e]),
      midVol,
      bidVol: midVol.map((vol, i) => vol - halfSpread(e, i)),
      askVol: midVol.map((vol, i) => vol + halfSpread(e, i)),
    };
  });
}

/** The same grid with independent normal errors. */
export function withNoise(grid: ReturnType<typeof modelGrid>, deviation: number, seed: number): ReturnType<typeof modelGrid> {
  const random = randomStream(seed, 'noise');
  return { ...grid, annualizedVol: grid.annualizedVol.map((vols) => vols.map((vol) => vol + deviation * random.normal())) };
}
