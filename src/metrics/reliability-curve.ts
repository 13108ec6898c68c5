/** Frequencies beside the probabilities that promised them, with bands. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, requireSameLength } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import { lowerBound, sortedFinite } from '../core/sort.ts';
import { normalQuantile } from '../core/special-functions.ts';
import { quantileSorted } from '../core/stats.ts';
import { binaryRows } from './binary-rows.ts';
import type { BinaryRows } from './binary-rows.ts';
import { summarizeBins, uniformEdges } from './calibration-bins.ts';
import type { CalibrationBin } from './calibration-bins.ts';
import { sessionBlocks } from './session-blocks.ts';

export interface ReliabilityCurveOptions {
  /** At most 1000. @default 10 */
  readonly bins?: number;
  /** Edges at k / bins, or at the quantiles k / bins of the probabilities. A bin holds its upper edge; the first also its lower one. @default 'uniform' */
  readonly binning?: 'uniform' | 'quantile';
  /** Wilson's band takes rows as independent; the bootstrap draws blocks of sessions, for labels that overlap and names that move together. @default 'wilson' */
  readonly bands?: 'wilson' | 'bootstrap';
  /** Level of each bin's band, in (0, 1). @default 0.95 */
  readonly confidence?: number;
  /** Fewest rows for `reason` to be null. @default 2 * bins */
  readonly minimumRows?: number;
  /** Session of each row, shape (n); the bootstrap needs it. */
  readonly sessions?: ArrayLike<number>;
  /** Distinct sessions in a block. @default 20 */
  readonly blockSessions?: number;
  /** Bootstrap draws, 100 to 10000. @default 1000 */
  readonly replicates?: number;
  /** Seed of the bootstrap. @default 0 */
  readonly seed?: number;
}

export interface ReliabilityBin extends CalibrationBin {
  /** Band of the frequency, in [0, 1]; NaN exactly when `reason` is not null. */
  readonly frequencyLower: number;
  readonly frequencyUpper: number;
  /** Why the bin has no band: no row; for the bootstrap also fewer than 5 blocks, or outcomes all the same, which no draw can vary. */
  readonly reason: 'empty' | 'too-few-blocks' | 'one-class' | null;
}

export interface ReliabilityCurve {
  /** Ascending, empty ones included, shape (bins); no bin without a row. */
  readonly bins: readonly ReliabilityBin[];
  /** Why the curve says nothing about calibration: no row, or fewer than `minimumRows`. The bins show what there is. */
  readonly reason: 'no-rows' | 'insufficient' | null;
  readonly n: number;
  /** Rows left out because the outcome or the probability is NaN. */
  readonly missing: number;
}

const OPTION_KEYS = ['bins', 'binning', 'bands', 'confidence', 'minimumRows', 'sessions', 'blockSessions', 'replicates', 'seed'];
const MINIMUM_BLOCKS = 5; // percentiles of fewer blocks are a handful of values

/**
 * Reliability curve of probabilities of outcome 1.
 *
 * @param actual - outcomes, 0 or 1, shape (n); rows with a NaN are left out and counted
 * @param probability - of outcome 1, in [0, 1], shape (n)
 * @throws ShapeError for different lengths; DomainError for other outcomes, a probability outside [0, 1], or a bootstrap without sessions
 * @see Wilson (1927), "Probable inference, the law of succession, and statistical inference"; Kunsch (1989), "The jackknife and the bootstrap for general stationary observations", of blocks that do not overlap
 * @example reliabilityCurve(outcome, probability, { binning: 'quantile' }).bins[0].frequency
 */
export function reliabilityCurve(actual: ArrayLike<number>, probability: ArrayLike<number>, options: ReliabilityCurveOptions = {}): ReliabilityCurve {
  const fn = 'reliabilityCurve';
  requireKnownKeys(fn, options, OPTION_KEYS);
  const bins = requireInteger(fn, 'bins', options.bins ?? 10, { min: 1, max: 1000 });
  const binning = requireOneOf(fn, 'binning', options.binning ?? 'uniform', ['uniform', 'quantile']);
  const bands = requireOneOf(fn, 'bands', options.bands ?? 'wilson', ['wilson', 'bootstrap']);
  const confidence = requireNumber(fn, 'confidence', options.confidence ?? 0.95, { min: 0, max: 1, open: true });
  const minimumRows = requireInteger(fn, 'minimumRows', options.minimumRows ?? 2 * bins, { min: 1 });
  const rows = binaryRows(fn, 'probability', actual, probability, undefined);
  const edges = binning === 'uniform' || rows.n === 0 ? uniformEdges(bins) : quantileEdges(rows.score, bins);
  const binOf = new Uint32Array(rows.n);
  for (let i = 0; i < rows.n; i++) binOf[i] = lowerBound(edges, rows.score[i], 1, bins) - 1;
  const table = summarizeBins(rows, binOf, bins, edges);
  const banded = bands === 'wilson' ? table.map((bin) => wilsonBand(bin, confidence)) : bootstrapBands(fn, rows, binOf, table, confidence, actual.length, options);
  const reason = rows.n === 0 ? 'no-rows' : rows.n < minimumRows ? 'insufficient' : null;
  return Object.freeze({ bins: Object.freeze(banded), reason, n: rows.n, missing: rows.missing });
}

