/**
 * Expectations under a smile of exact prices, without an integral: X = A Z with A on nodes and Z lognormal with mean 1 and log variance v.
 *
 * All are sums over nodes x_j with probabilities p_j of what a lognormal has in closed form.
 */
import { normalCdf } from '../../core/special-functions.ts';
import type { PriceSplineSmile } from '../non-parametric/price-spline.ts';

/** Integrals of OTM(K) / K dk (`log`) or of OTM(K) / F dk (`entropy`) over the strikes on each side of the forward. */
export interface SidedContract {
  readonly puts: number;
  readonly calls: number;
}

const INV_SQRT_TWO_PI = 0.3989422804014327;

/**
 * The replicating portfolio of -ln X or X ln X, split at the forward.
 *
 * Over the strikes above it, calls / K^2 pay X - 1 - ln X and calls / K pay X ln X - X + 1 where X > 1; below it puts pay the same where X < 1.
 */
export function splineContract(smile: PriceSplineSmile, payoff: 'log' | 'entropy'): SidedContract {
  const { kernelVariance: v, moneyness, probability } = smile;
  const s = Math.sqrt(v);
  let puts = 0;
  let calls = 0;
  for (let j = 0; j < moneyness.length; j++) {
    const x = moneyness[j];
    const mean = Math.log(x) - v / 2; // of ln X
    const d2 = mean / s;
    const d1 = d2 + s;
    const p = probability[j];
    // E[X; X > 1] = x Phi(d1), E[ln X; X > 1] = mean Phi(d2) + s phi(d2), E[X ln X; X > 1] = x ((mean + v) Phi(d1) + s phi(d1)), and so below.
    if (payoff === 'log') {
      const edge = s * INV_SQRT_TWO_PI * Math.exp(-0.5 * d2 * d2);
      calls += p * (x * normalCdf(d1) - (1 + mean) * normalCdf(d2) - edge);
      puts += p * (x * normalCdf(-d1) - (1 + mean) * normalCdf(-d2) + edge);
    } else {
      const edge = x * s * INV_SQRT_TWO_PI * Math.exp(-0.5 * d1 * d1);
      calls += p * (x * (mean + v - 1) * normalCdf(d1) + normalCdf(d2) + edge);
      puts += p * (x * (mean + v - 1) * normalCdf(-d1) + normalCdf(-d2) - edge);
    }
  }
  return { puts, calls };
}

/** Fills out[0..3] with E[ln X], E[ln^2 X], E[ln^3 X], E[ln^4 X]. */
export function splineLogMoments({ kernelVariance: v, moneyness, probability }: PriceSplineSmile, out: Float64Array): void {
  out.fill(0);
  for (let j = 0; j < moneyness.length; j++) {
    const c = Math.log(moneyness[j]) - v / 2;
    const p = probability[j];
    out[0] += p * c;
    out[1] += p * (c * c + v);
    out[2] += p * c * (c * c + 3 * v);
    out[3] += p * (c * c * (c * c + 6 * v) + 3 * v * v);
  }
}

/** Fills out[0..3] with E[X - 1] = 0, E[(X - 1)^2], E[(X - 1)^3], E[(X - 1)^4]. */
export function splinePriceMoments({ kernelVariance: v, moneyness, probability }: PriceSplineSmile, out: Float64Array): void {
  out.fill(0);
  // Moments of Z about 1.
  const second = Math.expm1(v);
  const third = Math.expm1(3 * v) - 3 * second;
  const fourth = Math.expm1(6 * v) - 4 * Math.expm1(3 * v) + 6 * second;
  for (let j = 0; j < moneyness.length; j++) {
    const x = moneyness[j];
    const u = x - 1;
    const p = probability[j];
    out[1] += p * (u * u + x * x * second);
    out[2] += p * (u * u * u + x * x * (3 * u * second + x * third));
    out[3] += p * (u * u * u * u + x * x * (6 * u * u * second + x * (4 * u * third + x * fourth)));
  }
}
