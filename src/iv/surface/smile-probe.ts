/** How the arbitrage checker looks at a smile: total variance only, on a grid that is fine where the smile bends, with its own prices and derivatives. */
import { normalizedBlack } from '../black/normalized-black.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';

const EPSILON = 2.220446049250313e-16;
const INV_SQRT_TWO_PI = 0.3989422804014327;
const BASE_INTERVALS = 100; // each is halved twice at least
const MAX_DEPTH = 12;
const MAX_NODES = 40_000;
// Second differences over half and quarter intervals that differ by less than this leave nothing unseen between nodes.
const CURVATURE_STEP = 0.05;

/** A smile on a grid. Nodes where it has no value are left out. */
export interface SmileProbe {
  /** Total variance at any log-moneyness. */
  readonly at: (logMoneyness: number) => number;
  /** Ascending, with 0 among them when it is in range. */
  readonly logMoneyness: Float64Array;
  readonly totalVariance: Float64Array;
  /** Grid nodes at which the smile has no value. */
  readonly undefinedNodes: number;
}

/** Samples a smile over a range: evenly, and finer wherever its second difference still changes. */
export function probeSmile(smile: Smile, low: number, high: number): SmileProbe {
  const out = new Float64Array(3);
  const at = (k: number): number => {
    evaluateSmile(smile, k, out);
    return out[0];
  };
  const nodes: number[] = [];
  const values: number[] = [];
  const refine = (a: number, wa: number, b: number, wb: number, parent: number, depth: number): void => {
    const m = a + (b - a) / 2;
    const wm = at(m);
    const curvature = (4 * (wa - 2 * wm + wb)) / ((b - a) * (b - a));
    const settled = depth > 0 && !(Math.abs(curvature - parent) > CURVATURE_STEP * (1 + Math.abs(curvature)));
    if (!settled && depth < MAX_DEPTH && nodes.length < MAX_NODES) {
      refine(a, wa, m, wm, curvature, depth + 1);
      refine(m, wm, b, wb, curvature, depth + 1);
      return;
    }
    nodes.push(m, b);
    values.push(wm, wb);
  };
  const edges = low < 0 && high > 0 ? [low, 0, high] : [low, high];
  nodes.push(low);
  values.push(at(low));
  for (let e = 1; e < edges.length; e++) {
    const count = Math.max(1, Math.round((BASE_INTERVALS * (edges[e] - edges[e - 1])) / (high - low)));
    const edge = (i: number): number => (i === count ? edges[e] : edges[e - 1] + ((edges[e] - edges[e - 1]) * i) / count);
    for (let i = 1; i <= count; i++) refine(edge(i - 1), at(edge(i - 1)), edge(i), at(edge(i)), 0, 0);
  }
  const logMoneyness = new Float64Array(nodes.length);
  const totalVariance = new Float64Array(nodes.length);
  let n = 0;
  for (let i = 0; i < nodes.length; i++) {
    if (values[i] !== values[i]) continue;
    logMoneyness[n] = nodes[i];
    totalVariance[n++] = values[i];
  }
  return { at, logMoneyness: logMoneyness.subarray(0, n), totalVariance: totalVariance.subarray(0, n), undefinedNodes: nodes.length - n };
}

/** A number and what rounding and truncation may have put into it. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * Durrleman's g from central differences of total variance at h and 2 h, extrapolated to h = 0; the two steps' disagreement, larger by an
 * order than what is left, is the error. At a kink they disagree by as much as they see: nothing is claimed there.
 */
export function differencedG(probe: SmileProbe, k: number, h: number): Estimate {
  const w = probe.at(k);
  const [a2, a1, b1, b2] = [probe.at(k - 2 * h), probe.at(k - h), probe.at(k + h), probe.at(k + 2 * h)];
  const rounding = 4 * EPSILON * (Math.abs(w) + Math.abs(k) * Math.abs((b1 - a1) / h)); // k itself is a rounded number
  const slopeH = (b1 - a1) / (2 * h);
  const slope2H = (b2 - a2) / (4 * h);
  const curvatureH = (b1 - 2 * w + a1) / (h * h);
  const curvature2H = (b2 - 2 * w + a2) / (4 * h * h);
  const slope = slopeH + (slopeH - slope2H) / 3;
  const curvature = curvatureH + (curvatureH - curvature2H) / 3;
  const slopeError = Math.abs(slopeH - slope2H) + rounding / h;
  const curvatureError = Math.abs(curvatureH - curvature2H) + (4 * rounding) / (h * h);
  const tilt = 1 - (k * slope) / (2 * w);
  const value = tilt * tilt - ((slope * slope) / 4) * (1 / w + 0.25) + curvature / 2;
  const sensitivity = Math.abs((tilt * k) / w) + (Math.abs(slope) / 2) * (1 / w + 0.25);
  return { value, error: sensitivity * slopeError + (slopeError * slopeError * (1 / w + 1 + (k / w) * (k / w))) / 4 + curvatureError / 2 };
}

