/** eSSVI: one expiry's smile by at-the-money total variance, correlation and the sum of its wing slopes. */
import { requireNumber } from '../../core/assert.ts';
import { sviSmile, type SviSmile } from './svi.ts';

/**
 * w(k) = (theta + rho psi k + sqrt((psi k + rho theta)^2 + (1 - rho^2) theta^2)) / 2.
 *
 * The slice is a raw SVI slice that passes through the origin with its other branch: with right slope R = psi (1 + rho) / 2 and left slope
 * L = psi (1 - rho) / 2 it solves (w - R k)(w + L k) = theta w. Everything in the eSSVI files follows from this line.
 *
 * @see Hendriks and Martini (2019), "The extended SSVI volatility surface", eq. (2.2)
 */
export interface EssviSlice {
  /** Total variance at the money, > 0. */
  readonly theta: number;
  /** In (-1, 1). */
  readonly rho: number;
  /** Sum of the slopes of both wings, theta phi(theta) in SSVI, >= 0. */
  readonly psi: number;
}

/** Throws DomainError unless the three parameters are in range. */
export function requireEssvi(fn: string, slice: EssviSlice, name = 'slice'): void {
  requireNumber(fn, `${name}.theta`, slice.theta, { min: 0, open: true });
  requireNumber(fn, `${name}.rho`, slice.rho, { min: -1, max: 1, open: true });
  requireNumber(fn, `${name}.psi`, slice.psi, { min: 0 });
}

/**
 * Total variance of an eSSVI slice.
 *
 * @param logMoneyness - ln(strike / forward)
 * @returns vol^2 * expiryYears, > 0
 * @throws DomainError for parameters or a log-moneyness out of range
 * @example essviTotalVariance({ theta: 0.04, rho: -0.5, psi: 0.3 }, 0) // 0.04
 */
export function essviTotalVariance(slice: EssviSlice, logMoneyness: number): number {
  requireEssvi('essviTotalVariance', slice);
  requireNumber('essviTotalVariance', 'logMoneyness', logMoneyness);
  uncheckedEssviSmile(slice, logMoneyness, scratch);
  return scratch[0];
}

const scratch = new Float64Array(3);

/** Fills `out` with w, dw/dk and d2w/dk2 of an eSSVI slice; for inner loops, nothing is checked. */
export function uncheckedEssviSmile(slice: EssviSlice, logMoneyness: number, out: Float64Array): void {
  const { theta, rho, psi } = slice;
  const y = psi * logMoneyness;
  const tilt = (1 - rho) * (1 + rho);
  const line = theta + rho * y;
  const root = Math.sqrt(line * line + tilt * y * y);
  // On a flat wing the line and the root cancel.
  out[0] = line >= 0 ? (line + root) / 2 : (tilt * y * y) / (2 * (root - line));
  const across = y + rho * theta;
  out[1] = rho * across >= 0 ? (psi * (rho + across / root)) / 2 : (psi * tilt * (across * across - rho * rho * theta * theta)) / (2 * root * (across - rho * root));
  const bend = psi * (theta / root);
  out[2] = (tilt * bend * bend) / (2 * root);
}

/**
 * The same slice in raw SVI form.
 *
 * a = theta (1 - rho^2) / 2, b = psi / 2, m = -rho theta / psi, sigma = theta sqrt(1 - rho^2) / psi; a flat smile for psi = 0.
 *
 * @throws DomainError for parameters out of range
 * @see Gatheral and Jacquier (2014), Lemma 3.1
 */
export function essviToSvi(slice: EssviSlice): SviSmile {
  requireEssvi('essviToSvi', slice);
  const { theta, rho, psi } = slice;
  const across = Math.sqrt((1 - rho) * (1 + rho));
  const width = theta / psi;
  if (!(psi > 0) || !Number.isFinite(width)) return sviSmile({ a: theta, b: 0, rho: 0, m: 0, sigma: 1 });
  return sviSmile({ a: (theta * across * across) / 2, b: psi / 2, rho, m: -rho * width, sigma: Math.max(width * across, 1e-100) });
}
