/** How far a statistic of a dependent series may lie from the truth, by drawing the series again in blocks. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { randomStream } from '../core/random.ts';
import type { RandomStream } from '../core/random.ts';
import { sortedFinite } from '../core/sort.ts';
import { mean, quantileSorted, standardDeviation } from '../core/stats.ts';
import { optimalBlockLength } from './block-length.ts';

export interface BlockBootstrapOptions {
  /** Seed of every draw. The first draws do not depend on how many follow. */
  readonly seed: number;
  /**
   * The statistic of a drawn series. `sample` is reused between calls; `positions` says which values of the series it holds, for statistics
   * of several series side by side. NaN when undefined. @default the mean
   */
  readonly statistic?: (sample: Float64Array, positions: Uint32Array) => number;
  /** Blocks of random length that wrap around, of fixed length that wrap around, or of fixed length that do not. @default 'stationary' */
  readonly scheme?: 'stationary' | 'circular' | 'moving';
  /** Length of a block, its mean for `stationary`, an integer for the others, in [1, n]. @default {@link optimalBlockLength} of the series */
  readonly blockLength?: number;
  /** Number of draws. @default 1000 */
  readonly resamples?: number;
  /** Of the intervals, in (0, 1). @default 0.95 */
  readonly confidence?: number;
}

/** Why there are no intervals: fewer than two values, or a statistic that is not finite on the series or on all draws. */
export type UndefinedBootstrapReason = 'too-few-values' | 'undefined-statistic' | 'undefined-replicates';

export interface BootstrapInterval {
  readonly lower: number;
  readonly upper: number;
}

export interface BlockBootstrap {
  /** The statistic of the series itself; NaN when undefined. */
  readonly estimate: number;
  /** Standard deviation of the replicates; NaN with a reason. */
  readonly standardError: number;
  /** Mean of the replicates less the estimate; NaN with a reason. */
  readonly bias: number;
  /** Quantiles of the replicates. */
  readonly percentile: BootstrapInterval;
  /** Twice the estimate less those quantiles: what the errors of the replicates say about that of the estimate. */
  readonly basic: BootstrapInterval;
  /** Length used; NaN with `too-few-values`. */
  readonly blockLength: number;
  /** The statistic of each draw, shape (resamples); NaN where undefined. */
  readonly replicates: Float64Array;
  /** Draws on which the statistic is not finite; they are left out. */
  readonly undefinedReplicates: number;
  /** Values that are not NaN. */
  readonly n: number;
  readonly missing: number;
  readonly reason: UndefinedBootstrapReason | null;
}

// Values drawn between two steps of progress: about a millisecond.
const VALUES_PER_STEP = 50_000;

/**
 * Block bootstrap of a statistic of one series, as a task to drive or `yield*`.
 *
 * A missing value is drawn like any other: the mean leaves it out, a statistic of yours sees NaN.
 *
 * @param values - in time order, shape (n); NaN is missing and keeps its place
 * @throws DomainError for a block length outside [1, n]
 * @see Politis and Romano (1994), "The stationary bootstrap"; Politis and Romano (1992) for circular, Kuensch (1989) for moving blocks; Davison and Hinkley (1997), Bootstrap Methods, 5.2 for the intervals
 */
