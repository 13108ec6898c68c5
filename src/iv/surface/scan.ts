/** Helpers for functions known on a grid: runs of flagged nodes, the end of a run, the bottom of a dip. */

/** First and last index of every run of values at or below a limit; NaN is not. */
export function runsUpTo(values: Float64Array, limit: number): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] <= limit)) continue;
    if (i > 0 && values[i - 1] <= limit) runs[runs.length - 1][1] = i;
    else runs.push([i, i]);
  }
  return runs;
}

/** Index of the smallest of values[first..last]. */
export function smallestIn(values: Float64Array, first: number, last: number): number {
  let best = first;
  for (let i = first; i <= last; i++) if (values[i] < values[best]) best = i;
  return best;
}

/** Where f becomes negative between a (f >= 0) and b (f < 0), in either order, by 60 bisections; b when f is not >= 0 at a. */
export function signChange(f: (x: number) => number, a: number, b: number): number {
  if (!(f(a) >= 0)) return b;
  let positive = a;
  let negative = b;
  for (let i = 0; i < 60; i++) {
    const middle = positive + (negative - positive) / 2;
    if (f(middle) < 0) negative = middle;
    else positive = middle;
  }
  return negative;
}

const GOLDEN = 0.6180339887498949;

/** Place of the smallest value of f that golden section finds in [a, b], to 1e-8 of the width. */
export function dipIn(f: (x: number) => number, a: number, b: number): number {
  let low = a;
  let high = b;
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let atLeft = f(left);
  let atRight = f(right);
  for (let i = 0; i < 38; i++) {
    if (atLeft < atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - GOLDEN * (high - low);
      atLeft = f(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + GOLDEN * (high - low);
      atRight = f(right);
    }
  }
  return atLeft < atRight ? left : right;
}

/**
 * Whether a dip at the middle of three nodes could go below zero between them: the parabola through them falls by more than half of what is
 * left, and what it misses is granted as much again.
 */
export function mayDipBelow(x0: number, y0: number, x1: number, y1: number, x2: number, y2: number): boolean {
  if (!(y1 <= y0 && y1 <= y2)) return false;
  const left = (y0 - y1) / (x1 - x0);
  const right = (y2 - y1) / (x2 - x1);
  if (!(left + right > 0)) return y1 < 0;
  const slope = (right * (x1 - x0) - left * (x2 - x1)) / (x2 - x0);
  const bend = (left + right) / (x2 - x0);
  return y1 - (slope * slope) / (2 * bend) <= 0;
}
