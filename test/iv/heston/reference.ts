/** The reference rows of iv/fixtures as named fields, for the Heston tests. */
import { readFileSync } from 'node:fs';
import type { HestonSpotOption } from '../../../src/iv/heston/option.ts';
import type { HestonParameters } from '../../../src/iv/heston/parameters.ts';

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));

export function parametersOf(row: ArrayLike<number>): HestonParameters {
  return { initialVariance: row[0], meanReversion: row[1], longRunVariance: row[2], volOfVariance: row[3], correlation: row[4] };
}

export interface PriceRow {
  readonly set: string;
  readonly parameters: HestonParameters;
  readonly option: Omit<HestonSpotOption, 'type'>;
  readonly call: number;
  readonly put: number;
  readonly iv: number | null;
}

/** heston_prices.json: 299 rows, mpmath at 45 digits. */
export const priceRows: readonly PriceRow[] = (load('heston_prices.json') as { rows: [string, ...number[]][] }).rows.map((row) => {
  const [S, r, q, v0, kappa, theta, sigma, rho, T, K, call, put, iv] = row.slice(1) as number[];
  return { set: row[0], parameters: parametersOf([v0, kappa, theta, sigma, rho]), option: { spot: S, strike: K, expiryYears: T, rate: r, dividendYield: q }, call, put, iv };
});

interface GradientSet {
  readonly S: number;
  readonly r: number;
  readonly q: number;
  readonly v0: number;
  readonly kappa: number;
  readonly theta: number;
  readonly sigma: number;
  readonly rho: number;
  readonly rows: readonly number[][];
}

const gradientFile = load('heston_gradients_extreme.json') as {
  extreme: { rows: [number, number, number, number][] };
  gradients: Record<string, GradientSet>;
  published: { src: string; value: unknown }[];
};

export interface GradientRow {
  readonly set: string;
  readonly parameters: HestonParameters;
  readonly option: HestonSpotOption;
  /** call, d_v0, d_kappa, d_theta, d_sigma, d_rho, theta, delta, gamma. */
  readonly expected: readonly number[];
}

/** 65 rows of derivatives by central differences at 40 digits. */
export const gradientRows: readonly GradientRow[] = Object.entries(gradientFile.gradients)
  .filter(([, set]) => 'rows' in set)
  .flatMap(([name, set]) =>
    set.rows.map(([T, K, ...expected]) => ({
      set: name,
      parameters: parametersOf([set.v0, set.kappa, set.theta, set.sigma, set.rho]),
      option: { type: 'call' as const, spot: set.S, strike: K, expiryYears: T, rate: set.r, dividendYield: set.q },
      expected,
    })),
  );

/** 44 rows [T, m, K, otmPrice] of Spanderen's tail table, recomputed at up to 135 digits. */
export const tailRows: readonly [number, number, number, number][] = gradientFile.extreme.rows;
export const tailMarket = { spot: 1, rate: 0.0507, dividendYield: 0.0469 };
export const tailParameters: HestonParameters = parametersOf([0.04, 2.5, 0.06, 0.75, -0.6]);

/** DAX implied volatilities of 5 July 2002: 13 strikes, 8 expiries. */
export const dax = load('dax_20020705.json') as { spot: number; strikes: number[]; vols: number[][]; T: number[]; D: number[] };

export interface BatesRow {
  readonly p: readonly number[];
  readonly option: HestonSpotOption;
  readonly price: number;
}

const bates = load('bates_quantlib.json') as { spot: number; rate: number; dividendYield: number; rows: [string, ...unknown[]][] };
/** 80 rows of QuantLib's BatesEngine. */
export const batesRows: readonly BatesRow[] = bates.rows.map((row) => ({
  p: row.slice(1, 9) as number[],
  option: { type: row[11] as 'call' | 'put', spot: bates.spot, strike: row[10] as number, expiryYears: row[9] as number, rate: bates.rate, dividendYield: bates.dividendYield },
  price: row[12] as number,
}));

export interface BatesGradientRow {
  readonly expiryYears: number;
  readonly logMoneyness: number;
  readonly p: readonly number[];
  /** Undiscounted price of the out-of-the-money option, forward 1. */
  readonly price: number;
  /** In the eight parameters. */
  readonly gradient: readonly number[];
}

/** bates_gradients.json: 15 rows, mpmath at 34 digits. */
export const batesGradientRows: readonly BatesGradientRow[] = (load('bates_gradients.json') as { rows: number[][] }).rows.map(([expiryYears, logMoneyness, ...row]) => ({
  expiryYears,
  logMoneyness,
  p: row.slice(0, 8),
  price: row[8],
  gradient: row.slice(9),
}));
