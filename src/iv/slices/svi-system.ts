/** SVI as a least-squares problem whose every bound is a box: the residuals and their derivatives. */
import type { LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import type { SviSmile } from './svi.ts';

/** What is fitted: usable quotes of one expiry, without gaps. */
export interface SviData {
  readonly expiryYears: number;
  readonly logMoneyness: Float64Array;
  readonly vol: Float64Array;
  /** Factor on the volatility residual, > 0. */
  readonly weight: Float64Array;
}

/** One-sided penalties at points: g must reach `gTarget`, total variance must pass `boundTarget`; a point that does adds nothing. */
export interface SviPenalties {
  readonly gAt: Float64Array;
  readonly gTarget: Float64Array;
  readonly gWeight: number;
  readonly boundAt: Float64Array;
  readonly boundTarget: Float64Array;
  /** 1 where the target is a floor, -1 where it is a ceiling. */
  readonly boundSide: Float64Array;
  readonly boundWeight: number;
}

/**
 * The coordinates of the search: v, C, P, m, sigma with w = v + (P sqrt(r + y) - C sqrt(r - y))^2 / 2, y = k - m, r = sqrt(y^2 + sigma^2).
 *
 * v is the smallest total variance, C^2 = b (1 - rho) and P^2 = b (1 + rho) are the wing slopes. So a positive variance is v > 0 and Lee's bound
 * b (1 + |rho|) <= 2 is 0 <= C, P <= sqrt(2), where raw SVI has curved constraints; and |rho| = 1 is an ordinary point of the box.
 */
export function sviToCoordinates({ a, b, rho, m, sigma }: SviSmile): Float64Array {
  return Float64Array.of(a + b * sigma * Math.sqrt((1 - rho) * (1 + rho)), Math.sqrt(b * (1 - rho)), Math.sqrt(b * (1 + rho)), m, sigma);
}

/** The slice at a point of the search. */
export function sviFromCoordinates([v, c, p, m, sigma]: Float64Array): SviSmile {
  const b = (p * p + c * c) / 2;
  const rho = b > 0 ? Math.min(Math.max(((p - c) * (p + c)) / (2 * b), -1), 1) : 0;
  return Object.freeze({ kind: 'svi', a: v - b * sigma * Math.sqrt((1 - rho) * (1 + rho)), b, rho, m, sigma });
}

/**
 * Residuals weight (sqrt(w / T) - vol), then the penalties.
 *
 * @param lossScale - with a finite value c a residual r becomes sign(r) c sqrt(ln(1 + (r / c)^2)), whose square is the Cauchy loss
 */
export function sviSystem(data: SviData, lossScale: number, penalties: SviPenalties | null): LeastSquaresSystem {
  const { logMoneyness, vol, weight, expiryYears } = data;
  const n = vol.length;
  const gCount = penalties?.gAt.length ?? 0;
  const boundCount = penalties?.boundAt.length ?? 0;
  const perRoot = 1 / Math.sqrt(expiryYears);
  const isRobust = lossScale < Infinity;

  const evaluate = (parameters: Float64Array, residuals: Float64Array, jacobian: Float64Array | null): boolean => {
    const v = parameters[0];
    const c = parameters[1];
    const p = parameters[2];
    const m = parameters[3];
    const s = parameters[4];
    const square = s * s;
    const level = v - s * p * c;
    const cc = c * c;
    const pp = p * p;
    const b = (pp + cc) / 2;
    for (let i = 0; i < n; i++) {
      const y = logMoneyness[i] - m;
      const r = Math.sqrt(y * y + square);
      const plus = y > 0 ? r + y : square / (r - y);
      const minus = y > 0 ? square / plus : r - y;
      const w = level + (pp * plus + cc * minus) / 2;
      if (!(w > 0)) return false;
      const root = Math.sqrt(w);
      let residual = weight[i] * (root * perRoot - vol[i]);
      let factor = (weight[i] * perRoot) / (2 * root);
      if (isRobust) {
        const ratio = residual / lossScale;
        const growth = 1 + ratio * ratio;
        const bent = Math.abs(ratio) < 1e-4 ? ratio * (1 - (ratio * ratio) / 4) : Math.sign(ratio) * Math.sqrt(Math.log(growth));
        if (bent !== 0) factor *= ratio / (bent * growth);
        residual = lossScale * bent;
      }
      residuals[i] = residual;
      if (jacobian !== null) {
        const at = 5 * i;
        jacobian[at] = factor;
        jacobian[at + 1] = factor * (c * minus - s * p);
        jacobian[at + 2] = factor * (p * plus - s * c);
        jacobian[at + 3] = (-factor * (pp * plus - cc * minus)) / (2 * r);
        jacobian[at + 4] = factor * ((b * s) / r - p * c);
      }
    }
    for (let j = 0; j < boundCount; j++) {
      const row = n + gCount + j;
      const y = penalties!.boundAt[j] - m;
      const r = Math.sqrt(y * y + square);
      const plus = y > 0 ? r + y : square / (r - y);
      const minus = y > 0 ? square / plus : r - y;
      const w = level + (pp * plus + cc * minus) / 2;
      // In volatility: a gap of total variance counts by the slope of the square root at the target.
      const factor = (penalties!.boundWeight * perRoot) / (2 * Math.sqrt(penalties!.boundTarget[j]));
      const side = penalties!.boundSide[j];
      const gap = side * (penalties!.boundTarget[j] - w);
      const isShort = gap > 0;
      residuals[row] = isShort ? factor * gap : 0;
      if (jacobian !== null) {
        const at = 5 * row;
        const sign = isShort ? -factor * side : 0;
        jacobian[at] = sign;
        jacobian[at + 1] = sign * (c * minus - s * p);
        jacobian[at + 2] = sign * (p * plus - s * c);
        jacobian[at + 3] = (-sign * (pp * plus - cc * minus)) / (2 * r);
        jacobian[at + 4] = sign * ((b * s) / r - p * c);
      }
    }
    for (let j = 0; j < gCount; j++) {
      const row = n + j;
      const k = penalties!.gAt[j];
      const y = k - m;
      const r = Math.sqrt(y * y + square);
      const plus = y > 0 ? r + y : square / (r - y);
      const minus = y > 0 ? square / plus : r - y;
      const w = level + (pp * plus + cc * minus) / 2;
      const slope = (pp * plus - cc * minus) / (2 * r);
      const bend = square / (r * r * r);
      const u = 1 - (k * slope) / (2 * w);
      const gap = penalties!.gTarget[j] - (u * u - ((slope * slope) / 4) * (1 / w + 0.25) + (b * bend) / 2);
      const isShort = gap > 0 || !(w > 0);
      residuals[row] = isShort ? penalties!.gWeight * gap : 0;
      if (jacobian !== null) {
        const at = 5 * row;
        const factor = isShort ? -penalties!.gWeight : 0;
        const byW = factor * ((u * k * slope) / (w * w) + (slope * slope) / (4 * w * w));
        const bySlope = factor * ((-u * k) / w - (slope / 2) * (1 / w + 0.25));
        const byBend = factor / 2;
        jacobian[at] = byW;
        jacobian[at + 1] = byW * (c * minus - s * p) - (bySlope * c * minus) / r + byBend * c * bend;
        jacobian[at + 2] = byW * (p * plus - s * c) + (bySlope * p * plus) / r + byBend * p * bend;
        jacobian[at + 3] = -byW * slope - bySlope * b * bend + (byBend * 3 * b * bend * y) / (r * r);
        jacobian[at + 4] = byW * ((b * s) / r - p * c) - (bySlope * b * y * bend) / s + byBend * b * ((2 * bend) / s - (3 * bend * s) / (r * r));
      }
    }
    return true;
  };
  return { residualCount: n + gCount + boundCount, parameterCount: 5, evaluate };
}
