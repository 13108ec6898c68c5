/** Splits of categorical features: one value against the rest, or sorted values cut in two. */
import { MISSING_BIN } from './binned-matrix.ts';
import { BINS } from './kernel/layout.ts';
import type { NodeSums } from './kernel/kernel.ts';
import { subtractSums } from './leaf-value.ts';
import type { Scales } from './leaf-value.ts';
import type { GbdtSettings } from './options.ts';
import type { Split, SplitJudge } from './split.ts';

/**
 * The best split of one categorical feature.
 *
 * Values are sorted by gradient over hessian: then the best of all subsets, for squared loss, is a prefix. Prefixes from both ends are
 * tried so that few values can stand on either side. Missing values take part as one more value; values that no row of the leaf has go with
 * the missing ones' default, right.
 *
 * @param cells - sums by bin, shape (3 * 256)
 * @see Fisher (1958), On grouping for maximum homogeneity
 */
export function scanCategorical(cells: Float64Array, feature: number, sums: NodeSums, judge: SplitJudge, scales: Scales, settings: GbdtSettings): Split | undefined {
  const present: number[] = [];
  for (let bin = 0; bin < BINS; bin++) if (cells[2 * BINS + bin] > 0) present.push(bin);
  if (present.length < 2) return undefined;
  return present.length <= settings.maxCatToOnehot ? oneAgainstRest(cells, feature, present, sums, judge) : sortedPrefixes(cells, feature, present, sums, judge, scales, settings);
}

function oneAgainstRest(cells: Float64Array, feature: number, present: readonly number[], sums: NodeSums, judge: SplitJudge): Split | undefined {
  let best: Split | undefined;
  for (const bin of present) {
    if (bin === MISSING_BIN) continue;
    const left = sumsOf(cells, bin);
    const gain = judge.gain(left, 0, 0);
    if (gain !== undefined && gain > (best?.gain ?? 0)) best = splitOf(gain, feature, [bin], left, sums);
  }
  return best;
}

function sortedPrefixes(cells: Float64Array, feature: number, present: readonly number[], sums: NodeSums, judge: SplitJudge, scales: Scales, settings: GbdtSettings): Split | undefined {
  const smooth = settings.catSmooth * scales.hessian;
  // Values with few rows say little and would be sorted by noise; they stay right.
  const sorted = present.filter((bin) => cells[2 * BINS + bin] >= settings.catSmooth).sort((a, b) => cells[a] / (cells[BINS + a] + smooth) - cells[b] / (cells[BINS + b] + smooth) || a - b);
  const most = Math.min(settings.maxCatThreshold, Math.ceil(sorted.length / 2));
  let best: Split | undefined;
  for (const ordered of [sorted, [...sorted].reverse()]) {
    let left: NodeSums = { gradient: 0, hessian: 0, count: 0 };
    let sinceLast = 0;
    for (let i = 0; i < most; i++) {
      const own = sumsOf(cells, ordered[i]);
      left = { gradient: left.gradient + own.gradient, hessian: left.hessian + own.hessian, count: left.count + own.count };
      sinceLast += own.count;
      if (sums.count - left.count < settings.minDataPerGroup) break;
      if (sinceLast < settings.minDataPerGroup) continue;
      sinceLast = 0;
      const gain = judge.gain(left, 0, settings.catL2);
      if (gain !== undefined && gain > (best?.gain ?? 0)) best = splitOf(gain, feature, ordered.slice(0, i + 1), left, sums);
    }
  }
  return best;
}

function sumsOf(cells: Float64Array, bin: number): NodeSums {
  return { gradient: cells[bin], hessian: cells[BINS + bin], count: cells[2 * BINS + bin] };
}

function splitOf(gain: number, feature: number, bins: readonly number[], left: NodeSums, sums: NodeSums): Split {
  const table = new Uint8Array(BINS);
  for (const bin of bins) table[bin] = 1;
  return { gain, rule: { feature, bin: 0, missingLeft: table[MISSING_BIN] === 1, table }, left, right: subtractSums(sums, left) };
}
