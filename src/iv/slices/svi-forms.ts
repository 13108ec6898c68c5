/** The three ways to write an SVI slice: raw, natural and jump-wings. */
import { requireNumber } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { requireSvi, sviMinimumTotalVariance, sviSmile, uncheckedSviSmile, type SviSmile } from './svi.ts';

/**
 * w(k) = delta + omega / 2 (1 + zeta rho (k - mu) + sqrt((zeta (k - mu) + rho)^2 + 1 - rho^2)).
 *
 * @see Gatheral and Jacquier (2014), eq. (3.2)
 */
export interface SviNatural {
  readonly delta: number;
  readonly mu: number;
  /** In (-1, 1). */
  readonly rho: number;
  /** >= 0. */
  readonly omega: number;
  /** > 0. */
  readonly zeta: number;
}

/**
 * A slice by what a trader reads off it; variances are per year, slopes per square root of the at-the-money total variance.
 *
 * @see Gatheral and Jacquier (2014), eq. (3.5)
 */
export interface SviJumpWings {
  readonly expiryYears: number;
  /** v: at-the-money variance per year. */
  readonly atmVariance: number;
  /** psi: dw/dk / (2 sqrt(w)) at the money, which is d(vol sqrt(T)) / dk. */
  readonly atmSkew: number;
  /** p: slope of the left wing of total variance, b (1 - rho) / sqrt(w). */
  readonly putWing: number;
  /** c: slope of the right wing, b (1 + rho) / sqrt(w). */
  readonly callWing: number;
  /** v tilde: smallest variance per year. */
  readonly minimumVariance: number;
}

/**
 * The natural form of a raw slice.
 *
 * @throws DomainError for |rho| = 1, which the natural form cannot write
 * @see Gatheral and Jacquier (2014), Lemma 3.1
 */
export function sviToNatural(smile: SviSmile): SviNatural {
  requireSvi('sviToNatural', smile);
  const { b, rho, m, sigma } = smile;
  requireNumber('sviToNatural', 'smile.rho', rho, { min: -1, max: 1, open: true });
  const across = Math.sqrt((1 - rho) * (1 + rho));
  return Object.freeze({ delta: smile.a - b * sigma * across, mu: m + (rho * sigma) / across, rho, omega: (2 * b * sigma) / across, zeta: across / sigma });
}

/**
 * The raw form of a natural slice.
 *
 * @throws DomainError for |rho| >= 1, omega < 0 or zeta <= 0
 * @see Gatheral and Jacquier (2014), Lemma 3.1
 */
export function sviFromNatural(natural: SviNatural): SviSmile {
  const fn = 'sviFromNatural';
  const rho = requireNumber(fn, 'rho', natural.rho, { min: -1, max: 1, open: true });
  const omega = requireNumber(fn, 'omega', natural.omega, { min: 0 });
  const zeta = requireNumber(fn, 'zeta', natural.zeta, { min: 0, open: true });
  const square = (1 - rho) * (1 + rho);
  return sviSmile({
    a: requireNumber(fn, 'delta', natural.delta) + (omega / 2) * square,
    b: (omega * zeta) / 2,
    rho,
    m: requireNumber(fn, 'mu', natural.mu) - rho / zeta,
    sigma: Math.sqrt(square) / zeta,
  });
}

/**
 * The jump-wings form of a raw slice at an expiry.
 *
 * @throws DomainError when the at-the-money total variance is not positive
 * @see Gatheral and Jacquier (2014), eq. (3.5)
 */
export function sviToJumpWings(smile: SviSmile, expiryYears: number): SviJumpWings {
  requireSvi('sviToJumpWings', smile);
  requireNumber('sviToJumpWings', 'expiryYears', expiryYears, { min: 0, open: true });
  const { b, rho } = smile;
  const at = new Float64Array(3);
  uncheckedSviSmile(smile, 0, at);
  if (!(at[0] > 0)) throw new DomainError(`sviToJumpWings: smile must have a positive total variance at the money, got ${at[0]}`);
  const root = Math.sqrt(at[0]);
  return Object.freeze({
    expiryYears,
    atmVariance: at[0] / expiryYears,
    atmSkew: at[1] / (2 * root),
    putWing: (b * (1 - rho)) / root,
    callWing: (b * (1 + rho)) / root,
    minimumVariance: sviMinimumTotalVariance(smile) / expiryYears,
  });
}

/**
 * The raw form of a jump-wings slice.
 *
 * With t = e^asinh((k - m) / sigma) total variance is v tilde T + sigma / 2 (sqrt(c' t) - sqrt(p' / t))^2 for the slopes p', c' in total
 * variance, which gives t at the money from the skew and then sigma and m: Lemma 3.2 of the paper without its signs and its special case m = 0.
 * Not for a minimum exactly at the money (skew 0, `minimumVariance` = `atmVariance`): that leaves sigma open.
 *
 * @throws DomainError for values out of range, and where no slice or no single slice has these values
 */
export function sviFromJumpWings(wings: SviJumpWings): SviSmile {
  const fn = 'sviFromJumpWings';
  const expiryYears = requireNumber(fn, 'expiryYears', wings.expiryYears, { min: 0, open: true });
  const atm = expiryYears * requireNumber(fn, 'atmVariance', wings.atmVariance, { min: 0, open: true });
  const minimum = expiryYears * requireNumber(fn, 'minimumVariance', wings.minimumVariance);
  const root = Math.sqrt(atm);
  const left = root * requireNumber(fn, 'putWing', wings.putWing, { min: 0 });
  const right = root * requireNumber(fn, 'callWing', wings.callWing, { min: 0 });
  const slope = 2 * root * requireNumber(fn, 'atmSkew', wings.atmSkew);
  const b = (left + right) / 2;
  if (b === 0 && slope === 0 && minimum === atm) return sviSmile({ a: atm, b, rho: 0, m: 0, sigma: 1 });
  if (!(slope > -left && slope < right)) throw new DomainError(`${fn}: atmSkew must lie between -putWing / 2 and callWing / 2, got ${wings.atmSkew}`);
  if (slope === 0 || !(minimum < atm)) throw new DomainError(`${fn}: minimumVariance must be below atmVariance and atmSkew not 0 (else sigma is open), got ${wings.minimumVariance} and ${wings.atmSkew}`);
  const t = Math.sqrt((left + slope) / (right - slope));
  const climb = (slope * (t + 1 / t)) / (Math.sqrt(right * t) + Math.sqrt(left / t));
  const sigma = (2 * (atm - minimum)) / (climb * climb);
  return sviSmile({ a: minimum - sigma * Math.sqrt(left * right), b, rho: (right - left) / (right + left), m: (sigma * (1 / t - t)) / 2, sigma });
}
