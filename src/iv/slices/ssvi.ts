/** SSVI: one surface from a curve of at-the-money total variance, one correlation and one function of curvature. */
import { requireNumber, requireOneOf } from '../../core/assert.ts';
import { durrlemanG } from './durrleman.ts';
import { essviToSvi, uncheckedEssviSmile, type EssviSlice } from './essvi.ts';
import type { SviSmile } from './svi.ts';
import { thetaCurve, uncheckedTheta, type ThetaCurve } from './theta-curve.ts';

/**
 * The curvature phi as a function of total variance theta at the money.
 *
 * `power-law`: eta theta^-gamma. `bounded-power-law`: eta / (theta^gamma (1 + theta)^(1 - gamma)), whose wings stay bounded as theta grows.
 * `heston-like`: (1 - (1 - e^-x) / x) / x with x = lambda theta.
 *
 * @see Gatheral and Jacquier (2014), section 4.1
 */
export type SsviPhi =
  | { readonly kind: 'power-law' | 'bounded-power-law'; readonly eta: number; readonly gamma: number }
  | { readonly kind: 'heston-like'; readonly lambda: number };

/** w(k, T) = theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)), theta = theta(T), phi = phi(theta). */
export interface SsviSurface {
  readonly kind: 'ssvi';
  /** In (-1, 1). */
  readonly rho: number;
  readonly phi: SsviPhi;
  readonly theta: ThetaCurve;
}

/**
 * A checked, frozen SSVI surface.
 *
 * Arbitrage is not ruled out: see `ssviButterflyMargins` and `ssviCalendarMargins`.
 *
 * @throws DomainError for parameters out of range (eta, lambda > 0, gamma in [0, 1]) and for a curve that `thetaCurve` would not make
 * @see Gatheral and Jacquier (2014), Definition 4.1
 */
export function ssviSurface(parameters: Omit<SsviSurface, 'kind'>): SsviSurface {
  const rho = requireNumber('ssviSurface', 'rho', parameters.rho, { min: -1, max: 1, open: true });
  return Object.freeze({ kind: 'ssvi', rho, phi: requirePhi('ssviSurface', parameters.phi), theta: thetaCurve(parameters.theta) });
}

/** Returns a frozen copy of phi, or throws DomainError. */
export function requirePhi(fn: string, phi: SsviPhi): SsviPhi {
  requireOneOf(fn, 'phi.kind', phi.kind, ['power-law', 'bounded-power-law', 'heston-like']);
  if (phi.kind === 'heston-like') return Object.freeze({ kind: phi.kind, lambda: requireNumber(fn, 'phi.lambda', phi.lambda, { min: 0, open: true }) });
  return Object.freeze({ kind: phi.kind, eta: requireNumber(fn, 'phi.eta', phi.eta, { min: 0, open: true }), gamma: requireNumber(fn, 'phi.gamma', phi.gamma, { min: 0, max: 1 }) });
}

/** Fills out[0..1] with phi and d log(phi) / d theta; nothing is checked. */
export function uncheckedPhi(phi: SsviPhi, theta: number, out: Float64Array): void {
  if (phi.kind === 'heston-like') {
    const x = phi.lambda * theta;
    const value = hestonLike(x);
    out[0] = value;
    out[1] = (phi.lambda * hestonLikeSlope(x)) / value;
    return;
  }
  const { eta, gamma } = phi;
  out[0] = eta * Math.exp(-gamma * Math.log(theta) - (phi.kind === 'power-law' ? 0 : (1 - gamma) * Math.log1p(theta)));
  out[1] = -gamma / theta - (phi.kind === 'power-law' ? 0 : (1 - gamma) / (1 + theta));
}

// (x - 1 + e^-x) / x^2, by its series sum (-x)^n / (n + 2)! where the formula cancels.
function hestonLike(x: number): number {
  if (x >= 1) return (x - 1 + Math.exp(-x)) / (x * x);
  let sum = 0;
  for (let n = 0, term = 0.5; n < 18; term *= -x / (n + 3), n++) sum += term;
  return sum;
}

