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
 * Residuals weight (sqrt(w / T) - vol).
 *
 * @param lossScale - with a finite value c a residual r becomes sign(r) c sqrt(ln(1 + (r / c)^2)), whose square is the Cauchy loss
 */
export function sviSystem(data: SviData, lossScale: number): LeastSquaresSystem {
  const { logMoneyness, vol, weight, expiryYears } = data;
  const n = vol.length;
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
    return true;
  };
  return { residualCount: n, parameterCount: 5, evaluate };
}
