/**
 * Derivatives of ln phi in the five parameters and in time, in the notation of kernel.ts.
 *
 * With e = 1 - m d and n = 1 + y:
 *   y_xi = (s t / (2 d)) (T e xi / d - m - m xi / d),         D_xi = P T e xi / d - D (xi / d^2 + y_xi / n),   P = -q / (2 d n),
 *   y_s  = (t / (4 d)) (2 m + (s / d) (t m + T e q / d - m q / d)),  D_s = P T e q / (2 d) - D (q / (2 d^2) + y_s / n),
 *   I_xi = -t T / d - 2 y_xi / (s n),  I_s = t^2 T / (2 d) + 2 (ln(1 + y) - s y_s / n) / s^2.
 * d/dkappa adds xi_kappa = 1, d/dsigma xi_sigma = -i rho z and s_sigma = 2 sigma, d/drho xi_rho = -i sigma z.
 * In time: D' = s D^2 / 2 - xi D - q / 2 (the Riccati equation), I' = D.
 */
import { logCharacteristic } from './kernel.ts';

/**
 * Fills out[0..13] with real and imaginary parts of ln phi, then of d/dv0, d/dkappa, d/dtheta, d/dsigma, d/drho and d/dT of it.
 *
 * Here `m` is (1 - e) / d, so the factor m of the text above is `m d`.
 *
 * @param p - as for `logCharacteristic`
 */
export function logCharacteristicGradient(re: number, im: number, T: number, p: Float64Array, out: Float64Array): void {
  logCharacteristic(re, im, T, p, out);
  const v0 = p[0];
  const kappa = p[1];
  const theta = p[2];
  const sigma = p[3];
  const rho = p[4];
  const s = sigma * sigma;
  const qr = re * re - im * im + 0.25;
  const qi = 2 * re * im;
  const xr = kappa - rho * sigma * (0.5 - im);
  const xi = -rho * sigma * re;
  const dr = out[16];
  const di = out[17];
  const mr = out[18];
  const mi = out[19];
  const tr = out[20];
  const ti = out[21];
  const nr = out[22];
  const ni = out[23];
  const Dr = out[24];
  const Di = out[25];
  const lr = out[26];
  const li = out[27];
  // 1/d, 1/n, u = xi / d, w = q / d, e = 1 - m d, h = T e
  const dd = 1 / (dr * dr + di * di);
  const vr = dr * dd;
  const vi = -di * dd;
  const nn = 1 / (nr * nr + ni * ni);
  const kr = nr * nn;
  const ki = -ni * nn;
  const ur = xr * vr - xi * vi;
  const ui = xr * vi + xi * vr;
  const wr = qr * vr - qi * vi;
  const wi = qr * vi + qi * vr;
  const hr = T * (1 - (mr * dr - mi * di));
  const hi = -T * (mr * di + mi * dr);
  // c = t / (d n)
  const fr = tr * vr - ti * vi;
  const fi = tr * vi + ti * vr;
  const cr = fr * kr - fi * ki;
  const ci = fr * ki + fi * kr;
  // j = y_xi / (s n) = (c / 2) (h u - m - m u)
  let ar = hr * ur - hi * ui - mr - (mr * ur - mi * ui);
  let ai = hr * ui + hi * ur - mi - (mr * ui + mi * ur);
  const jr = 0.5 * (cr * ar - ci * ai);
  const ji = 0.5 * (cr * ai + ci * ar);
  // g = y_s / n: y_s = t m / 2 + (s t / (4 d)) (t m + h w - m w); the part without s over n first
  ar = tr * mr - ti * mi + (hr - mr) * wr - (hi - mi) * wi;
  ai = tr * mi + ti * mr + (hr - mr) * wi + (hi - mi) * wr;
  const or = 0.25 * (cr * ar - ci * ai);
  const oi = 0.25 * (cr * ai + ci * ar);
  const yr = 0.5 * (tr * mr - ti * mi);
  const yi = 0.5 * (tr * mi + ti * mr);
  const zr = yr * kr - yi * ki;
  const zi = yr * ki + yi * kr;
  const gr = zr + s * or;
  const gi = zi + s * oi;
  // P h, with P = -q / (2 d n) = -w / (2 n)
  const pr = -0.5 * (wr * kr - wi * ki);
  const pi = -0.5 * (wr * ki + wi * kr);
  const Pr = pr * hr - pi * hi;
  const Pi = pr * hi + pi * hr;
  // D_xi = P h u - D (u / d + s j)
  ar = ur * vr - ui * vi + s * jr;
  ai = ur * vi + ui * vr + s * ji;
  const Dxr = Pr * ur - Pi * ui - (Dr * ar - Di * ai);
  const Dxi = Pr * ui + Pi * ur - (Dr * ai + Di * ar);
  // D_s = P h w / 2 - D (w / (2 d) + g)
  ar = 0.5 * (wr * vr - wi * vi) + gr;
  ai = 0.5 * (wr * vi + wi * vr) + gi;
  const Dsr = 0.5 * (Pr * wr - Pi * wi) - (Dr * ar - Di * ai);
  const Dsi = 0.5 * (Pr * wi + Pi * wr) - (Dr * ai + Di * ar);
  // I_xi = -t T / d - 2 j
  const Ixr = -T * fr - 2 * jr;
  const Ixi = -T * fi - 2 * ji;
  // I_s = t^2 T / (2 d) + 2 (ln(1+y)/s - y/(s n)) / s - 2 o, the middle term (y/s)^2 (1 - 4 y / 3) while y is small
  const Yr = s * yr;
  const Yi = s * yi;
  let br: number;
  let bi: number;
  if (Yr * Yr + Yi * Yi < 1e-9) {
    const sr = yr * yr - yi * yi;
    const si = 2 * yr * yi;
    const er = 1 - (4 / 3) * Yr + 1.5 * (Yr * Yr - Yi * Yi);
    const ei = -(4 / 3) * Yi + 3 * Yr * Yi;
    br = sr * er - si * ei;
    bi = sr * ei + si * er;
  } else {
    br = (2 * (lr - zr)) / s;
    bi = (2 * (li - zi)) / s;
  }
  const Isr = 0.5 * T * (tr * fr - ti * fi) + br - 2 * or;
  const Isi = 0.5 * T * (tr * fi + ti * fr) + bi - 2 * oi;
  const kt = kappa * theta;
  const Xr = v0 * Dxr + kt * Ixr;
  const Xi = v0 * Dxi + kt * Ixi;
  const Ir = tr * T - 2 * lr;
  const Ii = ti * T - 2 * li;
  const a = 0.5 - im; // i z = a + i re
  out[2] = Dr;
  out[3] = Di;
  out[4] = Xr + theta * Ir;
  out[5] = Xi + theta * Ii;
  out[6] = kappa * Ir;
  out[7] = kappa * Ii;
  ar = a * Xr - re * Xi;
  ai = a * Xi + re * Xr;
  out[8] = 2 * sigma * (v0 * Dsr + kt * Isr) - rho * ar;
  out[9] = 2 * sigma * (v0 * Dsi + kt * Isi) - rho * ai;
  out[10] = -sigma * ar;
  out[11] = -sigma * ai;
  // d/dT, jumps included: their part of ln phi is proportional to T
  const Sr = Dr * Dr - Di * Di;
  const Si = 2 * Dr * Di;
  const jumpR = p[5] > 0 ? (out[0] - v0 * Dr - kt * Ir) / T : 0;
  const jumpI = p[5] > 0 ? (out[1] - v0 * Di - kt * Ii) / T : 0;
  out[12] = v0 * (0.5 * s * Sr - (xr * Dr - xi * Di) - 0.5 * qr) + kt * Dr + jumpR;
  out[13] = v0 * (0.5 * s * Si - (xr * Di + xi * Dr) - 0.5 * qi) + kt * Di + jumpI;
}