/** Step of the differences whose error is smallest, of some halvings. */
export function bestDifferencedG(probe: SmileProbe, k: number, start: number): Estimate {
  let best = differencedG(probe, k, start);
  for (let i = 0, h = start / 2; i < 5; i++, h /= 2) {
    const next = differencedG(probe, k, h);
    if (next.error < best.error || best.error !== best.error) best = next;
  }
  return best;
}

/** Prices at the nodes of a probe, shape (n). */
export interface ProbePrices {
  /** Price over the forward of the option of the two that is out of the money: the put below the forward, the call from it on; NaN where total variance is not positive. */
  readonly price: Float64Array;
  /** What rounding of total variance, its argument and the formula can do to the price. */
  readonly error: Float64Array;
}

/** Black prices at places of a smile. */
export function pricesAt(logMoneyness: ArrayLike<number>, totalVariance: ArrayLike<number>): ProbePrices {
  const n = logMoneyness.length;
  const price = new Float64Array(n);
  const error = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const k = logMoneyness[i];
    const w = totalVariance[i];
    price[i] = w > 0 ? Math.exp(k / 2) * normalizedBlack(-Math.abs(k), Math.sqrt(w)) : NaN;
    error[i] = 4 * EPSILON * price[i] * (2 + (k * k) / w + w / 4); // a relative change of w is worth (d^2 + 1) / 2 of price
  }
  return { price, error };
}

/**
 * Slope in strike / forward between two nodes on one side of the forward. In units of a digital: a put's slope, or a call's with its sign
 * changed, is a probability.
 */
export function digitalPrice(k: Float64Array, { price, error }: ProbePrices, i: number): Estimate {
  const width = Math.exp(k[i]) * Math.expm1(k[i + 1] - k[i]);
  const slope = (price[i + 1] - price[i]) / width;
  return { value: k[i + 1] <= 0 ? slope : -slope, error: (error[i] + error[i + 1]) / width };
}

/**
 * Convexity of prices at nodes i - 1, i, i + 1, in the units of Durrleman's g: twice their second divided difference times K sqrt(w) / phi(d2).
 *
 * A negative value is arbitrage with these three strikes, whatever lies between them.
 */
export function butterflyG(k: ArrayLike<number>, w: ArrayLike<number>, { price, error }: ProbePrices, i: number): Estimate {
  const totalVol = Math.sqrt(w[i]);
  const d2 = -k[i] / totalVol - totalVol / 2;
  const density = INV_SQRT_TWO_PI * Math.exp(-0.5 * d2 * d2);
  // Below this a price has lost digits to the smallest doubles.
  if (!(price[i] > 1e-290 && density > 1e-290)) return { value: NaN, error: Infinity };
  // All three are puts, or all three calls: a neighbour across the forward gets its intrinsic value.
  const before = k[i] >= 0 && k[i - 1] < 0 ? price[i - 1] - Math.expm1(k[i - 1]) : price[i - 1];
  const after = k[i] < 0 && k[i + 1] >= 0 ? price[i + 1] + Math.expm1(k[i + 1]) : price[i + 1];
  const left = -Math.expm1(k[i - 1] - k[i]); // widths over K
  const right = Math.expm1(k[i + 1] - k[i]);
  const scale = (2 * totalVol) / ((left + right) * density * Math.exp(k[i])); // one K of three is left after the widths took theirs
  return { value: scale * ((after - price[i]) / right - (price[i] - before) / left), error: scale * ((error[i + 1] + error[i]) / right + (error[i] + error[i - 1]) / left) };
}
