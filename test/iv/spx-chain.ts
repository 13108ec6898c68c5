/** The chain of options on the S&P 500 of 2026-01-30: 17,107 rows, stale, zero and crossed quotes included. */
export { SPX_AS_OF, SPX_SETTLEMENT, spxChain, spxQuotes as spxRows } from '../../examples/spx-quotes.ts';
