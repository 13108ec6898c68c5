/** Queries of a ranking loss: the rows that are ranked against each other. */
import { DomainError } from '../../../core/errors.ts';
import type { Task } from '../../../core/drive.ts';
import { argsort } from '../../../core/sort.ts';
import type { Objective, ObjectiveData } from './types.ts';

/** Rows of a step where each costs a jump in memory, a comparison sort or an exponential: a few milliseconds. */
export const QUERY_ROWS_PER_STEP = 16_384;

/** Rows by query. Query q owns `rows[start[q] .. start[q + 1])`, by ascending label and then row. */
export interface Queries {
  readonly count: number;
  /** Shape (count + 1). */
  readonly start: Uint32Array;
  readonly rows: Uint32Array;
  /** 1 / largest DCG, or 0 where every gain is 0, shape (count). */
  readonly inverseMaxDcg: Float64Array;
  /** Mean weight of the rows, shape (count). */
  readonly weight: Float64Array;
  /** Rows of the largest query. */
  readonly longest: number;
  /** Discount of each rank from 0, 1 / log2(2 + rank), shape (longest). */
  readonly discount: Float64Array;
}

/** How a ranking loss measures a query. */
export interface RankingMeasure {
  readonly fn: string;
  readonly objective: string;
  /** Gain of labels 0, 1, ... */
  readonly gains: Float64Array;
  /** Ranks that count towards DCG. */
  readonly truncation: number;
}

/** What ranking losses have in common: labels are relevances that have a gain, and a constant margin ranks nothing. */
export function rankingTraits(gains: Float64Array): Pick<Objective, 'outputs' | 'constantHessian' | 'labelRule' | 'isLabel' | 'start'> {
  return {
    outputs: 1,
    constantHessian: false,
    labelRule: `must be an integer in [0, ${gains.length - 1}]`,
    isLabel: (label) => Number.isInteger(label) && label >= 0 && label < gains.length,
    start: () => new Float64Array(1),
  };
}

/** The queries of each data, found once. @throws what {@link queriesTask} throws */
export function rememberQueries(measure: RankingMeasure): (data: ObjectiveData) => Task<Queries> {
  const known = new WeakMap<ObjectiveData, Queries>();
  return function* (data): Task<Queries> {
    let queries = known.get(data);
    if (queries === undefined) queries = yield* queriesTask(data, measure);
    known.set(data, queries);
    return queries;
  };
}

/** Finds the queries of the data. @throws DomainError when groups are absent or not finite on a row */
function* queriesTask({ labels, weights, groups, rows }: ObjectiveData, { fn, objective, gains, truncation }: RankingMeasure): Task<Queries> {
  if (groups === undefined) throw new DomainError(`${fn}: groups must be given for objective "${objective}", got undefined`);
  const total = rows.length;
  const queryOf = new Uint32Array(total);
  const queryOfGroup = new Map<number, number>();
  const sizes: number[] = [];
  for (let i = 0; i < total; i++) {
    const group = groups[rows[i]];
    let query = queryOfGroup.get(group);
    if (query === undefined) {
      if (!Number.isFinite(group)) throw new DomainError(`${fn}: groups must be finite on every row used, got ${group} in row ${rows[i]}`);
      query = sizes.length;
      queryOfGroup.set(group, query);
      sizes.push(0);
    }
    queryOf[i] = query;
    sizes[query]++;
    if (i % QUERY_ROWS_PER_STEP === 0) yield { phase: 'queries', done: 0, total };
  }
  const count = sizes.length;
  const start = new Uint32Array(count + 1);
  let longest = 0;
  for (let q = 0; q < count; q++) {
    start[q + 1] = start[q] + sizes[q];
    longest = Math.max(longest, sizes[q]);
  }
  const byRow = new Uint32Array(total);
  const filled = start.slice();
  for (let i = 0; i < total; i++) {
    byRow[filled[queryOf[i]]++] = rows[i];
    if (i % QUERY_ROWS_PER_STEP === 0) yield { phase: 'queries', done: 0, total };
  }

  const discount = new Float64Array(longest);
  for (let rank = 0; rank < longest; rank++) discount[rank] = Math.LN2 / Math.log(2 + rank);
  const byLabel = new Uint32Array(total);
  const inverseMaxDcg = new Float64Array(count);
  const weight = new Float64Array(count);
  let pending = 0;
  for (let q = 0; q < count; q++) {
    const [from, to] = [start[q], start[q + 1]];
    const order = argsort(gather(labels, byRow, from, to));
    for (let i = from; i < to; i++) byLabel[i] = byRow[from + order[i - from]];
    let dcg = 0;
    for (let rank = 0; rank < Math.min(truncation, to - from); rank++) dcg += gains[labels[byLabel[to - 1 - rank]]] * discount[rank];
    inverseMaxDcg[q] = dcg > 0 ? 1 / dcg : 0;
    let sum = 0;
    for (let i = from; i < to; i++) sum += weights === undefined ? 1 : weights[byLabel[i]];
    weight[q] = sum / (to - from);
    pending += to - from;
    if (pending >= QUERY_ROWS_PER_STEP) {
      pending = 0;
      yield { phase: 'queries', done: to, total };
    }
  }
  return { count, start, rows: byLabel, inverseMaxDcg, weight, longest, discount };
}

/**
 * Rows of a query by descending margin, and by descending label where margins are equal.
 *
 * @returns places in `queries.rows`, shape (rows of the query)
 */
export function rankQuery({ start, rows }: Queries, query: number, margins: Float64Array): Uint32Array {
  const from = start[query];
  const order = argsort(gather(margins, rows, from, start[query + 1])).reverse();
  for (let i = 0; i < order.length; i++) order[i] += from;
  return order;
}

function gather(values: Float64Array, rows: Uint32Array, from: number, to: number): Float64Array {
  const out = new Float64Array(to - from);
  for (let i = from; i < to; i++) out[i - from] = values[rows[i]];
  return out;
}
