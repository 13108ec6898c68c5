/** A barrier that is finite exactly where eSSVI slices are free of arbitrage, with its gradient and curvature. */
import { leastTheta } from './essvi-conditions.ts';

/** A slice touches the next one only: (log theta, L, R) of each in turn make a matrix of this lower bandwidth. */
export const BANDWIDTH = 5;
const WIDTH = BANDWIDTH + 1;

const MARGIN = 1e-9; // share of theta and of the slopes to keep from the conditions: far above rounding, far below any quote
const STEEPEST = 2 - 1e-9;
const FLATTEST = 1e-9;

/** How many times the barrier's factor the cost can lie above the constrained optimum when cost plus barrier is at its own. */
export function barrierParameter(sliceCount: number): number {
  return 3 * sliceCount + 2; // one per scalar condition, two per cone
}

/**
 * Value of the barrier; Infinity where there is arbitrage.
 *
 * With primes for the next slice, the calendar condition is a cone: A B >= Z^2, A = L' - L, B = R' - R >= 0, where
 * Z = (R' + L') sqrt(theta / theta') - sqrt((R' + L)(L' + R)) counts if positive. Its barrier -log(A B - Z^2) keeps A and B positive as well.
 * The others are -log of: theta less its least value, 2 less the last slopes, the first slopes.
 *
 * @param x - log theta, left and right slope of each slice, shape (3n)
 */
export function barrier(x: Float64Array): number {
  const n = x.length / 3;
  if (!(x[1] > FLATTEST && x[2] > FLATTEST && x[3 * n - 2] < STEEPEST && x[3 * n - 1] < STEEPEST)) return Infinity;
  let sum = -Math.log(x[1] - FLATTEST) - Math.log(x[2] - FLATTEST) - Math.log(STEEPEST - x[3 * n - 2]) - Math.log(STEEPEST - x[3 * n - 1]);
  for (let i = 0; i < n; i++) {
    const at = 3 * i;
    if (i > 0) {
      const a = x[at + 1] - x[at - 2] * (1 + MARGIN);
      const b = x[at + 2] - x[at - 1] * (1 + MARGIN);
      if (!(a > 0 && b > 0)) return Infinity;
      const z = Math.max(0, (x[at + 1] + x[at + 2]) * Math.exp((x[at - 3] - x[at] + MARGIN) / 2) - Math.sqrt((x[at + 2] + x[at - 2]) * (x[at + 1] + x[at - 1])));
      const inside = a * b - z * z;
      if (!(inside > 0)) return Infinity;
      sum -= Math.log(inside);
    }
    const density = Math.exp(x[at]) * (1 - MARGIN) - leastTheta(x[at + 1], x[at + 2], null);
    if (!(density > 0)) return Infinity;
    sum -= Math.log(density);
  }
  return sum;
}

/**
 * Adds `mu` times the gradient and the lower band of the second derivatives of {@link barrier}.
 *
 * @param x - free of arbitrage
 * @param band - by rows, shape (3n x 6), as `SymmetricBand` has it
 */
export function addBarrier(x: Float64Array, mu: number, band: Float64Array, gradient: Float64Array): void {
  const n = x.length / 3;
  for (const j of [1, 2]) addBound(j, x[j] - FLATTEST, 1, mu, band, gradient);
  for (const j of [3 * n - 2, 3 * n - 1]) addBound(j, STEEPEST - x[j], -1, mu, band, gradient);
  for (let i = 0; i < n; i++) {
    if (i > 0) addCone(x, 3 * i - 3, mu, band, gradient);
    addDensity(x, 3 * i, mu, band, gradient);
  }
}

function addBound(j: number, margin: number, side: number, mu: number, band: Float64Array, gradient: Float64Array): void {
  gradient[j] -= (side * mu) / margin;
  band[j * WIDTH + BANDWIDTH] += mu / (margin * margin);
}

// Derivatives of A, B and Z by (log theta, L, R, log theta', L', R') and the second ones of Z, row-major.
const byA = Float64Array.of(0, -1 - MARGIN, 0, 0, 1, 0);
const byB = Float64Array.of(0, 0, -1 - MARGIN, 0, 0, 1);
const byZ = new Float64Array(6);
const bendZ = new Float64Array(36);

