/** XE-NDCG: cross-entropy between a query's softmax and random gains of its labels. */
import { driveSync } from '../../../core/drive.ts';
import type { Task } from '../../../core/drive.ts';
import { hashLabel, hashUniform } from '../../../core/hash.ts';
import { ndcgLoss } from './ndcg.ts';
import { QUERY_ROWS_PER_STEP, rankingTraits, rememberQueries } from './queries.ts';
import type { Queries, RankingMeasure } from './queries.ts';
import type { Objective, ObjectiveData } from './types.ts';

// Margins further than this below the best of a query count as this far: their share stays above 1e-300 and its inverse finite.
const MAX_DISTANCE = 690;

/**
 * XE-NDCG: -sum_i phi_i log rho_i, rho the softmax of a query's margins and phi_i proportional to 2^label_i - u_i with u_i uniform in [0, 1),
 * drawn anew for each iteration.
 *
 * The gradient carries the first three terms of the series in which the paper multiplies by the inverse of the full hessian, while the
 * hessian is the diagonal rho (1 - rho), as in LightGBM. A row's draw depends on the seed, the iteration and its number only. Rows alone
 * in their query have nothing to learn from: gradient and hessian are 0. A row's weight multiplies its own derivatives, and a row of weight
 * 0 still takes part in its query.
 *
 * @see Bruch (2021), An alternative cross entropy loss for learning-to-rank
 */
export function xendcgObjective(measure: RankingMeasure, seed: number): Objective {
  const { gains, truncation } = measure;
  const queriesOf = rememberQueries(measure);
  return {
    name: 'xendcg',
    ...rankingTraits(gains),
    *gradients(margins, data, _rowCount, gradient, hessian, iteration): Task<void> {
      const queries = yield* queriesOf(data);
      const total = data.rows.length;
      const share = new Float64Array(queries.longest);
      const rest = new Float64Array(queries.longest);
      const term = new Float64Array(queries.longest);
      const stream = hashLabel(seed, `xendcg ${iteration}`);
      let pending = 0;
      for (let q = 0; q < queries.count; q++) {
        fillQuery(queries, q, margins, data, seed, stream, { share, rest, term }, gradient, hessian as Float64Array);
        pending += queries.start[q + 1] - queries.start[q];
        if (pending < QUERY_ROWS_PER_STEP) continue;
        pending = 0;
        yield { phase: 'gradients', done: queries.start[q + 1], total };
      }
      yield { phase: 'gradients', done: total, total };
    },
    loss: (margins, data) => ndcgLoss(driveSync(queriesOf(data)), margins, data.labels, gains, truncation),
  };
}

/** Of each row: its share of the softmax, 1 less it, and the current term of the series. */
interface Scratch {
  readonly share: Float64Array;
  readonly rest: Float64Array;
  readonly term: Float64Array;
}

function fillQuery({ start, rows }: Queries, query: number, margins: Float64Array, { labels, weights }: ObjectiveData, seed: number, stream: number, { share, rest, term }: Scratch, gradient: Float64Array, hessian: Float64Array): void {
  const from = start[query];
  const size = start[query + 1] - from;
  let best = 0;
  for (let i = 1; i < size; i++) if (margins[rows[from + i]] > margins[rows[from + best]]) best = i;
  const bestMargin = margins[rows[from + best]];
  let others = 0;
  let gains = 0;
  for (let i = 0; i < size; i++) {
    const row = rows[from + i];
    share[i] = Math.exp(Math.max(-MAX_DISTANCE, margins[row] - bestMargin));
    if (i !== best) others += share[i];
    term[i] = 2 ** labels[row] - hashUniform(seed, stream, row); // above 0, for the draw is below 1
    gains += term[i];
  }
  const sum = 1 + others;
  for (let i = 0; i < size; i++) {
    share[i] /= sum;
    rest[i] = i === best ? others / sum : 1 - share[i]; // the best row's is not what rounding leaves of 1
    // First term of the series: the gradient itself.
    term[i] = share[i] - term[i] / gains;
    gradient[rows[from + i]] = size > 1 ? term[i] : 0;
  }
  // Second and third: share_i times the sum over the other rows of the last term over their rest.
  for (let order = 2; order <= 3 && size > 1; order++) {
    const bestRatio = term[best] / rest[best];
    let ratios = 0;
    for (let i = 0; i < size; i++) {
      if (i === best) continue;
      term[i] /= rest[i];
      ratios += term[i];
    }
    for (let i = 0; i < size; i++) {
      term[i] = share[i] * (i === best ? ratios : ratios - term[i] + bestRatio); // the best row's ratio may be huge: it must not meet its own
      gradient[rows[from + i]] += term[i];
    }
  }
  for (let i = 0; i < size; i++) {
    const row = rows[from + i];
    const weight = weights === undefined ? 1 : weights[row];
    gradient[row] *= weight;
    hessian[row] = size > 1 ? share[i] * rest[i] * weight : 0;
  }
}
