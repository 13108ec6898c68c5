/** SABR: one expiry's smile from a process with four parameters, by its asymptotic formulas. */
import { requireNumber, requireOneOf } from '../../core/assert.ts';
import { sabrZOverChi } from './sabr-chi.ts';

/**
 * dF = a F^beta dW, da = nu a dZ, dW dZ = rho dt, a(0) = alpha.
 *
 * The formulas are expansions in time: where nu^2 T or |k| is large, most of all at low strikes, their density becomes negative. `sabrDensity` says where.
 */
export interface SabrSmile {
  readonly kind: 'sabr';
  /**
   * `obloj`: the leading term is exact (Obloj 2008); `hagan`: as published in 2002, whose leading term is expanded in ln(K / F) besides. They agree
   * at the money and for beta = 1.
   */
  readonly formula: 'obloj' | 'hagan';
  /** > 0, in the units of forward^(1 - beta). */
  readonly alpha: number;
  /** In [0, 1]. */
  readonly beta: number;
  /** In (-1, 1). */
  readonly rho: number;
  /** >= 0, per square root of a year. */
  readonly nu: number;
  readonly forward: number;
  readonly expiryYears: number;
}

/**
 * A checked, frozen SABR smile.
 *
 * @throws DomainError for parameters out of range
 * @example sabrSmile({ alpha: 0.2, beta: 1, rho: -0.4, nu: 0.6, forward: 100, expiryYears: 1 })
 */
export function sabrSmile(parameters: Omit<SabrSmile, 'kind' | 'formula'> & { readonly formula?: SabrSmile['formula'] }): SabrSmile {
  const { alpha, beta, rho, nu, forward, expiryYears, formula = 'obloj' } = parameters;
  const smile: SabrSmile = { kind: 'sabr', formula, alpha, beta, rho, nu, forward, expiryYears };
  requireSabr('sabrSmile', smile);
  return Object.freeze(smile);
}

/** Throws DomainError unless the parameters are in range. */
export function requireSabr(fn: string, smile: SabrSmile): void {
  requireOneOf(fn, 'smile.kind', smile.kind, ['sabr']);
  requireOneOf(fn, 'smile.formula', smile.formula, ['obloj', 'hagan']);
  requireProcess(fn, smile);
  requireNumber(fn, 'smile.forward', smile.forward, { min: 0, open: true });
}

function requireProcess(fn: string, { alpha, beta, rho, nu, expiryYears }: Omit<SabrSmile, 'kind' | 'formula' | 'forward'>): void {
  requireNumber(fn, 'smile.alpha', alpha, { min: 0, open: true });
  requireNumber(fn, 'smile.beta', beta, { min: 0, max: 1 });
  requireNumber(fn, 'smile.rho', rho, { min: -1, max: 1, open: true });
  requireNumber(fn, 'smile.nu', nu, { min: 0 });
  requireNumber(fn, 'smile.expiryYears', expiryYears, { min: 0, open: true });
}

/** Whether a value of any origin is a SABR smile with parameters in range. */
export function isSabrSmile(value: unknown): value is SabrSmile {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, formula, alpha, beta, rho, nu, forward, expiryYears } = value as Partial<SabrSmile>;
  if (kind !== 'sabr' || (formula !== 'obloj' && formula !== 'hagan')) return false;
  if (![alpha, beta, rho, nu, forward, expiryYears].every(Number.isFinite)) return false;
  return alpha! > 0 && beta! >= 0 && beta! <= 1 && Math.abs(rho!) < 1 && nu! >= 0 && forward! > 0 && expiryYears! > 0;
}

/**
 * Black volatility per year of a SABR smile.
 *
 * @param logMoneyness - ln(strike / forward)
 * @throws DomainError for parameters or a log-moneyness out of range
 * @see Hagan, Kumar, Lesniewski and Woodward (2002), eq. (2.17); Obloj (2008), "Fine-tune your smile", eq. (2)
 */
export function sabrVol(smile: SabrSmile, logMoneyness: number): number {
  return Math.sqrt(sabrTotalVariance(smile, logMoneyness) / smile.expiryYears);
}

/**
 * Total variance of a SABR smile, vol^2 expiryYears.
 *
 * @throws DomainError for parameters or a log-moneyness out of range
 */