// (2 - x - (2 + x) e^-x) / x^3, by the series' derivative where the formula cancels.
function hestonLikeSlope(x: number): number {
  if (x >= 2) return (2 - x - (2 + x) * Math.exp(-x)) / (x * x * x);
  let sum = 0;
  for (let n = 1, term = -1 / 6; n < 24; term *= -x / (n + 3), n++) sum += n * term;
  return sum;
}

/**
 * The slice of an SSVI surface at an expiry, in eSSVI's parameters: psi = theta phi(theta).
 *
 * @throws DomainError for an expiry that is not positive
 */
export function ssviSlice(surface: SsviSurface, expiryYears: number): EssviSlice {
  requireNumber('ssviSlice', 'expiryYears', expiryYears, { min: 0, open: true });
  uncheckedTheta(surface.theta, expiryYears, atTime);
  uncheckedPhi(surface.phi, atTime[0], atTheta);
  return Object.freeze({ theta: atTime[0], rho: surface.rho, psi: atTime[0] * atTheta[0] });
}

/** The slice of an SSVI surface at an expiry as raw SVI, exactly. */
export function ssviToSvi(surface: SsviSurface, expiryYears: number): SviSmile {
  return essviToSvi(ssviSlice(surface, expiryYears));
}

/**
 * Total variance of an SSVI surface.
 *
 * @returns vol^2 * expiryYears
 * @throws DomainError for a log-moneyness or an expiry out of range
 */
export function ssviTotalVariance(surface: SsviSurface, at: { readonly logMoneyness: number; readonly expiryYears: number }): number {
  const slice = ssviSlice(surface, at.expiryYears);
  uncheckedEssviSmile(slice, requireNumber('ssviTotalVariance', 'logMoneyness', at.logMoneyness), smile);
  return smile[0];
}

const atTime = new Float64Array(2);
const atTheta = new Float64Array(2);
const smile = new Float64Array(3);

/** A point of an SSVI surface with everything that local volatility needs. */
export interface SsviPoint {
  readonly totalVariance: number;
  /** dw/dk. */
  readonly slope: number;
  /** d2w/dk2. */
  readonly curvature: number;
  /** dw/dT at equal log-moneyness, per year. */
  readonly timeSlope: number;
  /** Durrleman's g. */
  readonly durrleman: number;
  /** sqrt(dw/dT / g) per year; null where there is arbitrage. */
  readonly localVol: number | null;
  readonly status: 'ok' | 'butterfly-arbitrage' | 'calendar-arbitrage';
}

/**
 * A point of an SSVI surface, with its derivatives in log-moneyness and time and Dupire's local volatility.
 *
 * dw/dT = theta'(T) (w / theta + k w' phi'(theta) / phi).
 *
 * @throws DomainError for a log-moneyness or an expiry out of range
 * @see Gatheral (2006), "The Volatility Surface", eq. (1.10), for local variance (dw/dT) / g
 * @example ssviPoint(surface, { logMoneyness: -0.1, expiryYears: 0.5 }).localVol
 */
export function ssviPoint(surface: SsviSurface, at: { readonly logMoneyness: number; readonly expiryYears: number }): SsviPoint {
  const k = requireNumber('ssviPoint', 'logMoneyness', at.logMoneyness);
  const slice = ssviSlice(surface, at.expiryYears); // leaves theta' and (log phi)' in the scratch
  uncheckedEssviSmile(slice, k, smile);
  const timeSlope = atTime[1] * (smile[0] / slice.theta + k * smile[1] * atTheta[1]);
  const durrleman = durrlemanG(k, smile);
  const status = !(durrleman > 0) ? 'butterfly-arbitrage' : !(timeSlope >= 0) ? 'calendar-arbitrage' : 'ok';
  const localVol = status === 'ok' ? Math.sqrt(timeSlope / durrleman) : null;
  return Object.freeze({ totalVariance: smile[0], slope: smile[1], curvature: smile[2], timeSlope, durrleman, localVol, status });
}
