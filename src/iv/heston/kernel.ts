/**
 * Logarithm of the characteristic function of ln(S_T / F) and its derivatives: the arithmetic everything here runs on.
 *
 * With z = zeta - i/2 (zeta real is Lewis's line), q = z^2 + i z = zeta^2 + 1/4, s = sigma^2 and
 *   xi = kappa - i rho sigma z,  d = sqrt(xi^2 + s q), Re d >= 0,  e = exp(-d T),  m = (1 - e) / d,
 *   t = (xi - d) / s = -q / (xi + d),  y = s t m / 2,  n = 1 + y,
 *   D = -q m / (2 n),  I = t T - 2 ln(n) / s  (the integral of D over time),
 * ln phi = v0 D + kappa theta I. The logarithm stays on its main branch (Albrecher, Mayer, Schoutens and Tistaert 2007, the
 * "little trap"); written with ln(1 + y) nothing cancels as sigma -> 0, where y / s has a finite limit.
 * Jumps (Bates 1996) add lambda T (exp(i z mu + (i z)^2 delta^2 / 2) - 1 - i z (exp(mu + delta^2 / 2) - 1)).
 *
 * Complex numbers are pairs of locals; results go to a caller's array. The derivatives are our own: chain rule over xi and s with
 * d_xi = xi / d, d_s = q / (2 d), t_xi = -t / d, t_s = t^2 / (2 d); Cui, del Bano Rollin and Germano (2017) derive equivalent ones.
 */
import { expColumns, logColumns } from './complex-columns.ts';

/** Length of the scratch array the functions of this file write to. */
export const KERNEL_SCRATCH = 32;

const ONE_RE = new Float64Array(1);
const ONE_IM = new Float64Array(1);
const EXCESS = new Float64Array(1);

/**
 * Fills out[0], out[1] with real and imaginary part of ln phi; from out[16] on it leaves what the gradient reuses, in out[28] the
 * jumps' part of out[0].
 *
 * @param p - v0, kappa, theta, sigma, rho, jump intensity, mean log jump, deviation of log jump, variance of an independent normal; unchecked
 */
