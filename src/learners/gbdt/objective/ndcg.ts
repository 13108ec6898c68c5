/** 1 less the mean NDCG, the loss that ranking objectives report. */
import type { Queries } from './queries.ts';
import { rankQuery } from './queries.ts';

/**
 * 1 less the mean over queries of DCG / largest DCG, both cut off at a rank; queries weigh by the mean weight of their rows.
 *
 * Rows of equal margin share the mean discount of their ranks, the expectation over their orders: a constant margin is worth a random
 * order and no better. A query whose gains are all 0 counts as ranked perfectly.
 *
 * @see Jarvelin and Kekalainen (2002), Cumulated gain-based evaluation of IR techniques; McSherry and Najork (2008), Computing information retrieval performance measures efficiently in the presence of tied scores
 */
export function ndcgLoss(queries: Queries, margins: Float64Array, labels: Float64Array, gains: Float64Array, truncation: number): number {
  const { count, rows, inverseMaxDcg, weight, discount } = queries;
  let sum = 0;
  let total = 0;
  for (let q = 0; q < count; q++) {
    let ndcg = 1;
    if (inverseMaxDcg[q] > 0) {
      const order = rankQuery(queries, q, margins);
      let dcg = 0;
      for (let from = 0, to = 0; from < Math.min(order.length, truncation); from = to) {
        const margin = margins[rows[order[from]]];
        let gain = 0;
        let discounts = 0;
        for (; to < order.length && margins[rows[order[to]]] === margin; to++) {
          gain += gains[labels[rows[order[to]]]];
          if (to < truncation) discounts += discount[to];
        }
        dcg += (gain * discounts) / (to - from);
      }
      ndcg = dcg * inverseMaxDcg[q];
    }
    sum += weight[q] * (1 - ndcg);
    total += weight[q];
  }
  return sum / total;
}
