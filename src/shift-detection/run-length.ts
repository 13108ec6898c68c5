/** Average run lengths by integral equation. */
import { requireNumber } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { gaussLegendre } from '../core/gauss-legendre.ts';

/** A chart statistic as a Markov process that raises an alarm on leaving [lower, upper]. */
export interface ChartProcess {
  readonly lower: number;
  readonly upper: number;
  readonly start: number;
  /** Standard deviation of one step of the statistic; sets the number of nodes. */
  readonly stepSize: number;
  /** Density of the next value `to` given the present value `from`. */
  readonly density: (from: number, to: number) => number;
  /** Probability of a jump onto the start exactly, for a statistic with a floor. @default 0 */
  readonly returnProbability?: (from: number) => number;
}

/**
 * Average run length: expected number of updates up to and including the alarm.
 *
 * Solves L(x) = 1 + r(x) L(start) + integral of L(y) f(x, y) dy at Gauss-Legendre nodes. The rounding of the linear
 * system grows with the run length: about 1e-10 relative up to 1e6.
 *
 * @returns Infinity above 1e12, where no digit is left
 * @see Goel and Wu (1971), "Determination of A.R.L. and a contour nomogram for cusum charts to control normal mean"; Crowder (1987), "A simple method for studying run-length distributions of EWMA charts"
 */
export function averageRunLength(process: ChartProcess): number {
  const { lower, upper, start, stepSize, density, returnProbability } = process;
  // Three nodes to a standard deviation integrate the normal density to rounding; the edges need the rest.
  const { t, weight } = gaussLegendre(Math.min(600, Math.ceil(24 + (3 * (upper - lower)) / stepSize)));
  const width = upper - lower;
  const at = [start, ...Array.from(t, (share) => lower + width * share)];
  const rows = at.map((from, i) =>
    Float64Array.from(at, (to, j) => (i === j ? 1 : 0) - (j === 0 ? (returnProbability?.(from) ?? 0) : width * weight[j - 1] * density(from, to))),
  );
  const runLength = solveDominant(rows, new Float64Array(at.length).fill(1))[0];
  return runLength > 0 && runLength < 1e12 ? runLength : Infinity;
}

// Elimination without pivoting: the rows, identity minus a matrix of transition probabilities, are diagonally dominant.
function solveDominant(rows: Float64Array[], b: Float64Array): Float64Array {
  const n = b.length;
  for (let k = n - 1; k > 0; k--) {
    const pivot = rows[k];
    for (let i = 0; i < k; i++) {
      const row = rows[i];
      const factor = row[k] / pivot[k];
      for (let j = 0; j < k; j++) row[j] -= factor * pivot[j];
      b[i] -= factor * b[k];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) b[i] -= rows[i][j] * b[j];
    b[i] /= rows[i][i];
  }
  return b;
}

/**
 * The threshold at which a run length, increasing in it, equals the target.
 *
 * Regula falsi on the logarithm with the Illinois halving, from a bracket that grows from `guess`.
 *
 * @throws DomainError when no threshold up to 1000 times the guess reaches the target
 */
export function thresholdFor(fn: string, targetRunLength: number, runLengthAt: (threshold: number) => number, guess: number): number {
  requireNumber(fn, 'targetRunLength', targetRunLength, { min: 2, max: 1e6 });
  const gap = (threshold: number): number => Math.log(runLengthAt(threshold) / targetRunLength);
  let [low, high] = [guess, guess];
  let gapLow = gap(guess);
  let gapHigh = gapLow;
  while (gapHigh < 0 && high < guess * 1000) {
    [low, gapLow, high] = [high, gapHigh, high * 1.3];
    gapHigh = gap(high);
  }
  while (gapLow > 0 && low > guess / 1000) {
    [high, gapHigh, low] = [low, gapLow, low / 1.3];
    gapLow = gap(low);
  }
  if (gapLow > 0 || !(gapHigh >= 0)) throw new DomainError(`${fn}: targetRunLength must be one that a threshold reaches, got ${targetRunLength}`);
  let held = 0; // which end the last step left in place
  for (let i = 0; i < 60; i++) {
    const middle = high - (gapHigh * (high - low)) / (gapHigh - gapLow || 1);
    const gapMiddle = gap(middle);
    if (Math.abs(gapMiddle) < 1e-10 || high - low < 1e-13 * high) return middle;
    if (gapMiddle > 0) {
      [high, gapHigh] = [middle, gapMiddle];
      if (held < 0) gapLow /= 2;
      held = -1;
    } else {
      [low, gapLow] = [middle, gapMiddle];
      if (held > 0) gapHigh /= 2;
      held = 1;
    }
  }
  return (low + high) / 2;
}