export function logCharacteristic(re: number, im: number, T: number, p: Float64Array, out: Float64Array): void {
  const kappa = p[1];
  const sigma = p[3];
  const s = sigma * sigma;
  const rs = p[4] * sigma;
  const qr = re * re - im * im + 0.25;
  const qi = 2 * re * im;
  const xr = kappa - rs * (0.5 - im);
  const xi = -rs * re;
  // d = sqrt(xi^2 + s q)
  const ar = xr * xr - xi * xi + s * qr;
  const ai = 2 * xr * xi + s * qi;
  const modulus = Math.sqrt(ar * ar + ai * ai);
  let dr: number;
  let di: number;
  if (ar >= 0) {
    dr = Math.sqrt(0.5 * (modulus + ar));
    di = dr === 0 ? 0 : (0.5 * ai) / dr;
  } else {
    di = Math.sqrt(0.5 * (modulus - ar));
    if (ai < 0) di = -di;
    dr = (0.5 * ai) / di;
  }
  // m = (1 - exp(-d T)) / d
  const fr = dr * T;
  const fi = di * T;
  let mr: number;
  let mi: number;
  let er: number;
  let ei: number;
  const f2 = fr * fr + fi * fi;
  if (f2 < 0.25) {
    // 1 - e would cancel: T (1 - f/2 (1 - f/3 (1 - f/4 (...)))), f = d T
    mr = 1;
    mi = 0;
    for (let k = f2 < 1e-4 ? 6 : f2 < 0.01 ? 9 : 14; k >= 2; k--) {
      const next = 1 - (fr * mr - fi * mi) / k;
      mi = -(fr * mi + fi * mr) / k;
      mr = next;
    }
    mr *= T;
    mi *= T;
    er = 1 - (mr * dr - mi * di);
    ei = -(mr * di + mi * dr);
  } else {
    ONE_RE[0] = -fr;
    ONE_IM[0] = -fi;
    expColumns(ONE_RE, ONE_IM, 0, 1);
    er = ONE_RE[0];
    ei = ONE_IM[0];
    const over = 1 / modulus; // |d|^2 = |d^2|
    mr = ((1 - er) * dr - ei * di) * over;
    mi = (-ei * dr - (1 - er) * di) * over;
  }
  // t = -q / r with r = xi + d, n = 1 + s t m / 2; where r would cancel, t = (xi - d) / s, r = -s q / (xi - d) and n = e + r m / 2
  let tr: number;
  let ti: number;
  let nr: number;
  let ni: number;
  let lr: number;
  let li: number;
  if (xr * dr + xi * di >= 0) {
    const rr = xr + dr;
    const ri = xi + di;
    const over = -1 / (rr * rr + ri * ri);
    tr = (qr * rr + qi * ri) * over;
    ti = (qi * rr - qr * ri) * over;
    // y / s and ln(1 + y) / s
    const gr = 0.5 * (tr * mr - ti * mi);
    const gi = 0.5 * (tr * mi + ti * mr);
    const yr = s * gr;
    const yi = s * gi;
    nr = 1 + yr;
    ni = yi;
    if (yr * yr + yi * yi < 1e-12) {
      // 1 - y/2 + y^2/3
      const hr = 1 - 0.5 * yr + (yr * yr - yi * yi) / 3;
      const hi = -0.5 * yi + (2 * yr * yi) / 3;
      lr = gr * hr - gi * hi;
      li = gr * hi + gi * hr;
    } else {
      ONE_RE[0] = nr;
      ONE_IM[0] = ni;
      EXCESS[0] = yr * (2 + yr) + yi * yi;
      logColumns(ONE_RE, ONE_IM, EXCESS, 0, 1);
      lr = ONE_RE[0] / s;
      li = ONE_IM[0] / s;
    }
  } else {
    const cr = xr - dr;
    const ci = xi - di;
    const over = -s / (cr * cr + ci * ci);
    const rr = (qr * cr + qi * ci) * over;
    const ri = (qi * cr - qr * ci) * over;
    tr = cr / s;
    ti = ci / s;
    nr = er + 0.5 * (rr * mr - ri * mi);
    ni = ei + 0.5 * (rr * mi + ri * mr);
    ONE_RE[0] = nr;
    ONE_IM[0] = ni;
    EXCESS[0] = nr * nr + ni * ni - 1;
    logColumns(ONE_RE, ONE_IM, EXCESS, 0, 1);
    lr = ONE_RE[0] / s;
    li = ONE_IM[0] / s;
  }
  // D = -q m / (2 n)
  const half = -0.5 / (nr * nr + ni * ni);
  const br = (qr * mr - qi * mi) * half;
  const bi = (qr * mi + qi * mr) * half;
  const Dr = br * nr + bi * ni;
  const Di = bi * nr - br * ni;
  const kt = kappa * p[2];
  out[0] = p[0] * Dr + kt * (tr * T - 2 * lr);
  out[1] = p[0] * Di + kt * (ti * T - 2 * li);
  out[16] = dr;
  out[17] = di;
  out[18] = mr;
  out[19] = mi;
  out[20] = tr;
  out[21] = ti;
  out[22] = nr;
  out[23] = ni;
  out[24] = Dr;
  out[25] = Di;
  out[26] = lr;
  out[27] = li;
  if (p[5] > 0) addJumps(re, im, T, p, out);
  if (p[8] > 0) {
    out[0] -= 0.5 * p[8] * qr;
    out[1] -= 0.5 * p[8] * qi;
  }
}

// i z = a + i b with a = 1/2 - Im zeta, b = Re zeta.
function addJumps(re: number, im: number, T: number, p: Float64Array, out: Float64Array): void {
  const a = 0.5 - im;
  const variance = p[7] * p[7];
  const size = Math.exp(p[6] * a + 0.5 * variance * (a * a - re * re));
  const angle = p[6] * re + variance * a * re;
  const compensator = Math.expm1(p[6] + 0.5 * variance);
  const intensity = p[5] * T;
  out[28] = intensity * (size * Math.cos(angle) - 1 - a * compensator);
  out[0] += out[28];
  out[1] += intensity * (size * Math.sin(angle) - re * compensator);
}
