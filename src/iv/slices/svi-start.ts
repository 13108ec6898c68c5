/** Where an SVI fit starts: for each centre and width the best level and slopes are a linear problem. */
import { boxedSlopes, type SlopeBounds } from './svi-separable.ts';
import type { SviData } from './svi-system.ts';

const WIDTHS = [0.08, 0.25, 0.6, 1.3, 3, 8]; // sigma over the standard deviation
const CENTRES = [-5, -2.5, -1.2, -0.5, 0, 0.5, 1.2, 2.5, 5]; // m over the standard deviation

export interface SviStart {
  readonly m: number;
  readonly sigma: number;
  /** Smallest total variance; may be negative. */
  readonly minimum: number;
  readonly leftSlope: number;
  readonly rightSlope: number;
  /** Weighted squared errors. */
  readonly cost: number;
  readonly row: number;
  readonly column: number;
}

/**
 * The 9 x 6 grid of (m, sigma), each cell with its best level and slopes, best first.
 *
 * The sums of a cell need one square root per quote.
 *
 * @see De Marco and Martini (2009), "Quasi-explicit calibration of Gatheral's SVI model" (Zeliade), whose bounds on slopes are looser
 */
export function sviStarts(data: SviData, bounds: SlopeBounds): SviStart[] {
  const { logMoneyness, vol, weight, expiryYears } = data;
  const n = vol.length;
  const square = new Float64Array(n); // squared weights in total variance
  const weighted = new Float64Array(n); // these times the target
  let lowest = Infinity;
  let highest = -Infinity;
  let nearest = 0;
  let tt = 0;
  for (let i = 0; i < n; i++) {
    const variance = vol[i] * vol[i] * expiryYears;
    const factor = weight[i] / (2 * vol[i] * expiryYears);
    square[i] = factor * factor;
    weighted[i] = square[i] * variance;
    tt += weighted[i] * variance;
    lowest = Math.min(lowest, logMoneyness[i]);
    highest = Math.max(highest, logMoneyness[i]);
    if (Math.abs(logMoneyness[i]) < Math.abs(logMoneyness[nearest])) nearest = i;
  }
  const span = highest - lowest;
  const deviation = Math.min(vol[nearest] * Math.sqrt(expiryYears), span);
  const y = new Float64Array(n);
  const slopes = new Float64Array(2);
  const cells: SviStart[] = [];
  for (let row = 0; row < CENTRES.length; row++) {
    const m = Math.min(Math.max(CENTRES[row] * deviation, lowest - span / 2), highest + span / 2);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let t0 = 0;
    let t1 = 0;
    for (let i = 0; i < n; i++) {
      y[i] = logMoneyness[i] - m;
      s0 += square[i];
      s1 += square[i] * y[i];
      s2 += square[i] * y[i] * y[i];
      t0 += weighted[i];
      t1 += weighted[i] * y[i];
    }
    const cyy = s2 - (s1 * s1) / s0;
    const cyt = t1 - (s1 * t0) / s0;
    for (let column = 0; column < WIDTHS.length; column++) {
      const sigma = WIDTHS[column] * deviation;
      const sigma2 = sigma * sigma;
      let q1 = 0;
      let qy = 0;
      let qq = 0;
      let qt = 0;
      for (let i = 0; i < n; i++) {
        const yy = y[i] * y[i];
        const q = yy / (Math.sqrt(yy + sigma2) + sigma); // r - sigma without cancellation
        const wq = square[i] * q;
        q1 += wq;
        qy += wq * y[i];
        qq += wq * q;
        qt += q * weighted[i];
      }
      const cyq = qy - (s1 * q1) / s0;
      const cqq = qq - (q1 * q1) / s0;
      const cqt = qt - (q1 * t0) / s0;
      const pp = (cqq + cyy + 2 * cyq) / 4;
      const cc = (cqq + cyy - 2 * cyq) / 4;
      const pc = (cqq - cyy) / 4;
      boxedSlopes(slopes, pp, cc, pc, (cqt + cyt) / 2, (cqt - cyt) / 2, bounds);
      const [p, c] = slopes;
      const level = (t0 - ((p - c) / 2) * s1 - ((p + c) / 2) * q1) / s0;
      const explained = (t0 * t0) / s0 + p * (cqt + cyt) + c * (cqt - cyt) - (p * p * pp + c * c * cc + 2 * p * c * pc);
      cells.push({ m, sigma, minimum: minimumOf(level, c, p, sigma), leftSlope: c, rightSlope: p, cost: tt - explained, row, column });
    }
  }
  return cells.sort((left, right) => left.cost - right.cost || left.row - right.row || left.column - right.column);
}

/** The best `count` cells that are no neighbours of a better one: neighbours lead to the same minimum. */
export function apart(cells: readonly SviStart[], count: number): SviStart[] {
  const chosen: SviStart[] = [];
  for (const cell of cells) {
    if (chosen.length >= count) break;
    if (!chosen.some((other) => Math.abs(other.row - cell.row) <= 1 && Math.abs(other.column - cell.column) <= 1)) chosen.push(cell);
  }
  return chosen;
}

/** Smallest total variance of w = level + right (q + y) / 2 + left (q - y) / 2 with q = r - sigma: level - sigma (sqrt(right) - sqrt(left))^2 / 2. */
export function minimumOf(level: number, left: number, right: number, sigma: number): number {
  const difference = Math.sqrt(right) - Math.sqrt(left);
  return level - (sigma * difference * difference) / 2;
}
