/** A million quotes drawn like the chain of options on the S&P 500: its log-moneyness, expiries and volatilities, each up to a tenth off. */
import { blackPrices, chainToSmiles } from 'quantwright/iv';
import type { BlackColumns } from 'quantwright/iv';
import { spxChain } from '../../test/iv/spx-chain.ts';
import { randomStream } from '../../src/core/random.ts';

export const QUOTES = 1_000_000;
const PEER_QUOTES = 100_000;
const LEAST_PRICE = 0.01;

/** The session of the chain: older trades have stale quotes. */
export const SESSION = { filter: { tradedSince: '2026-01-30' } } as const;

export interface DrawnQuotes {
  readonly options: BlackColumns & { readonly type: Int8Array; readonly forward: Float64Array; readonly strike: Float64Array; readonly expiryYears: Float64Array; readonly annualizedVol: Float64Array };
  /** Undiscounted, at least a cent. */
  readonly price: Float64Array;
}

let drawn: DrawnQuotes | undefined;

/** The quotes, drawn once a process. */
export function drawnQuotes(): DrawnQuotes {
  drawn ??= draw();
  return drawn;
}

function draw(): DrawnQuotes {
  const { smiles } = chainToSmiles(spxChain(), SESSION);
  const places = smiles.flatMap((smile) => Array.from(smile.logMoneyness, (_, i) => ({ smile, i })));
  const stream = randomStream(6, 'bench iv quotes');
  const near = (value: number): number => value * (0.9 + 0.2 * stream.uniform());
  const column = (): Float64Array => new Float64Array(QUOTES);
  const options = { type: new Int8Array(QUOTES), forward: column(), strike: column(), expiryYears: column(), annualizedVol: column() };
  const price = column();
  for (let rows = 0; rows < QUOTES; ) {
    const start = rows;
    for (let row = start; row < QUOTES; row++) {
      const { smile, i } = places[stream.integer(places.length)];
      options.forward[row] = smile.forward;
      options.strike[row] = smile.forward * Math.exp(near(smile.logMoneyness[i]));
      options.expiryYears[row] = near(smile.expiryYears);
      options.annualizedVol[row] = near(smile.midVol[i]);
      options.type[row] = options.strike[row] >= smile.forward ? 1 : -1;
    }
    const rest = blackPrices({
      type: options.type.subarray(start), forward: options.forward.subarray(start), strike: options.strike.subarray(start), expiryYears: options.expiryYears.subarray(start),
      annualizedVol: options.annualizedVol.subarray(start),
    }).price;
    for (let j = 0; j < rest.length; j++) {
      if (!(rest[j] >= LEAST_PRICE)) continue;
      for (const values of [options.type, options.forward, options.strike, options.expiryYears, options.annualizedVol]) values[rows] = values[start + j];
      price[rows++] = rest[j];
    }
  }
  return { options, price };
}

/** The first of them for a peer, whose rate does not depend on how many there are. */
export function peerQuotes(): object {
  const { options, price } = drawnQuotes();
  const first = (values: ArrayLike<number>): number[] => Array.from({ length: PEER_QUOTES }, (_, i) => values[i]);
  const { type, forward, strike, expiryYears, annualizedVol } = options;
  return { sign: first(type), forward: first(forward), strike: first(strike), expiryYears: first(expiryYears), vol: first(annualizedVol), price: first(price) };
}
