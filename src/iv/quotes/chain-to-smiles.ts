/** From an option chain to the quotes that smiles are fitted to, in one call, with an account of every row. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { printable, textTable } from '../../core/inspect.ts';
import { formatTime } from '../../core/time.ts';
import type { OptionChain } from './chain.ts';
import { chainForwards } from './chain-forwards.ts';
import type { ChainForwards, ChainForwardsOptions, SliceForward } from './chain-forwards.ts';
import { countsText, DROP_REASONS, FEW_QUOTES, KEPT, MERGED_DAY, namedCounts, NO_FORWARD } from './drop-reason.ts';
import type { DropCounts } from './drop-reason.ts';
import { europeanChain } from './european-chain.ts';
import type { DeAmericanize, EuropeanPrices } from './european-chain.ts';
import { filterOf, filterQuotes } from './filter-quotes.ts';
import type { QuoteFilter, QuoteFilterOptions } from './filter-quotes.ts';
import { otmQuotes, otmScratch } from './otm-quotes.ts';
import type { ChainSmile } from './otm-quotes.ts';
import { displacedSlices } from './same-day.ts';
import type { SameDay } from './same-day.ts';
import type { ChainSlice } from './slice-rows.ts';

export interface ChainToSmilesOptions {
  /** Which quotes to believe. */
  readonly filter?: QuoteFilterOptions;
  /** How to find forwards and discounts. */
  readonly forwards?: ChainForwardsOptions;
  /** Two groups that expire on one day: keep both, or prefer groups in an order. @default 'keep' */
  readonly sameDay?: SameDay;
  /**
   * At the forward the smile changes from puts to calls. 0 changes at once; h > 0 mixes the volatilities of both in |k| < h sqrt(T), half and half
   * at the forward, so that an error of the forward makes no step. Try 0.05.
   * @default 0
   */
  readonly blendWidth?: number;
  /** Fewest quotes of a smile; an expiry with fewer makes none. @default 1 */
  readonly minQuotes?: number;
  /** Converts American quotes, as in `europeanChain`; without it they are dropped, unless the filter says `as-european`. @default none */
  readonly deAmericanize?: DeAmericanize | EuropeanPrices;
}

/** What became of one expiry. */
export interface SliceReport {
  readonly forward: SliceForward;
  /** Quotes in its smile; 0 without one. */
  readonly quotes: number;
  /** Rows by reason; they add up to the rows of the slice. */
  readonly counts: DropCounts;
}

/** Plain data that prints as a table. */
export interface ChainSmiles {
  readonly kind: 'chain-smiles';
  /** Epoch milliseconds UTC. */
  readonly asOf: number;
  /** By time of expiry. */
  readonly smiles: readonly ChainSmile[];
  /** One per slice of the chain. */
  readonly report: readonly SliceReport[];
  /** One reason per row of the chain. */
  readonly filter: QuoteFilter;
  readonly forwards: ChainForwards;
}

/**
 * Filters, finds forwards, chooses options out of the money and inverts Black's formula for mid, bid and ask.
 *
 * Never throws for what is in the chain: an expiry without a forward, a quote without a volatility are in the report with the reason.
 *
 * @throws DomainError for options out of range
 * @example
 * const { smiles } = chainToSmiles(chain, { filter: { tradedSince: '2026-01-30' } });
 */
export function chainToSmiles(chain: OptionChain, options: ChainToSmilesOptions = {}): ChainSmiles {
  const fn = 'chainToSmiles';
  requireKnownKeys(fn, options, ['filter', 'forwards', 'sameDay', 'blendWidth', 'minQuotes', 'deAmericanize']);
  const blendWidth = requireNumber(fn, 'blendWidth', options.blendWidth ?? 0, { min: 0 });
  const minQuotes = requireInteger(fn, 'minQuotes', options.minQuotes ?? 1, { min: 1 });
  const european = options.deAmericanize === undefined ? chain : europeanChain(chain, options.deAmericanize);
  const first = filterQuotes(european, options.filter);
  const forwards = chainForwards(european, first, options.forwards);
  const displaced = displacedSlices(forwards.slices, options.sameDay ?? 'keep');

  const reason = first.reason.slice();
  const drop = (slice: ChainSlice, code: number): void => {
    for (let at = slice.start; at < slice.end; at++) if (reason[chain.order[at]] === KEPT) reason[chain.order[at]] = code;
  };
  const scratch = otmScratch(chain.slices.reduce((most, { start, end }) => Math.max(most, end - start), 0));
  const smiles: ChainSmile[] = [];
  const quotes = new Uint32Array(chain.slices.length);
  chain.slices.forEach((slice, s) => {
    if (forwards.slices[s].status !== 'ok' || displaced[s] === 1) {
      drop(slice, displaced[s] === 1 ? MERGED_DAY : NO_FORWARD);
      return;
    }
    const smile = otmQuotes(european, slice, forwards.slices[s], reason, { blendWidth }, scratch);
    if (smile === null) return;
    if (smile.row.length < minQuotes) {
      drop(slice, FEW_QUOTES);
      return;
    }
    quotes[s] = smile.midVol.length;
    smiles.push(smile);
  });

  const table = countBySlice(chain, reason);
  const report = forwards.slices.map((forward, s): SliceReport => Object.freeze({ forward, quotes: quotes[s], counts: namedCounts(table, s * DROP_REASONS.length) }));
  return Object.freeze(printable({ kind: 'chain-smiles', asOf: chain.asOf, smiles: Object.freeze(smiles), report: Object.freeze(report), filter: filterOf(reason), forwards }, printSmiles));
}

function countBySlice(chain: OptionChain, reason: Uint8Array): Uint32Array {
  const width = DROP_REASONS.length;
  const table = new Uint32Array(chain.slices.length * width);
  for (let i = 0; i < chain.size; i++) if (chain.sliceOfRow[i] >= 0) table[chain.sliceOfRow[i] * width + reason[i]]++;
  return table;
}

function printSmiles(result: ChainSmiles): string {
  const rows = result.report.map(({ forward: f, quotes, counts }) => ({
    group: f.group,
    expiry: formatTime(f.expiryTime),
    pairs: f.pairs,
    forward: f.forward,
    error: f.forwardError,
    discount: f.discount,
    quotes,
    ...(f.status === 'ok' ? {} : { status: f.status }),
    dropped: countsText(counts),
  }));
  const total = result.smiles.reduce((sum, smile) => sum + smile.midVol.length, 0);
  return `${total} quotes in ${result.smiles.length} smiles as of ${formatTime(result.asOf)}; ${result.filter.reason.length} rows, dropped: ${countsText(result.filter.counts)}\n${textTable(rows, 6)}`;
}
