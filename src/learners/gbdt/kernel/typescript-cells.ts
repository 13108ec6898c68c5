/**
 * Cells of histograms in doubles.
 *
 * A cell is `count * unit + sum of q`, q the integer gradient of a row. With |sum of q| below half a unit and count * unit below 2^52 every
 * sum is exact: the order of rows does not matter, a child is its parent less its sibling to the bit, and an empty cell is exactly 0.
 */
import type { FitMemory } from './kernel.ts';
import { BINS } from './layout.ts';

/** Adding and taking off 1.5 * 2^52 rounds a double below 2^51 to the nearest integer, halves to even, for half of what Math.floor costs. */
export const ROUND = 6755399441055744;

/** Cells of one leaf, 256 per feature. */
export interface Cells {
  /** Counts and sums of gradients, packed. */
  readonly gradients: Float64Array;
  /** Sums of integer hessians; undefined when each is 1. */
  readonly hessians: Float64Array | undefined;
}

/** Value of one row in a cell: 2^32 below 2^20 rows, as in WebAssembly. Above, counts take bits that sums of gradients must leave. */
export function cellUnit(rowCount: number): number {
  return 2 ** (52 - Math.max(20, 32 - Math.clz32(rowCount)));
}

/** Empty cells for a leaf, those of the padding of rows included. */
export function createCells({ stride, hessians }: FitMemory): Cells {
  return { gradients: new Float64Array(stride * BINS), hessians: hessians === undefined ? undefined : new Float64Array(stride * BINS) };
}

/** Empties cells. */
export function clearCells({ gradients, hessians }: Cells): void {
  gradients.fill(0);
  hessians?.fill(0);
}

/** `large - small` into `large`, exact, for the cells of features `first .. end - 1`. */
export function subtractCells(large: Cells, small: Cells, first: number, end: number): void {
  subtract(large.gradients, small.gradients, first * BINS, end * BINS);
  if (large.hessians !== undefined && small.hessians !== undefined) subtract(large.hessians, small.hessians, first * BINS, end * BINS);
}

function subtract(a: Float64Array, b: Float64Array, begin: number, end: number): void {
  for (let i = begin; i < end; i += 4) {
    a[i] -= b[i];
    a[i + 1] -= b[i + 1];
    a[i + 2] -= b[i + 2];
    a[i + 3] -= b[i + 3];
  }
}

/** Unpacks the cells of a feature: gradients, hessians (counts when each is 1) and counts, 256 each. */
export function readCells({ gradients, hessians }: Cells, unit: number, feature: number, into: Float64Array): void {
  for (let b = 0; b < BINS; b++) {
    const packed = gradients[feature * BINS + b];
    const count = packed / unit + ROUND - ROUND;
    into[b] = packed - count * unit;
    into[BINS + b] = hessians === undefined ? count : hessians[feature * BINS + b];
    into[2 * BINS + b] = count;
  }
}