function addCone(x: Float64Array, at: number, mu: number, band: Float64Array, gradient: Float64Array): void {
  const a = x[at + 4] - x[at + 1] * (1 + MARGIN);
  const b = x[at + 5] - x[at + 2] * (1 + MARGIN);
  const z = Math.max(0, fillZ(x, at));
  const inside = a * b - z * z;
  const first = [-b / inside, -a / inside, (2 * z) / inside];
  const scale = mu / (inside * inside);
  const [aa, bb, ab, az, bz] = [b * b * scale, a * a * scale, z * z * scale, -2 * b * z * scale, -2 * a * z * scale];
  const zz = z > 0 ? 2 * (a * b + z * z) * scale : 0;
  for (let i = 0; i < 6; i++) {
    gradient[at + i] += mu * (first[0] * byA[i] + first[1] * byB[i] + first[2] * byZ[i]);
    const ua = aa * byA[i] + ab * byB[i] + az * byZ[i];
    const ub = ab * byA[i] + bb * byB[i] + bz * byZ[i];
    const uz = az * byA[i] + bz * byB[i] + zz * byZ[i];
    for (let j = 0; j <= i; j++) band[(at + i) * WIDTH + BANDWIDTH - i + j] += ua * byA[j] + ub * byB[j] + uz * byZ[j] + mu * first[2] * bendZ[6 * i + j];
  }
}

// Z = E - X with E = (L' + R') e, e = sqrt(theta / theta'), and X = sqrt(U V), U = R' + L, V = L' + R.
function fillZ(x: Float64Array, at: number): number {
  const e = Math.exp((x[at] - x[at + 3] + MARGIN) / 2);
  const level = (x[at + 4] + x[at + 5]) * e;
  const u = x[at + 5] + x[at + 1];
  const v = x[at + 4] + x[at + 2];
  const mean = Math.sqrt(u * v);
  byZ[0] = level / 2;
  byZ[1] = -mean / (2 * u);
  byZ[2] = -mean / (2 * v);
  byZ[3] = -level / 2;
  byZ[4] = e - mean / (2 * v);
  byZ[5] = e - mean / (2 * u);
  const uu = mean / (4 * u * u);
  const vv = mean / (4 * v * v);
  const uv = -1 / (4 * mean);
  bendZ.fill(0);
  bendZ[0] = level / 4; // lower triangle: row 6 i + j
  bendZ[7] = uu;
  bendZ[13] = uv;
  bendZ[14] = vv;
  bendZ[18] = -level / 4;
  bendZ[21] = level / 4;
  bendZ[24] = e / 2;
  bendZ[25] = uv;
  bendZ[26] = vv;
  bendZ[27] = -e / 2;
  bendZ[28] = vv;
  bendZ[30] = e / 2;
  bendZ[31] = uu;
  bendZ[32] = uv;
  bendZ[33] = -e / 2;
  bendZ[34] = uv;
  bendZ[35] = uu;
  return level - mean;
}

const slopes = new Float64Array(2);
const STEP = 1e-5; // of a slope, for second derivatives by differences; least theta is convex, so they may be cut at 0

function addDensity(x: Float64Array, at: number, mu: number, band: Float64Array, gradient: Float64Array): void {
  const left = x[at + 1];
  const right = x[at + 2];
  const level = Math.exp(x[at]) * (1 - MARGIN);
  leastTheta(left * (1 + STEP), right, slopes);
  const [leftA, rightA] = slopes;
  leastTheta(left, right * (1 + STEP), slopes);
  const [leftB, rightB] = slopes;
  const margin = level - leastTheta(left, right, slopes);
  const [byLeft, byRight] = slopes;
  const leftLeft = Math.max(0, (leftA - byLeft) / (STEP * left));
  const rightRight = Math.max(0, (rightB - byRight) / (STEP * right));
  const most = Math.sqrt(leftLeft * rightRight);
  const leftRight = Math.min(Math.max(((rightA - byRight) / left + (leftB - byLeft) / right) / (2 * STEP), -most), most);
  const one = mu / margin;
  const two = one / margin;
  gradient[at] -= one * level;
  gradient[at + 1] += one * byLeft;
  gradient[at + 2] += one * byRight;
  const diagonal = at * WIDTH + BANDWIDTH;
  band[diagonal] += two * level * level - one * level;
  band[diagonal + WIDTH - 1] -= two * level * byLeft;
  band[diagonal + WIDTH] += two * byLeft * byLeft + one * leftLeft;
  band[diagonal + 2 * WIDTH - 2] -= two * level * byRight;
  band[diagonal + 2 * WIDTH - 1] += two * byLeft * byRight + one * leftRight;
  band[diagonal + 2 * WIDTH] += two * byRight * byRight + one * rightRight;
}
