/** The smile whose prices are a mixture of two smiles' prices. */
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { millsRatio } from '../black/mills-ratio.ts';
import { normalizedBlack, priceOverVega } from '../black/normalized-black.ts';
import { durrlemanG } from '../slices/durrleman.ts';

const LOG_SQRT_TWO_PI = 0.9189385332046728;
const SQRT_TWO_PI = 2.5066282746310002;

/**
 * Replaces out[0..2], w, dw/dk and d2w/dk2 of the far smile, by those of the smile with price nearWeight near + farWeight far at this k.
 *
 * Prices are undiscounted, over the forward; so are distribution and density mixed, and the derivatives of w follow from them:
 * P(S < K) = Phi(-d2) + phi(d2) w' / (2 sqrt(w)), density of k = g phi(d2) / sqrt(w). All is relative to phi(d2) of the mixture, so wings
 * whose prices are below the smallest double keep their digits.
 *
 * @see Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", Lemma 5.1
 */
export function mixPrices(logMoneyness: number, nearWeight: number, nearVariance: number, nearSlope: number, nearCurvature: number, farWeight: number, out: Float64Array): void {
  const farVariance = out[0];
  if (!(nearVariance > 0 && farVariance > 0)) {
    out[0] = out[1] = out[2] = NaN;
    return;
  }
  const farG = durrlemanG(logMoneyness, out);
  const farSlope = out[1];
  out[0] = nearVariance;
  out[1] = nearSlope;
  out[2] = nearCurvature;
  const nearG = durrlemanG(logMoneyness, out);
  const nearVol = Math.sqrt(nearVariance);
  const farVol = Math.sqrt(farVariance);
  const vol = mixedTotalVol(-Math.abs(logMoneyness), nearWeight, nearVol, farWeight, farVol);

  // Of the two tails of the distribution the one that is out of the money: the other is a rounded 1.
  const side = logMoneyness < 0 ? 1 : -1;
  const d = -logMoneyness / vol - vol / 2;
  const nearD = -logMoneyness / nearVol - nearVol / 2;
  const farD = -logMoneyness / farVol - farVol / 2;
  const nearShare = nearWeight === 0 ? 0 : nearWeight * Math.exp(0.5 * (d - nearD) * (d + nearD));
  const farShare = farWeight === 0 ? 0 : farWeight * Math.exp(0.5 * (d - farD) * (d + farD));
  const tail = nearShare * (upperTail(side * nearD) + (side * nearSlope) / (2 * nearVol)) + farShare * (upperTail(side * farD) + (side * farSlope) / (2 * farVol));
  const g = vol * ((nearShare * nearG) / nearVol + (farShare * farG) / farVol);

  const variance = vol * vol;
  const slope = 2 * vol * side * (tail - upperTail(side * d));
  const tilt = 1 - (logMoneyness * slope) / (2 * variance);
  out[0] = variance;
  out[1] = slope;
  out[2] = 2 * (g - tilt * tilt + 0.25 * slope * slope * (1 / variance + 0.25));
}

// Q(z) / phi(z); z < 0 only for a put whose strike is above the median of the distribution.
function upperTail(z: number): number {
  return z >= 0 ? millsRatio(z) : SQRT_TWO_PI * Math.exp(0.5 * z * z) - millsRatio(-z);
}

// x = -|k|. Prices that leave the doubles are mixed and inverted by their logarithms.
function mixedTotalVol(x: number, nearWeight: number, nearVol: number, farWeight: number, farVol: number): number {
  if (nearVol === farVol || nearWeight === 0) return farVol;
  if (farWeight === 0) return nearVol;
  const price = nearWeight * normalizedBlack(x, nearVol) + farWeight * normalizedBlack(x, farVol);
  if (price > 1e-280) return impliedTotalVol(x, price);
  const nearLog = Math.log(nearWeight) + logPrice(x, nearVol);
  const farLog = Math.log(farWeight) + logPrice(x, farVol);
  const target = Math.max(nearLog, farLog) + Math.log1p(Math.exp(-Math.abs(nearLog - farLog)));
  let vol = nearLog > farLog ? nearVol : farVol;
  for (let i = 0; i < 20; i++) {
    const step = (target - logPrice(x, vol)) * priceOverVega(-x / vol, vol / 2);
    vol += step;
    if (Math.abs(step) <= 1e-15 * vol) break;
  }
  return vol;
}

// ln of the normalised price: its vega is exp(-(z^2 + t^2) / 2) / sqrt(2 pi), price over vega the difference of two Mills ratios.
function logPrice(x: number, totalVol: number): number {
  const z = -x / totalVol;
  const t = totalVol / 2;
  return -0.5 * (z * z + t * t) - LOG_SQRT_TWO_PI + Math.log(priceOverVega(z, t));
}