// Levels take scikit-learn's way through percent: its rounding decides on which side of an edge a value equal to it falls.
function quantileEdges(probability: Float64Array, bins: number): Float64Array {
  const sorted = sortedFinite(probability);
  return Float64Array.from({ length: bins + 1 }, (_, k) => quantileSorted(sorted, k === bins ? 1 : (k * (1 / bins) * 100) / 100));
}

function withBand(bin: CalibrationBin, reason: ReliabilityBin['reason'], frequencyLower = NaN, frequencyUpper = NaN): ReliabilityBin {
  return Object.freeze({ ...bin, frequencyLower, frequencyUpper, reason });
}

function wilsonBand(bin: CalibrationBin, confidence: number): ReliabilityBin {
  const { n, frequency } = bin;
  if (n === 0) return withBand(bin, 'empty');
  const z = normalQuantile((1 + confidence) / 2);
  const center = (frequency + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((frequency * (1 - frequency)) / n + (z * z) / (4 * n * n));
  return withBand(bin, null, Math.max(0, center - half), Math.min(1, center + half));
}

// Percentiles of the frequencies of each bin when blocks are drawn with replacement; edges and bins stay.
function bootstrapBands(fn: string, rows: BinaryRows, binOf: Uint32Array, table: readonly CalibrationBin[], confidence: number, size: number, options: ReliabilityCurveOptions): ReliabilityBin[] {
  const { sessions } = options;
  if (sessions === undefined) throw new DomainError(`${fn}: sessions must be given for bootstrap bands, got undefined; Wilson bands need none`);
  requireSameLength(fn, { actual: { length: size }, sessions });
  const replicates = requireInteger(fn, 'replicates', options.replicates ?? 1000, { min: 100, max: 1e4 });
  const blockOf = sessionBlocks(fn, sessions, requireInteger(fn, 'blockSessions', options.blockSessions ?? 20, { min: 1 }));
  const bins = table.length;
  const blocks = blockOf.reduce((most, block) => Math.max(most, block + 1), 0);
  const counts = new Float64Array(blocks * bins); // rows of each bin in each block
  const ones = new Float64Array(blocks * bins);
  for (let i = 0; i < rows.n; i++) {
    const cell = blockOf[rows.row[i]] * bins + binOf[i];
    counts[cell]++;
    ones[cell] += rows.outcome[i];
  }
  const stream = randomStream(requireInteger(fn, 'seed', options.seed ?? 0, { min: -2147483648, max: 4294967295 }), 'reliability');
  const drawn = table.map(() => new Float64Array(replicates));
  const [n, k] = [new Float64Array(bins), new Float64Array(bins)];
  for (let replicate = 0; replicate < replicates; replicate++) {
    n.fill(0);
    k.fill(0);
    for (let draw = 0; draw < blocks; draw++) {
      const start = stream.integer(blocks) * bins;
      for (let b = 0; b < bins; b++) {
        n[b] += counts[start + b];
        k[b] += ones[start + b];
      }
    }
    for (let b = 0; b < bins; b++) drawn[b][replicate] = k[b] / n[b];
  }
  return table.map((bin, b) => {
    let occupied = 0;
    for (let block = 0; block < blocks; block++) if (counts[block * bins + b] > 0) occupied++;
    const reason = bin.n === 0 ? 'empty' : occupied < MINIMUM_BLOCKS ? 'too-few-blocks' : bin.frequency === 0 || bin.frequency === 1 ? 'one-class' : null;
    if (reason !== null) return withBand(bin, reason);
    const sorted = sortedFinite(drawn[b]); // a draw without a row of the bin is NaN and left out
    return withBand(bin, null, quantileSorted(sorted, (1 - confidence) / 2), quantileSorted(sorted, (1 + confidence) / 2));
  });
}
