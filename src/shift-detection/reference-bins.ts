/** Bins of a reference sample, into which later samples are counted. */
import { requireInteger } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { sortedFinite } from '../core/sort.ts';
import { quantileSorted } from '../core/stats.ts';
import { numbersOf } from './sample-values.ts';

export interface ReferenceBins {
  /** Ascending distinct edges e; bin i is [e[i-1], e[i]), the first and the last reach to the infinities, shape (bins - 1). */
  readonly innerEdges: Float64Array;
}

/**
 * Bins of equal mass: edges at the R-7 quantiles i / bins of the reference, equal ones kept once, the outermost two opened to the infinities.
 *
 * @param values - in any order; NaN and what is no number is left out
 * @returns fewer bins than asked for where values repeat; one bin, no edge, for a constant or empty reference
 */
export function referenceBins(values: ArrayLike<number>, bins: number): ReferenceBins {
  requireInteger('referenceBins', 'bins', bins, { min: 1 });
  const sorted = sortedFinite(numbersOf(values));
  const edges = Array.from({ length: bins + 1 }, (_, i) => {
    const position = ((sorted.length - 1) * i) / bins;
    return Number.isInteger(position) ? sorted[position] : quantileSorted(sorted, i / bins); // a rounded i / bins must not part a value from its edge
  });
  const distinct = edges.filter((edge, i) => i === 0 || edge !== edges[i - 1]);
  return binsFromEdges(sorted.length === 0 ? [] : distinct.slice(1, -1));
}

/**
 * Bins between given edges.
 *
 * @throws DomainError unless the edges ascend
 */
export function binsFromEdges(innerEdges: ArrayLike<number>): ReferenceBins {
  const edges = Float64Array.from(innerEdges);
  if (!edges.every((edge, i) => (i === 0 ? edge === edge : edge > edges[i - 1]))) throw new DomainError('binsFromEdges: innerEdges must ascend');
  return Object.freeze({ innerEdges: edges });
}

/**
 * Bins of equal width between the least and the greatest finite reference value, the outermost two opened to the infinities.
 *
 * Outliers leave most of them empty: prefer {@link referenceBins}.
 */
export function equalWidthBins(values: ArrayLike<number>, bins: number): ReferenceBins {
  requireInteger('equalWidthBins', 'bins', bins, { min: 1 });
  const sorted = sortedFinite(numbersOf(values)).filter(Number.isFinite);
  const low = sorted[0];
  const width = (sorted[sorted.length - 1] - low) / bins;
  return binsFromEdges(width > 0 ? Array.from({ length: bins - 1 }, (_, i) => low + (i + 1) * width) : []);
}

/** A grid of cells over the edges, in which a value is looked up first. */
export interface EdgeGrid {
  readonly edges: Float64Array;
  /** Edges in the cells before each cell, shape (cells + 1). */
  readonly before: Uint32Array;
  readonly low: number;
  readonly scale: number;
}

/** The grid of some bins; by default of so few cells that they stay in the first cache. */
export function edgeGrid({ innerEdges: edges }: ReferenceBins, cells = 1024): EdgeGrid {
  const finite = edges.filter(Number.isFinite);
  const span = finite[finite.length - 1] - finite[0];
  const low = finite[0] - span; // as wide again on both sides: a fifth of the values lies beyond the edges of ten bins, and branches on them are slow
  const slope = (cells - 1) / (3 * span);
  const scale = Number.isFinite(slope) ? slope : 0;
  const before = new Uint32Array(cells + 1);
  for (const edge of edges) before[cellOf(edge, low, scale, cells - 1) + 1]++;
  for (let cell = 0; cell < cells; cell++) before[cell + 1] += before[cell];
  return { edges, before, low, scale };
}

// Never falls as values rise: edges of earlier cells lie at or below a value, those of later cells above it.
function cellOf(value: number, low: number, scale: number, last: number): number {
  const cell = (value - low) * scale;
  return cell >= last ? last : cell > 0 ? cell | 0 : 0;
}

/** Bin of a value that is not NaN. The fields of the grid come one by one, because a loop then keeps them in registers. */
export function binOf(value: number, edges: Float64Array, before: Uint32Array, low: number, scale: number): number {
  const cell = cellOf(value, low, scale, before.length - 2);
  let bin = before[cell];
  let end = before[cell + 1];
  while (bin < end) {
    const middle = (bin + end) >>> 1;
    if (edges[middle] <= value) bin = middle + 1;
    else end = middle;
  }
  return bin;
}

/**
 * Counts of a sample in each bin, and last of its missing values.
 *
 * @param values - NaN and what is no number counts as missing; infinities fall into the outer bins
 * @returns shape (bins + 1)
 */
export function binCounts(bins: ReferenceBins, values: ArrayLike<number>): Float64Array {
  const { edges, before, low, scale } = edgeGrid(bins);
  const counts = new Uint32Array(edges.length + 2); // integers add faster
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'number' && value === value) counts[binOf(value, edges, before, low, scale)]++;
    else counts[edges.length + 1]++;
  }
  return Float64Array.from(counts);
}
