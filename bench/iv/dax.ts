/** The DAX volatilities of 5 July 2002 on the dates and discounts that QuantLib's own test has. */
import type { HestonParameters, HestonVolGrid } from 'quantwright/iv';
import { fixture } from './fixtures.ts';

interface DaxFile {
  readonly spot: number;
  readonly daysQuoted: readonly number[];
  readonly zeroRates: readonly number[];
  readonly rate0: number;
  readonly strikes: readonly number[];
  /** By strike, then expiry. */
  readonly vols: readonly (readonly number[])[];
  readonly T: readonly number[];
  readonly D: readonly number[];
}

const file = fixture('dax_20020705.json') as DaxFile;

/** The optimum of all five starts. */
export const DAX_OPTIMUM: HestonParameters = { initialVariance: 0.19566150366439816, meanReversion: 15.662702358114291, longRunVariance: 0.07459120696911777, volOfVariance: 3.3619180115612326, correlation: -0.5114916614032123 };

export interface DaxExpiry {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  readonly logMoneyness: Float64Array;
  readonly annualizedVol: Float64Array;
}

export interface DaxPoints {
  readonly expiryYears: readonly number[];
  readonly logMoneyness: readonly Float64Array[];
  readonly forward: readonly number[];
  readonly discount: readonly number[];
}

/** 8 expiries of 13 strikes, without dividends. */
export function daxMarket(): { readonly expiries: readonly DaxExpiry[]; readonly points: DaxPoints; readonly vols: HestonVolGrid } {
  const expiries = file.T.map((expiryYears, j) => {
    const discount = file.D[j];
    const forward = file.spot / discount;
    return { expiryYears, forward, discount, logMoneyness: Float64Array.from(file.strikes, (strike) => Math.log(strike / forward)), annualizedVol: Float64Array.from(file.vols, (row) => row[j]) };
  });
  const logMoneyness = expiries.map((expiry) => expiry.logMoneyness);
  const points = { expiryYears: file.T, logMoneyness, forward: expiries.map(({ forward }) => forward), discount: file.D };
  return { expiries, points, vols: { expiryYears: file.T, logMoneyness, annualizedVol: expiries.map(({ annualizedVol }) => annualizedVol) } };
}

/** The same for peer.py with a model to start from. */
export function daxPeer({ initialVariance: v0, meanReversion: kappa, longRunVariance: theta, volOfVariance: sigma, correlation: rho }: HestonParameters): object {
  const { spot, daysQuoted, zeroRates, rate0, strikes, vols } = file;
  return { spot, daysQuoted, zeroRates, rate0, strikes, vols, start: { v0, kappa, theta, sigma, rho } };
}