export function* blockBootstrapTask(values: ArrayLike<number>, options: BlockBootstrapOptions): Task<BlockBootstrap> {
  const fn = 'blockBootstrap';
  requireKnownKeys(fn, options, ['seed', 'statistic', 'scheme', 'blockLength', 'resamples', 'confidence']);
  const { statistic = mean } = options;
  const scheme = requireOneOf(fn, 'scheme', options.scheme ?? 'stationary', ['stationary', 'circular', 'moving']);
  const resamples = requireInteger(fn, 'resamples', options.resamples ?? 1000, { min: 2 });
  const confidence = requireNumber(fn, 'confidence', options.confidence ?? 0.95, { min: 0, max: 1, open: true });
  const stream = randomStream(options.seed, 'block bootstrap');
  const series = Float64Array.from(values);
  const size = series.length;
  const n = series.filter((value) => value === value).length;
  const replicates = new Float64Array(resamples).fill(NaN);
  if (n < 2) return summary(n === 0 ? NaN : statistic(series.slice(), Uint32Array.from(series.keys())), replicates, 'too-few-values');
  const blockLength = chosenLength(fn, options.blockLength, scheme, series);
  const estimate = statistic(series.slice(), Uint32Array.from(series.keys()));
  if (!Number.isFinite(estimate)) return summary(estimate, replicates, 'undefined-statistic');

  const sample = new Float64Array(size);
  const positions = new Uint32Array(size);
  const perStep = Math.max(1, Math.floor(VALUES_PER_STEP / size));
  for (let draw = 0; draw < resamples; draw++) {
    drawBlocks(positions, scheme, blockLength, stream.fork(`draw ${draw}`));
    for (let i = 0; i < size; i++) sample[i] = series[positions[i]];
    const value = statistic(sample, positions);
    if (Number.isFinite(value)) replicates[draw] = value;
    if ((draw + 1) % perStep === 0) yield { phase: 'block bootstrap', done: draw + 1, total: resamples };
  }
  return summary(estimate, replicates, null);

  function summary(found: number, drawn: Float64Array, undefinedReason: UndefinedBootstrapReason | null): BlockBootstrap {
    const sorted = sortedFinite(drawn);
    const reason = undefinedReason ?? (sorted.length < 2 ? 'undefined-replicates' : null);
    const [low, high] = [quantileSorted(sorted, (1 - confidence) / 2), quantileSorted(sorted, (1 + confidence) / 2)];
    const known = reason === null;
    return Object.freeze({
      estimate: Number.isFinite(found) ? found : NaN,
      standardError: known ? standardDeviation(sorted) : NaN,
      bias: known ? mean(sorted) - found : NaN,
      percentile: Object.freeze(known ? { lower: low, upper: high } : { lower: NaN, upper: NaN }),
      basic: Object.freeze(known ? { lower: 2 * found - high, upper: 2 * found - low } : { lower: NaN, upper: NaN }),
      blockLength: n < 2 ? NaN : blockLength,
      replicates: drawn,
      undefinedReplicates: undefinedReason === null ? resamples - sorted.length : 0,
      n,
      missing: size - n,
      reason,
    });
  }
}

/** Runs {@link blockBootstrapTask} without blocking the host. */
export function blockBootstrap(values: ArrayLike<number>, options: BlockBootstrapOptions & DriveOptions): Promise<BlockBootstrap> {
  return driveWith(options, (own) => blockBootstrapTask(values, own));
}

/** Runs {@link blockBootstrapTask} in one go. */
export function blockBootstrapSync(values: ArrayLike<number>, options: BlockBootstrapOptions & DriveOptions): BlockBootstrap {
  return driveWithSync(options, (own) => blockBootstrapTask(values, own));
}

type Scheme = NonNullable<BlockBootstrapOptions['scheme']>;

function chosenLength(fn: string, given: number | undefined, scheme: Scheme, series: Float64Array): number {
  const range = { min: 1, max: series.length };
  if (scheme === 'stationary') return given === undefined ? optimalBlockLength(series).stationary : requireNumber(fn, 'blockLength', given, range);
  return given === undefined ? Math.ceil(optimalBlockLength(series).circular) : requireInteger(fn, 'blockLength', given, range);
}

// Fills `positions` with stretches of consecutive positions.
function drawBlocks(positions: Uint32Array, scheme: Scheme, blockLength: number, random: RandomStream): void {
  const n = positions.length;
  const starts = scheme === 'moving' ? n - blockLength + 1 : n;
  const logStay = Math.log1p(-1 / blockLength); // a block goes on with probability 1 - 1 / length
  for (let i = 0; i < n; ) {
    let position = random.integer(starts);
    const length = scheme === 'stationary' ? 1 + Math.floor(Math.log1p(-random.uniform()) / logStay) : blockLength;
    for (const end = Math.min(n, i + length); i < end; i++) {
      positions[i] = position;
      position = position + 1 === n ? 0 : position + 1;
    }
  }
}