export function sabrTotalVariance(smile: SabrSmile, logMoneyness: number): number {
  requireSabr('sabrTotalVariance', smile);
  requireNumber('sabrTotalVariance', 'logMoneyness', logMoneyness);
  uncheckedSabrSmile(smile, logMoneyness, scratch);
  return scratch[0];
}

const scratch = new Float64Array(3);
const ratio = new Float64Array(4);
const spread = new Float64Array(3);

/**
 * Fills `out` with w, dw/dk and d2w/dk2 of a SABR smile, all by formula; for inner loops, nothing is checked.
 *
 * With u = (F K)^((1 - beta) / 2), h = (1 - beta) k / 2 and L = sinh(h) / h (Obloj) or its series to k^4 (Hagan), the volatility is
 * alpha / (u L) z / chi(z) H, with z = -nu / alpha u k L (Obloj) or -nu / alpha u k (Hagan) and
 * H = 1 + T ((1 - beta)^2 alpha^2 / (24 u^2) + rho beta nu alpha / (4 u) + (2 - 3 rho^2) nu^2 / 24).
 */
export function uncheckedSabrSmile(smile: SabrSmile, logMoneyness: number, out: Float64Array): void {
  const { alpha, beta, rho, nu, forward, expiryYears } = smile;
  const k = logMoneyness;
  const e = 1 - beta;
  const half = e / 2;
  const v = Math.exp(-e * Math.log(forward) - half * k); // 1 / u
  const v1 = -half * v;
  const v2 = half * half * v;
  sabrSpread(smile.formula === 'obloj', e, k, spread);
  const [l, l1, l2] = spread;

  // z = -(nu / alpha) q, q = u k (L)
  const isExact = smile.formula === 'obloj';
  const p = isExact ? k * l : k;
  const p1 = isExact ? l + k * l1 : 1;
  const p2 = isExact ? 2 * l1 + k * l2 : 0;
  const scale = -nu / (alpha * v);
  const z = scale * p;
  const z1 = scale * (p1 + half * p);
  const z2 = scale * (p2 + e * p1 + half * half * p);
  sabrZOverChi(z, rho, ratio);
  const f = ratio[0];
  const f1 = ratio[1] * z1;
  const f2 = ratio[2] * z1 * z1 + ratio[1] * z2;

  const square = (expiryYears * e * e * alpha * alpha) / 24;
  const linear = (expiryYears * rho * beta * nu * alpha) / 4;
  const h = 1 + square * v * v + linear * v + (expiryYears * (2 - 3 * rho * rho) * nu * nu) / 24;
  const h1 = (2 * square * v + linear) * v1;
  const h2 = 2 * square * (v1 * v1 + v * v2) + linear * v2;

  // The product v (1 / L) f H, two factors at a time.
  const i = 1 / l;
  const i1 = -l1 * i * i;
  const i2 = (2 * l1 * l1 * i - l2) * i * i;
  const a = v * i;
  const a1 = v1 * i + v * i1;
  const a2 = v2 * i + 2 * v1 * i1 + v * i2;
  const b = f * h;
  const b1 = f1 * h + f * h1;
  const b2 = f2 * h + 2 * f1 * h1 + f * h2;
  const vol = alpha * a * b;
  const vol1 = alpha * (a1 * b + a * b1);
  const vol2 = alpha * (a2 * b + 2 * a1 * b1 + a * b2);
  out[0] = vol * vol * expiryYears;
  out[1] = 2 * vol * vol1 * expiryYears;
  out[2] = 2 * (vol1 * vol1 + vol * vol2) * expiryYears;
}

/** Fills `out` with L(k), L'(k), L''(k): sinh(h) / h with h = e k / 2, or its series to k^4. */
export function sabrSpread(isExact: boolean, e: number, k: number, out: Float64Array): void {
  const half = e / 2;
  const h = half * k;
  const square = h * h;
  if (!isExact) {
    out[0] = 1 + square / 6 + (square * square) / 120;
    out[1] = half * h * (1 / 3 + square / 30);
    out[2] = half * half * (1 / 3 + square / 10);
  } else if (square < 0.25) {
    // sum h^(2n) / (2n + 1)!
    out[0] = 1 + (square / 6) * (1 + (square / 20) * (1 + (square / 42) * (1 + (square / 72) * (1 + (square / 110) * (1 + square / 156)))));
    out[1] = half * (h / 3) * (1 + (square / 10) * (1 + (square / 28) * (1 + (square / 54) * (1 + (square / 88) * (1 + square / 130)))));
    out[2] = half * half * (1 / 3) * (1 + ((3 * square) / 10) * (1 + ((5 * square) / 84) * (1 + ((7 * square) / 270) * (1 + ((9 * square) / 616) * (1 + (11 * square) / 1170)))));
  } else {
    const up = Math.exp(h);
    const sinh = (up - 1 / up) / 2;
    const cosh = (up + 1 / up) / 2;
    out[0] = sinh / h;
    out[1] = (half * (cosh - out[0])) / h;
    out[2] = half * half * out[0] - (2 * half * out[1]) / h;
  }
}

