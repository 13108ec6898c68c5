/** Implied volatilities of a synthetic day on a grid of strikes and expiries, with noise. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { printable, textTable } from '../../core/inspect.ts';
import { randomStream } from '../../core/random.ts';
import { uncheckedEssviSmile } from '../slices/essvi.ts';
import type { SyntheticDay } from './surfaces.ts';

export interface SyntheticVolGridOptions {
  /** Strikes over spot, > 0. @default 25 from 0.8 to 1.2 */
  readonly moneyness?: ArrayLike<number>;
  /** Standard deviation of the error of each volatility, as a decimal. @default 0 */
  readonly noise?: number;
  /** Noisy volatilities are cut to this range. @default [0.01, 5] */
  readonly clip?: readonly [number, number];
  /** @default 0 */
  readonly seed?: number;
}

export interface SyntheticVolGrid {
  readonly spot: number;
  /** Shape (m). */
  readonly strikes: Float64Array;
  /** Shape (n). */
  readonly expiryYears: Float64Array;
  /** Per year, n rows of m. */
  readonly annualizedVol: readonly Float64Array[];
  /** The same before noise. */
  readonly trueVol: readonly Float64Array[];
}

/**
 * The surface of a synthetic day on a grid.
 *
 * @throws DomainError for options out of range
 * @example
 * // 25 strikes and 8 expiries around a spot of 100, noise of 0.3 volatility points
 * const expiryYears = [0.083, 0.167, 0.25, 0.5, 0.75, 1, 1.5, 2];
 * syntheticVolGrid(syntheticSurfacesSync({ seed: 42, expiryYears, rate: 0.05, dividendYield: 0 }).days[0], { noise: 0.003, clip: [0.05, 1], seed: 42 });
 */
export function syntheticVolGrid(day: Pick<SyntheticDay, 'spot' | 'slices'>, options: SyntheticVolGridOptions = {}): SyntheticVolGrid {
  const fn = 'syntheticVolGrid';
  requireKnownKeys(fn, options, ['moneyness', 'noise', 'clip', 'seed']);
  const noise = requireNumber(fn, 'noise', options.noise ?? 0, { min: 0 });
  const { clip = [0.01, 5], moneyness = Float64Array.from({ length: 25 }, (_, i) => 0.8 + (0.4 * i) / 24) } = options;
  const lowest = requireNumber(fn, 'clip[0]', clip[0], { min: 0 });
  const highest = requireNumber(fn, 'clip[1]', clip[1], { min: lowest });
  if (moneyness.length === 0) throw new DomainError(`${fn}: moneyness must have at least 1 value, got 0`);
  const random = randomStream(requireInteger(fn, 'seed', options.seed ?? 0), 'vol grid');
  const strikes = Float64Array.from(moneyness, (value, i) => day.spot * requireNumber(fn, `moneyness[${i}]`, value, { min: 0, open: true }));
  const out = new Float64Array(3);
  const trueVol = day.slices.map(({ slice, forward, expiryYears }) =>
    strikes.map((strike) => {
      uncheckedEssviSmile(slice, Math.log(strike / forward), out);
      return Math.sqrt(out[0] / expiryYears);
    }),
  );
  const annualizedVol = trueVol.map((row) => row.map((vol) => Math.min(Math.max(vol + noise * random.normal(), lowest), highest)));
  const expiryYears = Float64Array.from(day.slices, (slice) => slice.expiryYears);
  return Object.freeze(printable({ spot: day.spot, strikes, expiryYears, annualizedVol: Object.freeze(annualizedVol), trueVol: Object.freeze(trueVol) }, printGrid));
}

// Five strikes are enough to see the shape.
function printGrid({ strikes, expiryYears, annualizedVol }: SyntheticVolGrid): string {
  const last = strikes.length - 1;
  const shown = [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * last)))];
  const rows = annualizedVol.map((row, i) => ({ expiryYears: expiryYears[i], ...Object.fromEntries(shown.map((j) => [`vol at ${Number(strikes[j].toPrecision(5))}`, row[j]])) }));
  return `Volatilities of ${expiryYears.length} expiries at ${strikes.length} strikes\n${textTable(rows)}`;
}
