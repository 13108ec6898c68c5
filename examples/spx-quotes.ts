/** The chain of options on the S&P 500 of 2026-01-30 in `examples/data`: 17,107 rows, stale, zero and crossed quotes included. */
import { optionChain } from 'quantwright/iv';
import type { OptionChain, OptionQuote } from 'quantwright/iv';
import { readExampleCsv } from './read-csv-gz.ts';

/** The close in New York, when the snapshot was taken. */
export const SPX_AS_OF = '2026-01-30T21:00Z';

/** SPX settles at the open, SPXW at the close. */
export const SPX_SETTLEMENT = { SPX: 'am', SPXW: 'pm' } as const;

/** Rows in the order of the file; expiries are dates. */
export function spxQuotes(): OptionQuote[] {
  const [, header, ...lines] = readExampleCsv('spx_20260130.csv.gz').trimEnd().split('\n');
  if (header !== 'root,expiry,strike,cp,bid,ask,volume,openInterest,lastTradeDate') throw new Error(`unexpected header: ${header}`);
  return lines.map((line) => {
    const [group, expiry, strike, cp, bid, ask, volume, openInterest, lastTradeTime] = line.split(',');
    return {
      group,
      expiry,
      strike: Number(strike),
      type: cp === '1' ? 'call' : 'put',
      bid: Number(bid),
      ask: Number(ask),
      volume: volume === '' ? NaN : Number(volume),
      openInterest: openInterest === '' ? NaN : Number(openInterest),
      lastTradeTime,
    };
  });
}

/** The whole chain. */
export function spxChain(): OptionChain {
  return optionChain(spxQuotes(), { asOf: SPX_AS_OF, settlement: SPX_SETTLEMENT });
}
