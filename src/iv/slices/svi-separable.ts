/** SVI with its three linear parameters solved for: a least-squares problem in centre and width alone. */
import type { LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import type { SviData } from './svi-system.ts';

/** Bounds on the wing slopes b (1 - rho) and b (1 + rho). */
export interface SlopeBounds {
  readonly leftMin: number;
  readonly leftMax: number;
  readonly rightMin: number;
  readonly rightMax: number;
}

export interface SeparableSvi {
  /** Parameters: m and ln(sigma). */
  readonly system: LeastSquaresSystem;
  /** After `evaluate`: (level, left slope, right slope) at its parameters, w = level + right (q + y) / 2 + left (q - y) / 2, q = r - sigma. */
  readonly linear: Float64Array;
  /** Sets the weights so that residuals are volatility errors to second order around the last evaluation. */
  readonly reweight: () => void;
}

/**
 * Total variance is linear in level and slopes, so these follow from a weighted 3 x 3 solve with the slopes in their box, and only m and ln(sigma) are
 * searched: the curved valleys of the five-parameter problem, in which level, slopes and width trade against each other, are gone.
 * Residuals are weight (w - w_mid) / ((vol_model + vol_mid) T) with the model's volatility held, which is the volatility error.
 *
 * @see Golub and Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate"; Kaufman
 * (1975) for the derivative used here; De Marco and Martini (2009) for the linear problem
 */
export function separableSvi(data: SviData, bounds: SlopeBounds): SeparableSvi {
  const { logMoneyness, vol, weight, expiryYears } = data;
  const n = vol.length;
  const target = vol.map((value) => value * value * expiryYears);
  const factor = vol.map((value, i) => weight[i] / (2 * value * expiryYears));
  const ys = new Float64Array(n);
  const qs = new Float64Array(n);
  const linear = new Float64Array(3);
  const moments = new Float64Array(6); // sums of 1, y, q, yy, yq, qq
  const slopes = new Float64Array(2);

  const evaluate = (parameters: Float64Array, residuals: Float64Array, jacobian: Float64Array | null): boolean => {
    const m = parameters[0];
    const sigma = Math.exp(parameters[1]);
    const square = sigma * sigma;
    let s0 = 0;
    let sy = 0;
    let sq = 0;
    let syy = 0;
    let syq = 0;
    let sqq = 0;
    let st = 0;
    let syt = 0;
    let sqt = 0;
    for (let i = 0; i < n; i++) {
      const y = logMoneyness[i] - m;
      const q = (y * y) / (Math.sqrt(y * y + square) + sigma);
      const f = factor[i] * factor[i];
      const fy = f * y;
      const fq = f * q;
      const t = target[i];
      ys[i] = y;
      qs[i] = q;
      s0 += f;
      sy += fy;
      sq += fq;
      syy += fy * y;
      syq += fy * q;
      sqq += fq * q;
      st += f * t;
      syt += fy * t;
      sqt += fq * t;
    }
    // The level is eliminated; then slopes p, c on (q + y) / 2 and (q - y) / 2.
    const cyy = syy - (sy * sy) / s0;
    const cyq = syq - (sy * sq) / s0;
    const cqq = sqq - (sq * sq) / s0;
    const cyt = syt - (sy * st) / s0;
    const cqt = sqt - (sq * st) / s0;
    const free = boxedSlopes(slopes, (cqq + cyy + 2 * cyq) / 4, (cqq + cyy - 2 * cyq) / 4, (cqq - cyy) / 4, (cqt + cyt) / 2, (cqt - cyt) / 2, bounds);
    const right = slopes[0];
    const left = slopes[1];
    const alpha = (right - left) / 2;
    const beta = (right + left) / 2;
    const level = (st - alpha * sy - beta * sq) / s0;
    linear[0] = level;
    linear[1] = left;
    linear[2] = right;
    for (let i = 0; i < n; i++) residuals[i] = factor[i] * (level + alpha * ys[i] + beta * qs[i] - target[i]);
    if (jacobian === null) return s0 > 0;
    moments[0] = s0;
    moments[1] = sy;
    moments[2] = sq;
    moments[3] = cyy;
    moments[4] = cyq;
    moments[5] = cqq;
    let m0 = 0;
    let my = 0;
    let mq = 0;
    let d0 = 0;
    let dy = 0;
    let dq = 0;
    for (let i = 0; i < n; i++) {
      const y = ys[i];
      const q = qs[i];
      const r = q + sigma;
      const byM = -alpha - (beta * y) / r;
      const byWidth = (-beta * q * sigma) / r;
      const f = factor[i] * factor[i];
      m0 += f * byM;
      my += f * byM * y;
      mq += f * byM * q;
      d0 += f * byWidth;
      dy += f * byWidth * y;
      dq += f * byWidth * q;
      jacobian[2 * i] = byM;
      jacobian[2 * i + 1] = byWidth;
    }
    projectOut(jacobian, 0, m0, my, mq, moments, free, ys, qs, factor);
    projectOut(jacobian, 1, d0, dy, dq, moments, free, ys, qs, factor);
    return s0 > 0;
  };

  const reweight = (): void => {
    const alpha = (linear[2] - linear[1]) / 2;
    const beta = (linear[2] + linear[1]) / 2;
    for (let i = 0; i < n; i++) {
      const w = Math.max(linear[0] + alpha * ys[i] + beta * qs[i], target[i] / 16);
      factor[i] = weight[i] / ((vol[i] + Math.sqrt(w / expiryYears)) * expiryYears);
    }
  };
  return { system: { residualCount: n, parameterCount: 2, evaluate }, linear, reweight };
}

// Takes from a column what the free linear parameters follow, and weights it.
function projectOut(
  jacobian: Float64Array, column: number, m0: number, my: number, mq: number, moments: Float64Array, free: number, ys: Float64Array, qs: Float64Array, factor: Float64Array,
): void {
  const [s0, sy, sq, cyy, cyq, cqq] = moments;
  const cym = my - (sy * m0) / s0;
  const cqm = mq - (sq * m0) / s0;
  let alpha = 0;
  let beta = 0;
  if (free === 3) {
    const determinant = cyy * cqq - cyq * cyq;
    if (determinant > 0) {
      alpha = (cym * cqq - cqm * cyq) / determinant;
      beta = (cqm * cyy - cym * cyq) / determinant;
    }
  } else if (free !== 0) {
    const sign = free === 1 ? 1 : -1; // the free slope's column is (q + sign y) / 2
    const size = cqq + cyy + 2 * sign * cyq;
    beta = size > 0 ? (cqm + sign * cym) / size : 0;
    alpha = sign * beta;
  }
  const level = (m0 - alpha * sy - beta * sq) / s0;
  for (let i = 0; i < ys.length; i++) jacobian[2 * i + column] = factor[i] * (jacobian[2 * i + column] - level - alpha * ys[i] - beta * qs[i]);
}

/**
 * Minimises p^2 pp / 2 + c^2 cc / 2 + p c pc - p pt - c ct over the box of slopes; out = p (right), c (left).
 * Returns which are free: 1 right, 2 left, 3 both.
 */
export function boxedSlopes(out: Float64Array, pp: number, cc: number, pc: number, pt: number, ct: number, bounds: SlopeBounds): number {
  const { leftMin, leftMax, rightMin, rightMax } = bounds;
  const determinant = pp * cc - pc * pc;
  if (determinant > 1e-14 * pp * cc) {
    const p = (pt * cc - ct * pc) / determinant;
    const c = (ct * pp - pt * pc) / determinant;
    if (p >= rightMin && p <= rightMax && c >= leftMin && c <= leftMax) {
      out[0] = p;
      out[1] = c;
      return 3;
    }
  }
  let best = Infinity;
  let free = 0;
  for (let edge = 0; edge < 4; edge++) {
    let p = edge === 0 ? rightMin : rightMax;
    let c = edge === 2 ? leftMin : leftMax;
    let isInside: boolean;
    if (edge < 2) {
      c = cc > 0 ? (ct - p * pc) / cc : leftMin;
      isInside = c > leftMin && c < leftMax;
      c = Math.min(Math.max(c, leftMin), leftMax);
    } else {
      p = pp > 0 ? (pt - c * pc) / pp : rightMin;
      isInside = p > rightMin && p < rightMax;
      p = Math.min(Math.max(p, rightMin), rightMax);
    }
    const value = (p * p * pp) / 2 + (c * c * cc) / 2 + p * c * pc - p * pt - c * ct;
    if (value < best) {
      best = value;
      free = isInside ? (edge < 2 ? 2 : 1) : 0;
      out[0] = p;
      out[1] = c;
    }
  }
  return free;
}