/** SABR's process without a Black volatility: forward and strike may be negative when beta is 0 or a shift makes them positive. */
export interface SabrProcess {
  readonly alpha: number;
  readonly beta: number;
  readonly rho: number;
  readonly nu: number;
  readonly forward: number;
  readonly expiryYears: number;
  /** Added to forward and strike, as for rates that can be negative. @default 0 */
  readonly shift?: number;
}

/**
 * Bachelier (normal) volatility per year of SABR, in the units of the forward.
 *
 * nu (F - K) / chi(z) (1 + T (...)) with z = nu / alpha (F^(1 - beta) - K^(1 - beta)) / (1 - beta): the exact leading term, so beta = 0 takes any sign of forward
 * and strike, and the correction of Hagan et al. at the geometric mean.
 *
 * @param strike - in the units of the forward
 * @throws DomainError for parameters out of range, and for beta > 0 unless shifted forward and strike are positive
 * @see Hagan, Kumar, Lesniewski and Woodward (2002), eq. (B.67a) and (A.59)
 */
export function sabrNormalVol(parameters: SabrProcess, strike: number): number {
  const fn = 'sabrNormalVol';
  const { alpha, beta, rho, nu, expiryYears, shift = 0 } = parameters;
  requireProcess(fn, parameters);
  const f = requireNumber(fn, 'parameters.forward', parameters.forward) + requireNumber(fn, 'parameters.shift', shift);
  const x = requireNumber(fn, 'strike', strike) + shift;
  const constant = (2 - 3 * rho * rho) * nu * nu;
  if (beta === 0) {
    sabrZOverChi((nu / alpha) * (f - x), rho, ratio);
    return alpha * ratio[0] * (1 + (expiryYears * constant) / 24);
  }
  requireNumber(fn, 'forward + shift', f, { min: 0, open: true });
  requireNumber(fn, 'strike + shift', x, { min: 0, open: true });
  const k = Math.log(x / f);
  const e = 1 - beta;
  // (F - K) / integral of dx / x^beta from K to F
  const mean = (Math.exp(beta * Math.log(f)) * relativeGrowth(k)) / relativeGrowth(e * k);
  sabrZOverChi((nu / alpha) * ((f - x) / mean), rho, ratio);
  const v = Math.exp(-e * (Math.log(f) + k / 2));
  const correction = (-beta * (2 - beta) * alpha * alpha * v * v) / 24 + (rho * beta * nu * alpha * v) / 4 + constant / 24;
  return alpha * mean * ratio[0] * (1 + expiryYears * correction);
}

// (e^x - 1) / x
function relativeGrowth(x: number): number {
  if (Math.abs(x) > 0.1) return (Math.exp(x) - 1) / x;
  let term = 1;
  let sum = 1;
  for (let n = 2; n < 14; n++) {
    term *= x / n;
    sum += term;
  }
  return sum;
}

/**
 * Volatility per year of the shifted forward: put forward + shift and strike + shift into Black's formula.
 *
 * @param strike - in the units of the forward
 * @throws DomainError for parameters out of range, or unless forward + shift and strike + shift are positive
 */
export function sabrShiftedVol(parameters: SabrProcess, strike: number): number {
  const { shift = 0, forward, alpha, beta, rho, nu, expiryYears } = parameters;
  requireNumber('sabrShiftedVol', 'parameters.shift', shift);
  const shifted = requireNumber('sabrShiftedVol', 'forward + shift', forward + shift, { min: 0, open: true });
  requireNumber('sabrShiftedVol', 'strike + shift', strike + shift, { min: 0, open: true });
  return sabrVol(sabrSmile({ alpha, beta, rho, nu, forward: shifted, expiryYears }), Math.log((strike + shift) / shifted));
}
