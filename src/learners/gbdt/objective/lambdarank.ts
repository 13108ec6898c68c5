/** LambdaRank: pairs of a query, each weighing what swapping the two would change in NDCG. */
import { driveSync } from '../../../core/drive.ts';
import type { Task } from '../../../core/drive.ts';
import { ndcgLoss } from './ndcg.ts';
import { rankingTraits, rememberQueries } from './queries.ts';
import type { Queries, RankingMeasure } from './queries.ts';
import { rankCells, rankedCells } from './ranked-cells.ts';
import type { RankedCells } from './ranked-cells.ts';
import type { Objective } from './types.ts';

export interface LambdarankSettings extends RankingMeasure {
  readonly norm: boolean;
  readonly sigmoid: number;
}

// About 2 ms of pairs, and what sorting a row costs in pairs.
const PAIRS_PER_STEP = 300_000;
const PAIRS_PER_ROW = 20;

// Closest distance of margins that `norm` divides by, as in LightGBM.
const NORM_OFFSET = 0.01;

/**
 * LambdaRank with NDCG, as in LightGBM.
 *
 * Let a pair of rows have different gains, at least one of them be among the first `truncation` ranks, and
 *   rho = 1 / (1 + exp(sigmoid * (m_high - m_low))),  delta = |gain_high - gain_low| * |discount_high - discount_low| / largest DCG.
 * It takes sigmoid * delta * rho off the gradient of the row of higher gain, adds as much to that of the other, and adds
 * sigmoid^2 * delta * rho * (1 - rho) to both hessians. With `norm`, delta is divided by 0.01 + |m_high - m_low| unless all margins of the
 * query are equal, and the whole query is multiplied by log2(1 + s) / s, where s sums the size of all that was added to its gradients. A
 * row's weight multiplies its own gradient and hessian; a row of weight 0 still takes part in its query.
 *
 * Rows of equal margin have no order of their own. LightGBM ranks them as they stand in the table; here a pair has its mean over all
 * orders, so that the order of rows does not matter to the last bit. Rows of equal margin and label then share all they have, which makes
 * the first iterations cheap, whose trees give few distinct margins.
 *
 * @see Burges (2010), From RankNet to LambdaRank to LambdaMART, section 4
 */
export function lambdarankObjective(settings: LambdarankSettings): Objective {
  const { gains, truncation, sigmoid } = settings;
  const queriesOf = rememberQueries(settings);
  return {
    name: 'lambdarank',
    ...rankingTraits(gains),
    *gradients(margins, data, _rowCount, gradient, hessian): Task<void> {
      const queries = yield* queriesOf(data);
      const total = data.rows.length;
      const cells = rankedCells(queries.longest);
      const sums: PairSums = { all: 0, gradient: new Float64Array(queries.longest), hessian: new Float64Array(queries.longest) };
      let work = 0;
      for (let q = 0; q < queries.count; q++) {
        rankCells(cells, queries, q, margins, data.labels, gains, truncation, sigmoid);
        sums.all = 0;
        sums.gradient.fill(0, 0, cells.count);
        sums.hessian.fill(0, 0, cells.count);
        work += PAIRS_PER_ROW * cells.places.length;
        for (let i = queries.inverseMaxDcg[q] > 0 ? 0 : cells.count; i < cells.count; ) {
          const next = addPairs(cells, i, queries.inverseMaxDcg[q], settings, sums);
          work += (next - i) * cells.count;
          i = next;
          if (work < PAIRS_PER_STEP) continue;
          work = 0;
          yield { phase: 'gradients', done: queries.start[q], total };
        }
        writeRows(cells, sums, settings.norm, queries, data.weights, gradient, hessian as Float64Array);
      }
      yield { phase: 'gradients', done: total, total };
    },
    loss: (margins, data) => ndcgLoss(driveSync(queriesOf(data)), margins, data.labels, gains, truncation),
  };
}

/** What pairs have added to each row of a cell, and the size of all of it. */
interface PairSums {
  all: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

// Pairs of the rows of cells with those of all later cells, from cell `from` for about a step of work; rows of one cell have the same gain.
// Returns the cell to go on with. Many cells per call: the loop must not be compiled as a part of the generator, which is three times slower.
function addPairs(cells: RankedCells, from: number, inverseMaxDcg: number, { norm, sigmoid }: LambdarankSettings, sums: PairSums): number {
  const { count, distance, exponential, gain, multiplicity, block, discount, counted, countedDiscount, within } = cells;
  const { gradient, hessian } = sums;
  const damped = norm && cells.blocks > 1;
  const scale = sigmoid * inverseMaxDcg;
  const to = Math.min(count, from + Math.ceil(PAIRS_PER_STEP / count));
  for (let i = from; i < to; i++) {
    const [gainI, distanceI, exponentialI, rowsI, blockI] = [gain[i], distance[i], exponential[i], multiplicity[i], block[i]];
    const [countedI, countedDiscountI, withinI] = [counted[blockI], countedDiscount[blockI], within[blockI]];
    if (countedI === 0) return count; // nor do later cells reach a rank that counts
    let gradientI = 0;
    let hessianI = 0;
    let all = 0;
    for (let j = i + 1; j < count; j++) {
      const gap = gainI - gain[j];
      if (gap === 0) continue;
      const discounts = block[j] === blockI ? withinI : countedDiscountI - countedI * discount[block[j]];
      // 1 / (1 + e_high / e_low) = e_low / (e_high + e_low): an exponential per cell, and one division per pair.
      const damping = damped ? NORM_OFFSET + (distance[j] - distanceI) : 1;
      const exponentialJ = exponential[j];
      const inverse = 1 / (damping * (exponentialI + exponentialJ));
      const low = gap > 0 ? exponentialJ : exponentialI;
      const push = gap * discounts * scale * low * inverse; // has the sign of the gap
      const size = Math.abs(push);
      const curve = size * sigmoid * (exponentialI + exponentialJ - low) * inverse * damping;
      gradientI -= push * multiplicity[j];
      hessianI += curve * multiplicity[j];
      gradient[j] += push * rowsI;
      hessian[j] += curve * rowsI;
      all += size * multiplicity[j];
    }
    gradient[i] += gradientI;
    hessian[i] += hessianI;
    sums.all += 2 * all * rowsI;
  }
  return to;
}

function writeRows({ count, places, firstRank }: RankedCells, sums: PairSums, norm: boolean, { rows }: Queries, weights: Float64Array | undefined, gradient: Float64Array, hessian: Float64Array): void {
  const factor = norm && sums.all > 0 ? Math.log1p(sums.all) / (Math.LN2 * sums.all) : 1;
  for (let cell = 0; cell < count; cell++) {
    for (let rank = firstRank[cell]; rank < firstRank[cell + 1]; rank++) {
      const row = rows[places[rank]];
      const weight = weights === undefined ? 1 : weights[row];
      gradient[row] = sums.gradient[cell] * factor * weight;
      hessian[row] = sums.hessian[cell] * factor * weight;
    }
  }
}
