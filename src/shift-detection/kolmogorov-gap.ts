/** The greatest difference of two distribution functions, as an integer: max |i n - j m| where i of m values and j of n lie at or below a value. */
import { binOf, edgeGrid, referenceBins } from './reference-bins.ts';
import { walkPooled } from './sample-values.ts';

/** From ascending samples. Clears `isTied` after each number of pooled values at which the value changes. */
export function sortedGap(a: Float64Array, b: Float64Array, isTied: Uint8Array): number {
  let gap = 0;
  walkPooled(a, b, (i, j) => {
    gap = Math.max(gap, Math.abs(i * b.length - j * a.length));
    isTied[i + j] = 0;
  });
  return gap;
}

const BINS = 4096;
const SAMPLED = 16384; // of each sample, for edges that part both evenly

/**
 * From samples in any order, sorting little of them: between two edges the difference cannot go further than the counts there let it, so only
 * bins that could beat the greatest difference at an edge are sorted.
 */
export function largestGap(a: Float64Array, b: Float64Array): number {
  const { edges, before, low, scale } = edgeGrid(referenceBins([...sampled(a), ...sampled(b)], BINS), 4 * BINS);
  const sides = [a, b].map((values) => {
    const bin = new Uint16Array(values.length);
    const counts = new Uint32Array(edges.length + 1);
    for (let i = 0; i < bin.length; i++) {
      const k = binOf(values[i], edges, before, low, scale);
      bin[i] = k;
      counts[k]++;
    }
    return { values, bin, counts };
  });
  const [first, second] = sides.map((side) => side.counts);
  const [up, down] = [b.length, a.length]; // what a value of each sample moves the difference by
  const starts = new Float64Array(first.length + 1);
  for (let k = 0; k < first.length; k++) starts[k + 1] = starts[k] + first[k] * up - second[k] * down;
  let gap = 0;
  for (const start of starts) gap = Math.max(gap, Math.abs(start));
  const edgeGap = gap;
  const mayBeat = starts.subarray(0, first.length).map((start, k) => (Math.max(start + first[k] * up, second[k] * down - start) > edgeGap ? 1 : 0));
  const [partsA, partsB] = sides.map(({ values, bin, counts }) => {
    const ends = new Uint32Array(counts.length);
    let size = 0;
    counts.forEach((count, k) => {
      ends[k] = size; // moved on with each value
      size += mayBeat[k] * count;
    });
    const kept = new Float64Array(size);
    for (let i = 0; i < values.length; i++) if (mayBeat[bin[i]] === 1) kept[ends[bin[i]]++] = values[i];
    return (k: number): Float64Array => kept.subarray(ends[k] - counts[k], ends[k]).sort();
  });
  for (let k = 0; k < first.length; k++) {
    if (mayBeat[k] === 1) walkPooled(partsA(k), partsB(k), (i, j) => {
      gap = Math.max(gap, Math.abs(starts[k] + i * up - j * down));
    });
  }
  return gap;
}

function sampled(values: Float64Array): Float64Array {
  const stride = Math.max(1, values.length / SAMPLED);
  return Float64Array.from({ length: Math.min(values.length, SAMPLED) }, (_, i) => values[Math.floor(i * stride)]);
}