/**
 * The jumps' part of ln phi, lambda T (J - 1 - i z c) with J = exp(i z mu + (i z)^2 delta^2 / 2) and c = exp(mu + delta^2 / 2) - 1: fills
 * out[at..at+7] with real and imaginary parts of it and of its derivatives in lambda, mu and delta, out[at + 8] with lambda T |J|.
 *
 * @param p - as for `logCharacteristic`
 */
export function jumpCharacteristicGradient(re: number, im: number, T: number, p: Float64Array, out: Float64Array, at: number): void {
  const expected = p[5] * T;
  const delta = p[7];
  const variance = delta * delta;
  const a = 0.5 - im; // i z = a + i re
  const size = Math.exp(p[6] * a + 0.5 * variance * (a * a - re * re));
  const angle = re * (p[6] + variance * a);
  const jr = size * Math.cos(angle);
  const ji = size * Math.sin(angle);
  const growth = Math.exp(p[6] + 0.5 * variance);
  const compensator = Math.expm1(p[6] + 0.5 * variance);
  const rateR = T * (jr - 1 - a * compensator);
  const rateI = T * (ji - re * compensator);
  out[at] = p[5] * rateR;
  out[at + 1] = p[5] * rateI;
  out[at + 2] = rateR;
  out[at + 3] = rateI;
  // i z (J - growth), and delta i z (i z J - growth)
  const zr = a * jr - re * ji;
  const zi = a * ji + re * jr;
  out[at + 4] = expected * (zr - a * growth);
  out[at + 5] = expected * (zi - re * growth);
  out[at + 6] = expected * delta * (a * (zr - growth) - re * zi);
  out[at + 7] = expected * delta * (a * zi + re * (zr - growth));
  out[at + 8] = expected * size;
}
