/** A query ranked by margin, rows of equal margin and label taken together. */
import { rankQuery } from './queries.ts';
import type { Queries } from './queries.ts';

/**
 * Cells of one query: its rows of equal margin and label, by descending margin and label. Cells of equal margin form a block, whose rows
 * have no order of their own; what depends on ranks is its mean over all orders.
 */
export interface RankedCells {
  count: number;
  blocks: number;
  /** Places in `Queries.rows` by rank. */
  places: Uint32Array;
  /** First rank of a cell; one entry more than cells. */
  readonly firstRank: Uint32Array;
  /** Best margin less the cell's. */
  readonly distance: Float64Array;
  /** exp(-sigmoid * distance). */
  readonly exponential: Float64Array;
  readonly gain: Float64Array;
  /** Rows of the cell. */
  readonly multiplicity: Float64Array;
  readonly block: Uint32Array;
  /** Share of a block's ranks before the truncation. */
  readonly counted: Float64Array;
  /** Mean over a block's ranks of the discount, 0 from the truncation on. */
  readonly countedDiscount: Float64Array;
  /** Mean over a block's ranks of the discount. */
  readonly discount: Float64Array;
  /** Mean over pairs of a block's ranks of the difference of their discounts, 0 when both are past the truncation. */
  readonly within: Float64Array;
}

// Margins further than this below the best of a query, times sigmoid, count as this far for their exponentials not to vanish.
const MAX_EXPONENT = 600;

// Margins at both ends of the doubles are further apart than a double can say.
const MAX_DISTANCE = 1e300;

/** Room for the cells of a query of `longest` rows. */
export function rankedCells(longest: number): RankedCells {
  const real = (): Float64Array => new Float64Array(longest);
  return {
    count: 0,
    blocks: 0,
    places: new Uint32Array(0),
    firstRank: new Uint32Array(longest + 1),
    distance: real(),
    exponential: real(),
    gain: real(),
    multiplicity: real(),
    block: new Uint32Array(longest),
    counted: real(),
    countedDiscount: real(),
    discount: real(),
    within: real(),
  };
}

/** Ranks a query into `cells`. */
export function rankCells(cells: RankedCells, queries: Queries, query: number, margins: Float64Array, labels: Float64Array, gains: Float64Array, truncation: number, sigmoid: number): void {
  const { firstRank, distance, exponential, gain, multiplicity, block } = cells;
  const places = rankQuery(queries, query, margins);
  const best = margins[queries.rows[places[0]]];
  let cell = -1;
  let blocks = 0;
  let blockStart = 0;
  let margin = NaN;
  let label = NaN;
  for (let rank = 0; rank < places.length; rank++) {
    const row = queries.rows[places[rank]];
    const newBlock = margins[row] !== margin;
    if (newBlock && rank > 0) closeBlock(cells, blocks++, blockStart, rank, queries.discount, truncation);
    if (newBlock) blockStart = rank;
    if (newBlock || labels[row] !== label) {
      cell++;
      firstRank[cell] = rank;
      margin = margins[row];
      label = labels[row];
      distance[cell] = Math.min(best - margin, MAX_DISTANCE);
      exponential[cell] = newBlock ? Math.exp(-Math.min(sigmoid * distance[cell], MAX_EXPONENT)) : exponential[cell - 1];
      gain[cell] = gains[label];
      multiplicity[cell] = 0;
      block[cell] = blocks;
    }
    multiplicity[cell]++;
  }
  closeBlock(cells, blocks++, blockStart, places.length, queries.discount, truncation);
  firstRank[cell + 1] = places.length;
  cells.count = cell + 1;
  cells.blocks = blocks;
  cells.places = places;
}

function closeBlock(cells: RankedCells, block: number, from: number, to: number, discount: Float64Array, truncation: number): void {
  const size = to - from;
  let after = 0; // discounts of the ranks after this one
  let counted = 0;
  let countedDiscount = 0;
  let differences = 0;
  for (let rank = to - 1; rank >= from; rank--) {
    if (rank < truncation) {
      counted++;
      countedDiscount += discount[rank];
      differences += (to - 1 - rank) * discount[rank] - after;
    }
    after += discount[rank];
  }
  cells.counted[block] = counted / size;
  cells.countedDiscount[block] = countedDiscount / size;
  cells.discount[block] = after / size;
  cells.within[block] = size > 1 ? differences / ((size * (size - 1)) / 2) : 0;
}
