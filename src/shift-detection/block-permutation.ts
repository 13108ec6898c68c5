/** P-values of any two-sample statistic for rows that depend on their neighbours in time. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { hashUniform } from '../core/hash.ts';
import { argsort } from '../core/sort.ts';
import { sessionRows } from '../metrics/session-rows.ts';
import { twoSampleResult } from './two-sample.ts';
import type { TwoSampleResult } from './two-sample.ts';

export interface BlockPermutationOptions<Row> {
  /** Distance of two samples, greater for more different ones; NaN when undefined. The arrays are new at every call. */
  readonly statistic: (reference: Row[], current: Row[]) => number;
  /** Consecutive sessions in a block, >= 1: as many as rows depend on each other. 1 is the permutation test of independent sessions. */
  readonly blockLength: number;
  /** @default 999 */
  readonly permutations?: number;
  readonly seed: number;
  /** Session of each row of both samples, in any order; rows of a session stay together. @default every row is a session of its own */
  readonly sessions?: readonly [reference: ArrayLike<number>, current: ArrayLike<number>];
}

const FEWEST_DEALS = 20; // with fewer no p-value could reach 0.05

/**
 * Permutation test in time blocks, as a task to drive or `yield*`.
 *
 * Both samples are cut into blocks away from where they meet, the blocks of both are put in a random order, and the first sessions of that
 * series, as many as the reference has, are compared with the rest. The p-value counts the series itself among its permutations, so it is
 * never 0. Exact for independent blocks; nearly so when blocks are much longer than the dependence.
 *
 * @param reference - rows in time order, or in any order with sessions, shape (n1): numbers, rows, or whatever the statistic takes
 * @param current - what follows, shape (n2)
 * @returns `too-few-blocks` when the blocks can be dealt in fewer than 20 ways, `undefined-statistic` when it is not finite on the samples or on a permutation
 * @throws ShapeError for sessions of another length; DomainError for a NaN session or options outside their ranges
 * @see Fisher (1935), The Design of Experiments, section 21; Phipson and Smyth (2010), "Permutation p-values should never be zero", for counting the series itself; Kuensch (1989) for blocks
 * @example blockPermutationTestSync(before, after, { statistic: (a, b) => wassersteinDistance(a, b).statistic, blockLength: 20, seed: 1 }).pValue
 */
export function* blockPermutationTask<Row>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: BlockPermutationOptions<Row>): Task<TwoSampleResult> {
  const fn = 'blockPermutationTest';
  requireKnownKeys(fn, options, ['statistic', 'blockLength', 'permutations', 'seed', 'sessions']);
  const { statistic, sessions } = options;
  const seed = requireInteger(fn, 'seed', options.seed);
  const blockLength = requireInteger(fn, 'blockLength', options.blockLength, { min: 1 });
  const permutations = requireInteger(fn, 'permutations', options.permutations ?? 999, { min: 1 });
  const n = [reference.length, current.length] as const;
  const before = sessionsOf(fn, reference, sessions?.[0]);
  const after = sessionsOf(fn, current, sessions?.[1]);
  const cut = before.length % blockLength; // the short block of the reference is its first
  const first = [...blocksOf(before.slice(0, cut), blockLength), ...blocksOf(before.slice(cut), blockLength)];
  const blocks = [...first, ...blocksOf(after, blockLength)];
  const few = deals(first.length, blocks.length - first.length) < FEWEST_DEALS;
  if (few) return twoSampleResult(n[0] === 0 || n[1] === 0 ? 'empty-sample' : 'too-few-blocks', NaN, NaN, n);

  const of = (order: ArrayLike<number>): number => {
    const samples: [Row[], Row[]] = [[], []];
    let session = 0;
    for (let b = 0; b < order.length; b++) for (const rows of blocks[order[b]]) {
      const sample = samples[session++ < before.length ? 0 : 1];
      for (const row of rows) sample.push(row);
    }
    return statistic(...samples);
  };
  const observed = of(blocks.map((_, block) => block));
  if (!Number.isFinite(observed)) return twoSampleResult('undefined-statistic', NaN, NaN, n);
  const limit = observed - 1e-12 * Math.abs(observed); // sums in another order may fall short of their equal
  let atLeast = 1;
  for (let draw = 0; draw < permutations; draw++) {
    yield { phase: 'block permutation', done: draw, total: permutations };
    const value = of(argsort(blocks.map((_, block) => hashUniform(seed, draw, block))));
    if (!Number.isFinite(value)) return twoSampleResult('undefined-statistic', NaN, NaN, n);
    if (value >= limit) atLeast++;
  }
  return twoSampleResult(null, observed, atLeast / (permutations + 1), n);
}

/** Runs {@link blockPermutationTask} without blocking the host for longer than one call of the statistic. */
export function blockPermutationTest<Row>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: BlockPermutationOptions<Row> & DriveOptions): Promise<TwoSampleResult> {
  return driveWith(options, (own) => blockPermutationTask(reference, current, own));
}

/** Runs {@link blockPermutationTask} in one go. */
export function blockPermutationTestSync<Row>(reference: ArrayLike<Row>, current: ArrayLike<Row>, options: BlockPermutationOptions<Row> & DriveOptions): TwoSampleResult {
  return driveWithSync(options, (own) => blockPermutationTask(reference, current, own));
}

function sessionsOf<Row>(fn: string, rows: ArrayLike<Row>, sessions: ArrayLike<number> | undefined): Row[][] {
  if (sessions === undefined) return Array.from(rows, (row) => [row]);
  requireSameLength(fn, { rows, sessions });
  const { order, start } = sessionRows(fn, sessions);
  return Array.from(start.subarray(1), (end, s) => Array.from(order.subarray(start[s], end), (row) => rows[row]));
}

function blocksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, b) => items.slice(b * size, (b + 1) * size));
}

// Ways to choose the first blocks among all, as far as it matters.
function deals(first: number, second: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(first, second) && ways < FEWEST_DEALS; i++) ways *= (first + second + 1 - i) / i;
  return first === 0 || second === 0 ? 0 : ways;
}
