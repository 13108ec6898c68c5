/** What chance alone makes of a distance between the shares of two samples in the same bins. */
import { hashUniform } from '../core/hash.ts';
import { mean, variance } from '../core/stats.ts';
import type { Pair } from './two-sample.ts';

export interface CountOptions {
  /**
   * Rows added to each sample, dealt over the bins by the shares of both samples together, so that no share is 0 while equal shares stay
   * equal; >= 0. With neither this nor a floor an empty bin gives Infinity. @default 5, or 0 with a floor
   */
  readonly smoothing?: number;
  /** Least share of a bin in either sample, in [0, 1]; the convention of most dashboards. Shares no longer add up to 1. @default 0 */
  readonly floor?: number;
  /** Of the draws behind the p-values of small samples. @default 0 */
  readonly seed?: number;
}

/** A distance f(p, q) of two lists of shares; near p = q it is `curvature` times the sum of (p - q)^2 / p. */
export interface Divergence {
  readonly between: (p: Float64Array, q: Float64Array) => number;
  readonly curvature: number;
}

export interface Shares {
  readonly p: Float64Array;
  readonly q: Float64Array;
  readonly n: Pair;
  /** Bins that are not empty in both samples. */
  readonly bins: number;
}

/** Shares of each bin, smoothed or floored; 0 in bins empty in both samples. */
export function sharesOf(first: Float64Array, second: Float64Array, smoothing: number, floor: number): Shares {
  const [p, q] = [new Float64Array(first.length), new Float64Array(first.length)];
  const n: Pair = [total(first), total(second)];
  let bins = 0;
  for (let i = 0; i < p.length; i++) {
    const pooled = (first[i] + second[i]) / (n[0] + n[1]);
    if (!(pooled > 0)) continue;
    p[i] = Math.max(floor, (first[i] + smoothing * pooled) / (n[0] + smoothing));
    q[i] = Math.max(floor, (second[i] + smoothing * pooled) / (n[1] + smoothing));
    bins++;
  }
  return { p, q, n, bins };
}

/** (1 / n1 + 1 / n2) times the square of the factor by which smoothing brings the shares together. */
export function nullScale([first, second]: Pair, smoothing: number): number {
  const kept = (second * (first / (first + smoothing)) + first * (second / (second + smoothing))) / (first + second);
  return kept * kept * (1 / first + 1 / second);
}

const ENOUGH_PER_BIN = 20; // from here on the chi-square limit errs by less than a quarter of the level

/**
 * Distribution of a divergence when nothing has changed, as a gamma distribution.
 *
 * The divergences of counts are, for many rows, `curvature` (1 / n1 + 1 / n2) times chi-square: Salicru, Morales, Menendez and Pardo (1994),
 * "On the applications of divergence type measures in testing statistical hypotheses". For few rows the mean and variance are those of draws from
 * a Polya urn filled with the reference, which is how the gaps between its order statistics take up new values of the same distribution.
 */
export function nullGamma(reference: Float64Array, currentSize: number, { smoothing, floor, seed }: Required<CountOptions>, divergence: Divergence): { readonly shape: number; readonly scale: number } {
  const rows = total(reference);
  const bins = reference.filter((count) => count > 0).length;
  const limit = { shape: Math.max(1, bins - 1) / 2, scale: 2 * divergence.curvature * nullScale([rows, currentSize], smoothing) };
  if (Math.min(rows, currentSize) >= ENOUGH_PER_BIN * bins) return limit;
  const size = Math.ceil(Math.min(currentSize, 50 * bins)); // more rows add nothing but a factor of scale
  const values = new Float64Array(Math.max(100, Math.min(1000, Math.floor(1e6 / size))));
  const drawn = new Float64Array(reference.length);
  const picks = new Uint32Array(size);
  const upTo = cumulative(reference.map((count) => count + 1 / reference.length));
  const inside = upTo[upTo.length - 1];
  for (let draw = 0; draw < values.length; draw++) {
    drawn.fill(0);
    for (let i = 0; i < size; i++) {
      const at = hashUniform(seed, draw, i) * (inside + i);
      let bin = 0;
      if (at < inside) while (upTo[bin] <= at) bin++;
      else bin = picks[Math.floor(at - inside)];
      picks[i] = bin;
      drawn[bin]++;
    }
    const { p, q } = sharesOf(reference, drawn, smoothing, floor);
    values[draw] = divergence.between(p, q);
  }
  const [center, spread] = [mean(values), variance(values)];
  if (!(center > 0 && spread > 0 && spread < Infinity)) return limit;
  return { shape: (center * center) / spread, scale: ((spread / center) * nullScale([rows, currentSize], smoothing)) / nullScale([rows, size], smoothing) };
}

function cumulative(weights: Float64Array): Float64Array {
  let sum = 0;
  return weights.map((weight) => (sum += weight));
}

export function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
