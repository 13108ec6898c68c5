/** How often the strategy that was best in the sample disappoints outside it. */
import { requireInteger, requireKnownKeys, requireOneOf, show } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { mean, median } from '../core/stats.ts';

export interface BacktestOverfittingOptions {
  /** Parts the time is cut into, even, 2 to 20; each half of them is the sample once. 16 makes 12,870 splits. @default 16 */
  readonly partitions?: number;
  /**
   * Performance of a strategy over the returns it is given, more is better; NaN when undefined. The array is reused between calls.
   * The two named ones are summed by part and much faster. @default 'sharpe'
   */
  readonly performance?: 'sharpe' | 'mean' | ((returns: Float64Array) => number);
}

/** Why there is no probability: fewer than two strategies, fewer than two periods per part, or no split with two strategies to rank. */
export type UndefinedOverfittingReason = 'too-few-strategies' | 'too-few-periods' | 'undefined-performance';

export interface BacktestOverfitting {
  /** Share of splits whose best strategy in the sample ranks at or below the median outside: PBO, in [0, 1]; NaN exactly when `reason` says why. */
  readonly value: number;
  /** ln(w / (1 - w)) of each split, w the rank outside of the best inside over strategies + 1, shape (splits). */
  readonly logits: Float64Array;
  readonly medianLogit: number;
  /** Performance of the best strategy in the sample, and of the same one outside, shape (splits). */
  readonly inSample: Float64Array;
  readonly outOfSample: Float64Array;
  /** Least squares line of the second on the first: a slope near or below 0 says that the search found nothing that lasts. NaN when the first does not vary. */
  readonly degradation: { readonly slope: number; readonly intercept: number };
  /** Share of splits in which the chosen strategy performs below 0 outside; NaN with a reason. */
  readonly probabilityOfLoss: number;
  /** Splits counted. */
  readonly splits: number;
  /** Splits left out: fewer than two strategies defined, or the chosen one undefined outside. */
  readonly skipped: number;
  readonly reason: UndefinedOverfittingReason | null;
}

// Values read between two steps of progress: a few milliseconds.
const VALUES_PER_STEP = 500_000;

/**
 * Probability of backtest overfitting by combinatorially symmetric cross-validation, as a task to drive or `yield*`.
 *
 * The time is cut into parts that differ in length by one period at most. For every choice of half of them, the strategy that performs best on
 * that half (the first of equal ones) is ranked on the other half, tied ones sharing the mean rank.
 *
 * @param strategies - returns per period of each strategy tried, all of one length, in time order; NaN is missing
 * @throws ShapeError for different lengths; DomainError for an odd number of parts and for infinite returns
 * @see Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting", section 3
 */
export function* probabilityOfBacktestOverfittingTask(strategies: readonly ArrayLike<number>[], options: BacktestOverfittingOptions = {}): Task<BacktestOverfitting> {
  const fn = 'probabilityOfBacktestOverfitting';
  requireKnownKeys(fn, options, ['partitions', 'performance']);
  const parts = requireInteger(fn, 'partitions', options.partitions ?? 16, { min: 2, max: 20 });
  if (parts % 2 !== 0) throw new DomainError(`${fn}: partitions must be even, got ${show(parts)}`);
  const performance = typeof options.performance === 'function' ? options.performance : requireOneOf(fn, 'performance', options.performance ?? 'sharpe', ['sharpe', 'mean']);
  const periods = strategies[0]?.length ?? 0;
  strategies.forEach((returns, s) => {
    if (returns.length !== periods) throw new ShapeError(`${fn}: strategies must have one length, got ${periods} and ${returns.length} (strategy ${s})`);
    for (let t = 0; t < periods; t++) if (Math.abs(returns[t]) === Infinity) throw new DomainError(`${fn}: returns must be finite or NaN, got ${show(returns[t])} in strategy ${s} at position ${t}`);
  });
  if (strategies.length < 2) return summary([], [], [], 0, 'too-few-strategies');
  if (periods < 2 * parts) return summary([], [], [], 0, 'too-few-periods');

  const cut = Uint32Array.from({ length: parts + 1 }, (_, b) => Math.floor((b * periods) / parts));
  const measure = typeof performance === 'function' ? gathered(strategies, cut, performance) : merged(strategies, cut, performance);
  const total = binomial(parts, parts / 2);
  const logits: number[] = [];
  const inSample: number[] = [];
  const outOfSample: number[] = [];
  const judge = (inside: Float64Array, outside: Float64Array): void => {
    const best = indexOfMaximum(inside);
    const logit = best === -1 ? NaN : rankLogit(outside, best);
    if (logit !== logit) return;
    logits.push(logit);
    inSample.push(inside[best]);
    outOfSample.push(outside[best]);
  };
  const cost = strategies.length * (typeof performance === 'function' ? periods : parts);
  const perStep = 2 * Math.max(1, Math.floor(VALUES_PER_STEP / cost));
  let done = 0;
  for (const half of halves(parts)) {
    const [inside, outside] = [measure(half, true), measure(half, false)];
    judge(inside, outside);
    judge(outside, inside);
    done += 2;
    if (done % perStep === 0) yield { phase: 'backtest overfitting', done, total };
  }
  return summary(logits, inSample, outOfSample, total - logits.length, logits.length === 0 ? 'undefined-performance' : null);
}

