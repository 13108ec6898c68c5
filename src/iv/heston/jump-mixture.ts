/**
 * Jumps as a mixture: given n of them, ln S is Heston's plus a normal, so the price is a Poisson sum of prices without jumps.
 *
 * With c = exp(mu + delta^2 / 2) - 1 the forward given n jumps is F_n = F exp(n (mu + delta^2 / 2) - lambda c T), and a normal of
 * variance n delta^2 is added (Merton 1976, for sigma = 0). All terms are positive, so tails keep their digits; the characteristic
 * function of the whole, which oscillates with the jumps and admits no tilted curve, is not needed.
 */
import { integrateDiffusion, type OtmIntegral, SUMS } from './integrate.ts';

const MOST_TERMS = 4000;
const MOST_NODES = 1_000_000; // half a second

/** With jumps and a gradient, sums[9], sums[10], sums[11] are the derivatives in lambda, mu and delta. */
export const JUMP_SUMS: number = SUMS;

/** As `integrateDiffusion`, with the jumps of p[5], p[6], p[7] when the intensity p[5] is above 0; see `JUMP_SUMS`. */
export function integrateOtm(p: Float64Array, T: number, x: number, tolerance: number, withGradient: boolean): OtmIntegral {
  if (!(p[5] > 0)) return integrateDiffusion(p, T, x, tolerance, withGradient);
  const jumpGrowth = p[6] + 0.5 * p[7] * p[7];
  const relativeJump = Math.expm1(jumpGrowth);
  const drift = -p[5] * relativeJump; // of ln F_n per year
  const expected = p[5] * T;
  const isPut = x >= 0;
  // Of the terms' bounds below, which fall from here both ways; those of puts are the weights. Terms far from it need not be known.
  const peak = isPut ? expected : expected * Math.exp(jumpGrowth);
  const first = Math.min(MOST_TERMS, Math.floor(peak));
  const q = p.slice();
  q.fill(0, 5);
  const sums = new Float64Array(SUMS + 3);
  let error = 0;
  let nodes = 0;
  let converged = true;
  let logWeight = -expected;
  for (let n = 1; n <= first; n++) logWeight += Math.log(expected / n);
  const logFirst = logWeight;
  for (let n = first, step = 1; n >= 0; n += step) {
    if (n !== first) logWeight += step > 0 ? Math.log(expected / n) : Math.log((n + 1) / expected);
    if (n >= MOST_TERMS || nodes >= MOST_NODES) {
      converged = false;
      error += Math.exp(-0.5 * Math.abs(x)); // the most the price can be
      break;
    }
    const shifted = x + drift * T + n * jumpGrowth;
    // The term is at most its weight times the strike of a put, the forward of a call.
    const bound = Math.exp(logWeight + (isPut ? -0.5 * x : shifted - 0.5 * x));
    if (bound < Math.max(1e-307, 1e-18 * sums[0])) {
      if (step < 0) break;
      step = -1;
      n = first;
      logWeight = logFirst;
      continue;
    }
    q[8] = n * p[7] * p[7];
    const term = integrateDiffusion(q, T, shifted, tolerance, withGradient);
    nodes += term.nodes;
    converged = converged && term.converged;
    // The integral is normalized by sqrt(F_n K) and out of the money; the sum by sqrt(F K), with the payoff of F_n where x_n changed sides.
    const scale = Math.exp(logWeight + 0.5 * (shifted - x));
    const hasPayoff = shifted >= 0 !== isPut;
    const payoff = hasPayoff ? -bound * Math.expm1(-Math.abs(shifted)) : 0;
    const payoffSlope = hasPayoff ? (isPut ? -0.5 : 0.5) * bound * (1 + Math.exp(-Math.abs(shifted))) : 0;
    const price = scale * term.sums[0] + payoff;
    sums[0] += price;
    error += scale * term.error;
    if (withGradient) {
      for (let k = 1; k <= 5; k++) sums[k] += scale * term.sums[k];
      const slope = scale * term.sums[7] + payoffSlope;
      const slopeInShift = 0.5 * price + slope;
      // In T the weight, the shift and the integral change; in x the shift, at a fixed factor e^((x_n - x) / 2).
      const weightRate = T > 0 ? n / T - p[5] : 0;
      sums[6] += scale * term.sums[6] + weightRate * price + drift * slopeInShift;
      sums[7] += slope;
      const curvature = scale * term.sums[8] + 0.25 * payoff;
      sums[8] += curvature;
      // lambda is in the weight, and like mu and delta in the shift; the added normal's variance changes the price by half of n'' - n / 4.
      const shiftRate = n - expected * (1 + relativeJump); // d shift / d mu, and its multiple by delta d shift / d delta
      sums[JUMP_SUMS] += (n / p[5] - T) * price - relativeJump * T * slopeInShift;
      sums[JUMP_SUMS + 1] += shiftRate * slopeInShift;
      sums[JUMP_SUMS + 2] += p[7] * (shiftRate * slopeInShift + n * (curvature - 0.25 * price));
    }
  }
  return { sums, error, converged, nodes };
}
