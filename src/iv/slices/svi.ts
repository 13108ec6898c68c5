/** Raw SVI: one expiry's total variance as a hyperbola in log-moneyness. */
import { requireNumber, requireOneOf } from '../../core/assert.ts';

/**
 * w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), in total variance (not divided by time).
 *
 * @see Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", eq. (3.1)
 */
export interface SviSmile {
  readonly kind: 'svi';
  /** Level, in total variance; may be negative. */
  readonly a: number;
  /** Half the sum of the two wing slopes, >= 0. */
  readonly b: number;
  /** Share of the slopes' difference in their sum, in [-1, 1]. */
  readonly rho: number;
  /** Log-moneyness of the hyperbola's centre. */
  readonly m: number;
  /** Width of its vertex in log-moneyness, >= 1e-100. */
  readonly sigma: number;
}

const MIN_SIGMA = 1e-100; // its third power is still a number

/**
 * A checked, frozen raw SVI slice.
 *
 * The minimum total variance may be negative and the density too: `sviButterfly` says so.
 *
 * @throws DomainError when a value is not finite, b < 0, |rho| > 1 or sigma < 1e-100
 * @example sviSmile({ a: 0.02, b: 0.1, rho: -0.6, m: 0.05, sigma: 0.2 })
 */
export function sviSmile(parameters: Omit<SviSmile, 'kind'>): SviSmile {
  const smile = { kind: 'svi' as const, a: parameters.a, b: parameters.b, rho: parameters.rho, m: parameters.m, sigma: parameters.sigma };
  requireSvi('sviSmile', smile);
  return Object.freeze(smile);
}

/** Throws DomainError unless the five parameters are in range. */
export function requireSvi(fn: string, smile: SviSmile): void {
  requireOneOf(fn, 'smile.kind', smile.kind, ['svi']);
  requireNumber(fn, 'smile.a', smile.a);
  requireNumber(fn, 'smile.b', smile.b, { min: 0 });
  requireNumber(fn, 'smile.rho', smile.rho, { min: -1, max: 1 });
  requireNumber(fn, 'smile.m', smile.m);
  requireNumber(fn, 'smile.sigma', smile.sigma, { min: MIN_SIGMA });
}

/** Whether a value of any origin is a raw SVI slice with parameters in range. */
export function isSviSmile(value: unknown): value is SviSmile {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, a, b, rho, m, sigma } = value as Partial<SviSmile>;
  return kind === 'svi' && [a, b, rho, m, sigma].every(Number.isFinite) && b! >= 0 && Math.abs(rho!) <= 1 && sigma! >= MIN_SIGMA;
}

/**
 * Total variance of a raw SVI slice.
 *
 * @param logMoneyness - ln(strike / forward)
 * @returns vol^2 * expiryYears; negative where the slice is
 * @throws DomainError for parameters or a log-moneyness out of range
 * @example sviTotalVariance(sviSmile({ a: 0.02, b: 0.1, rho: 0, m: 0, sigma: 0.2 }), 0) // 0.04
 */
export function sviTotalVariance(smile: SviSmile, logMoneyness: number): number {
  requireSvi('sviTotalVariance', smile);
  requireNumber('sviTotalVariance', 'logMoneyness', logMoneyness);
  uncheckedSviSmile(smile, logMoneyness, scratch);
  return scratch[0];
}

const scratch = new Float64Array(3);

/**
 * Fills `out` with w, dw/dk and d2w/dk2 of a raw SVI slice; for inner loops, nothing is checked.
 *
 * Where rho and k - m have opposite signs the sums are rationalised, so that flat wings (|rho| near 1) keep their digits.
 */
export function uncheckedSviSmile(smile: SviSmile, logMoneyness: number, out: Float64Array): void {
  const { a, b, rho, sigma } = smile;
  const y = logMoneyness - smile.m;
  const square = sigma * sigma;
  const r = Math.sqrt(y * y + square);
  if (rho * y >= 0) {
    out[0] = a + b * (rho * y + r);
    out[1] = b * (rho + y / r);
  } else {
    const tilt = (1 - rho) * (1 + rho) * y * y;
    out[0] = a + (b * (tilt + square)) / (r - rho * y);
    out[1] = (b * (tilt - rho * rho * square)) / ((y - rho * r) * r);
  }
  out[2] = (b * (sigma / r) * (sigma / r)) / r;
}

/** Smallest total variance of a raw SVI slice, a + b sigma sqrt(1 - rho^2); for |rho| = 1 the infimum, reached at infinity. */
export function sviMinimumTotalVariance(smile: SviSmile): number {
  return smile.a + smile.b * smile.sigma * Math.sqrt((1 - smile.rho) * (1 + smile.rho));
}
