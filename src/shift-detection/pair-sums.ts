/** Sums over all pairs of rows, the quadratic work of kernel and energy statistics. */
import type { Task } from '../core/drive.ts';
import type { PointRows } from './sample-values.ts';

/** Squared Euclidean distance of row i of x and row j of y. */
export function squaredDistance(x: PointRows, i: number, y: PointRows, j: number): number {
  let sum = 0;
  for (let k = 0; k < x.columns; k++) {
    const difference = x.data[i * x.columns + k] - y.data[j * x.columns + k];
    sum += difference * difference;
  }
  return sum;
}

/** Sums of `value(squared distance)`, each pair once: within x, within y, between both. */
export function* pairSums(x: PointRows, y: PointRows, value: (squared: number) => number, phase: string): Task<readonly [number, number, number]> {
  const total = 2 * x.n + y.n;
  const sums = [0, 0, 0] as [number, number, number];
  for (const [part, a, b, before] of [[0, x, x, 0], [1, y, y, x.n], [2, x, y, x.n + y.n]] as const) {
    let work = 0;
    for (let i = 0; i < a.n; i++) {
      let sum = 0;
      for (let j = part === 2 ? 0 : i + 1; j < b.n; j++) sum += value(squaredDistance(a, i, b, j));
      sums[part] += sum;
      work += b.n * a.columns;
      if (work > 100_000) {
        work = 0;
        yield { phase, done: before + i + 1, total };
      }
    }
  }
  return sums;
}
