/** How total variance and Durrleman's g of an SVI slice move with the coordinates of its search. */

/**
 * Fills `out` with w(k) and its derivatives with respect to (v, C, P, m, sigma), shape (6); see `sviToCoordinates`. Unchecked.
 */
export function sviVarianceSensitivity(point: Float64Array, logMoneyness: number, out: Float64Array): void {
  const v = point[0];
  const c = point[1];
  const p = point[2];
  const s = point[4];
  const y = logMoneyness - point[3];
  const r = Math.sqrt(y * y + s * s);
  const plus = y > 0 ? r + y : (s * s) / (r - y);
  const minus = y > 0 ? (s * s) / plus : r - y;
  out[0] = v - s * p * c + (p * p * plus + c * c * minus) / 2;
  out[1] = 1;
  out[2] = c * minus - s * p;
  out[3] = p * plus - s * c;
  out[4] = (c * c * minus - p * p * plus) / (2 * r);
  out[5] = ((p * p + c * c) * s) / (2 * r) - p * c;
}

/** The same for g(k), from w, w', w'' and the chain rule. Unchecked: w must be positive. */
export function sviGSensitivity(point: Float64Array, logMoneyness: number, out: Float64Array): void {
  const k = logMoneyness;
  const c = point[1];
  const p = point[2];
  const s = point[4];
  const b = (p * p + c * c) / 2;
  const y = k - point[3];
  const r = Math.sqrt(y * y + s * s);
  const plus = y > 0 ? r + y : (s * s) / (r - y);
  const minus = y > 0 ? (s * s) / plus : r - y;
  const w = point[0] - s * p * c + (p * p * plus + c * c * minus) / 2;
  const slope = (p * p * plus - c * c * minus) / (2 * r);
  const bend = (s * s) / (r * r * r); // w'' / b
  const u = 1 - (k * slope) / (2 * w);
  const byW = (u * k * slope) / (w * w) + (slope * slope) / (4 * w * w);
  const bySlope = (-u * k) / w - (slope / 2) * (1 / w + 0.25);
  out[0] = u * u - ((slope * slope) / 4) * (1 / w + 0.25) + (b * bend) / 2;
  out[1] = byW;
  out[2] = byW * (c * minus - s * p) - (bySlope * c * minus) / r + (c * bend) / 2;
  out[3] = byW * (p * plus - s * c) + (bySlope * p * plus) / r + (p * bend) / 2;
  out[4] = -byW * slope - bySlope * b * bend + (1.5 * b * bend * y) / (r * r);
  out[5] = byW * ((b * s) / r - p * c) - (bySlope * b * y * bend) / s + b * bend * (1 / s - (1.5 * s) / (r * r));
}