/** Runs {@link probabilityOfBacktestOverfittingTask} without blocking the host. */
export function probabilityOfBacktestOverfitting(strategies: readonly ArrayLike<number>[], options: BacktestOverfittingOptions & DriveOptions = {}): Promise<BacktestOverfitting> {
  return driveWith(options, (own) => probabilityOfBacktestOverfittingTask(strategies, own));
}

/** Runs {@link probabilityOfBacktestOverfittingTask} in one go. */
export function probabilityOfBacktestOverfittingSync(strategies: readonly ArrayLike<number>[], options: BacktestOverfittingOptions & DriveOptions = {}): BacktestOverfitting {
  return driveWithSync(options, (own) => probabilityOfBacktestOverfittingTask(strategies, own));
}

function summary(logits: readonly number[], inSample: readonly number[], outOfSample: readonly number[], skipped: number, reason: UndefinedOverfittingReason | null): BacktestOverfitting {
  const splits = logits.length;
  return Object.freeze({
    value: logits.filter((logit) => logit <= 0).length / splits, // 0 / 0 is NaN
    logits: Float64Array.from(logits),
    medianLogit: median(logits),
    inSample: Float64Array.from(inSample),
    outOfSample: Float64Array.from(outOfSample),
    degradation: lineThrough(inSample, outOfSample),
    probabilityOfLoss: outOfSample.filter((value) => value < 0).length / splits,
    splits,
    skipped,
    reason,
  });
}

/** Performance of every strategy on the parts that are in the half, or on the others. */
type Measure = (half: Uint8Array, inside: boolean) => Float64Array;

// Count, mean and sum of squared deviations of each part are merged, so that no split reads the returns again.
function merged(strategies: readonly ArrayLike<number>[], cut: Uint32Array, kind: 'sharpe' | 'mean'): Measure {
  const parts = cut.length - 1;
  const moments = strategies.map((returns) => {
    const [count, center, squares] = [new Float64Array(parts), new Float64Array(parts), new Float64Array(parts)];
    for (let b = 0; b < parts; b++) {
      for (let t = cut[b]; t < cut[b + 1]; t++) {
        if (returns[t] !== returns[t]) continue;
        const d = returns[t] - center[b];
        center[b] += d / ++count[b];
        squares[b] += d * (returns[t] - center[b]);
      }
    }
    return { count, center, squares };
  });
  return (half, inside) => Float64Array.from(moments, ({ count, center, squares }) => {
    let [n, m, s] = [0, 0, 0];
    for (let b = 0; b < parts; b++) {
      if ((half[b] === 1) !== inside || count[b] === 0) continue;
      // Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", equation 2.1
      const d = center[b] - m;
      const sum = n + count[b];
      m += d * (count[b] / sum); // exact for the first part, so that constant returns keep a sum of squares of 0
      s += squares[b] + (d * d * n * count[b]) / sum;
      n = sum;
    }
    if (kind === 'mean') return n === 0 ? NaN : m;
    return n < 2 || !(s > 0) ? NaN : m / Math.sqrt(s / (n - 1));
  });
}

function gathered(strategies: readonly ArrayLike<number>[], cut: Uint32Array, performance: (returns: Float64Array) => number): Measure {
  const buffer = new Float64Array(cut[cut.length - 1]);
  return (half, inside) => Float64Array.from(strategies, (returns) => {
    let n = 0;
    for (let b = 0; b + 1 < cut.length; b++) {
      if ((half[b] === 1) !== inside) continue;
      for (let t = cut[b]; t < cut[b + 1]; t++) if (returns[t] === returns[t]) buffer[n++] = returns[t];
    }
    return performance(buffer.subarray(0, n));
  });
}

// Every choice of half of the parts that has the first part; the others are their complements.
function* halves(parts: number): Generator<Uint8Array> {
  const chosen = new Uint8Array(parts);
  chosen[0] = 1;
  yield* choose(1, parts / 2 - 1);

  function* choose(from: number, left: number): Generator<Uint8Array> {
    if (left === 0) {
      yield chosen;
      return;
    }
    for (let b = from; b <= parts - left; b++) {
      chosen[b] = 1;
      yield* choose(b + 1, left - 1);
      chosen[b] = 0;
    }
  }
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return value;
}

function indexOfMaximum(values: Float64Array): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i] && (best === -1 || values[i] > values[best])) best = i;
  return best;
}

// Of w = rank / (strategies + 1) among the strategies that are defined; NaN with fewer than two.
function rankLogit(performance: Float64Array, chosen: number): number {
  let [below, tied, defined] = [0, 0, 0];
  for (const value of performance) {
    if (value !== value) continue;
    defined++;
    if (value < performance[chosen]) below++;
    else if (value === performance[chosen]) tied++;
  }
  const rank = below + (tied + 1) / 2;
  return tied === 0 || defined < 2 ? NaN : Math.log(rank / (defined + 1 - rank));
}

function lineThrough(x: readonly number[], y: readonly number[]): { readonly slope: number; readonly intercept: number } {
  const [mx, my] = [mean(x), mean(y)];
  let [sxx, sxy] = [0, 0];
  x.forEach((value, i) => {
    sxx += (value - mx) ** 2;
    sxy += (value - mx) * (y[i] - my);
  });
  const slope = sxx > 0 ? sxy / sxx : NaN;
  return Object.freeze({ slope, intercept: my - slope * mx });
}
