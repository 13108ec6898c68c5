/**
 * Fixed nodes, weights and kernels exp(i zeta x) of a group of strikes: everything of the integral that does not depend on the model.
 *
 * A group is the strikes of one expiry on one side of the forward. Its curve (contour.ts) is chosen from a lattice of positions,
 * tilts and steps, so that nearby parameters share a table and equal parameters give equal bits, whatever was evaluated before.
 */
import { chooseTilt, isInsideStrip } from './contour.ts';
import { logCharacteristic } from './kernel.ts';
import { expectedTotalVariance } from './parameters.ts';

/** Strikes of one expiry on one side of the forward. */
export interface StrikeGroup {
  readonly expiryYears: number;
  /** 1 for puts (x >= 0), -1 for calls. */
  readonly side: number;
  /** Positions in the grid's price vector. */
  readonly rows: Int32Array;
  /** ln(F / K) of each. */
  readonly x: Float64Array;
  readonly xLow: number;
  readonly xHigh: number;
  /** Middle |x|: the curve passes near the saddle of this strike. */
  readonly xMiddle: number;
  readonly tables: Map<number, GroupTable>;
}

/** Nodes zeta_j of a curve and t_ij = -(h / pi) zeta'_j / q_j exp(i zeta_j x_i). */
export interface GroupTable {
  /** 0 when the curve passes between the poles: then exp(-|x| / 2) is added to the price. */
  readonly side: number;
  readonly nodeRe: Float64Array;
  readonly nodeIm: Float64Array;
  /** Largest |t_ij / t_i0| over the strikes. */
  readonly reach: Float64Array;
  /** Real and imaginary parts, strike after strike, shape (strikes, 2 nodes). */
  readonly kernel: Float64Array;
}

const POSITIONS_PER_OCTAVE = 2;
const TILT_STEP = Math.PI / 24;
/** Steps h are 2^(-i / 4); raising i by `STEPS_PER_OCTAVE` halves the step. */
export const STEPS_PER_OCTAVE = 4;
// Below 2^-10 of room beyond the pole the curve passes between the poles.
const LOWEST_POSITION = -10 * POSITIONS_PER_OCTAVE;
const LARGEST_CUMULANT = 4;
const FIRST_NODES = 48;
/** Curves end here at the latest. */
export const MOST_NODES = 2048;
// A calibration visits a few dozen curves; more are dropped rather than kept.
const MOST_TABLES = 16;

/** Number of the curve of a group for given parameters: position, tilt and step on the lattice. `scratch` of KERNEL_SCRATCH numbers is overwritten. */
export function curveKey(group: StrikeGroup, p: Float64Array, digits: number, refinement: number, scratch: Float64Array): number {
  const T = group.expiryYears;
  const totalVariance = expectedTotalVariance(p, T);
  // Gaussian saddle W eta - |x| = 2 / eta, of a strike not so far out that those near the money would lose digits
  const x = Math.min(group.xMiddle, 1.5 * Math.sqrt(totalVariance));
  const eta = (x + Math.sqrt(x * x + 8 * totalVariance)) / (2 * totalVariance);
  const target = eta * eta / (0.5 + Math.sqrt(0.25 + eta * eta)); // l with l (1 + l) = eta^2
  let position = Math.max(LOWEST_POSITION - 1, Math.min(40, Math.round(POSITIONS_PER_OCTAVE * Math.log2(target))));
  while (position >= LOWEST_POSITION && !isUsable(group, p, distanceOf(position), scratch)) position--;
  chooseTilt(p, T, totalVariance, group.xLow, group.xHigh, scratch);
  const tiltIndex = Math.round(scratch[0] / TILT_STEP);
  const width = Math.max(0.04, scratch[1] - Math.abs(scratch[0] - tiltIndex * TILT_STEP));
  const step = Math.ceil(STEPS_PER_OCTAVE * Math.log2(digits / (2 * Math.PI * width))) + refinement;
  return ((position + 64) * 64 + (tiltIndex + 32)) * 256 + (step + 64);
}

// Three times the distance is inside the strip, and the cumulant there no larger than where a Gaussian has its saddle: beyond,
// the integrand would be much larger than its integral.
function isUsable(group: StrikeGroup, p: Float64Array, l: number, scratch: Float64Array): boolean {
  if (!isInsideStrip(p, group.expiryYears, group.side, 3 * l)) return false;
  logCharacteristic(0, group.side * (0.5 + l), group.expiryYears, p, scratch);
  if (!(scratch[0] <= LARGEST_CUMULANT)) return false;
  if (p[5] === 0) return true;
  // Rare wide jumps grow doubly exponentially along the axis: also where the strip of the trapezoidal rule reaches to.
  logCharacteristic(0, group.side * (0.5 + 1.6 * l), group.expiryYears, p, scratch);
  return scratch[0] <= 2 * LARGEST_CUMULANT;
}

function distanceOf(position: number): number {
  return Math.exp((position / POSITIONS_PER_OCTAVE) * Math.LN2);
}

/** The table of a curve, with at least `nodes` nodes; made when missing or too short. */
export function tableOf(group: StrikeGroup, key: number, nodes: number): GroupTable {
  const known = group.tables.get(key);
  if (known !== undefined && known.nodeRe.length >= nodes) return known;
  if (known === undefined && group.tables.size >= MOST_TABLES) group.tables.clear();
  const length = known === undefined ? Math.max(FIRST_NODES, nodes) : Math.max(2 * known.nodeRe.length, nodes);
  const table = makeTable(group, key, length);
  group.tables.set(key, table);
  return table;
}

function makeTable(group: StrikeGroup, key: number, length: number): GroupTable {
  const position = Math.floor(key / 16384) - 64;
  const tilt = ((Math.floor(key / 256) % 64) - 32) * TILT_STEP;
  const h = Math.exp((-((key % 256) - 64) / STEPS_PER_OCTAVE) * Math.LN2);
  const l = distanceOf(position);
  const side = position < LOWEST_POSITION ? 0 : group.side;
  const sine = Math.sin(tilt);
  const cosine = Math.cos(tilt);
  const b = (side === 0 ? 0.5 : l) / (1 + Math.abs(sine));
  const axis = side === 0 ? 0 : side * (0.5 + l);
  const count = group.x.length;
  const table: GroupTable = {
    side,
    nodeRe: new Float64Array(length),
    nodeIm: new Float64Array(length),
    reach: new Float64Array(length),
    kernel: new Float64Array(2 * length * count),
  };
  const { nodeRe, nodeIm, reach, kernel } = table;
  const first = new Float64Array(count);
  for (let j = 0; j < length; j++) {
    const sinh = Math.sinh(j * h);
    const cosh = Math.cosh(j * h);
    const re = b * sinh * cosine;
    const lift = b * cosh * sine;
    const im = axis - b * sine + lift;
    nodeRe[j] = re;
    nodeIm[j] = im;
    const qr = re * re + (0.5 - im) * (0.5 + im);
    const qi = 2 * re * im;
    const over = ((j === 0 ? -0.5 : -1) * h) / Math.PI / (qr * qr + qi * qi);
    const dr = b * cosh * cosine;
    const di = b * sinh * sine;
    const wr = (dr * qr + di * qi) * over;
    const wi = (di * qr - dr * qi) * over;
    for (let i = 0; i < count; i++) {
      const x = group.x[i];
      const size = Math.exp(-im * x);
      const cos = size * Math.cos(re * x);
      const sin = size * Math.sin(re * x);
      const at = 2 * (i * length + j);
      kernel[at] = wr * cos - wi * sin;
      kernel[at + 1] = wr * sin + wi * cos;
      const modulus = Math.abs(kernel[at]) + Math.abs(kernel[at + 1]);
      if (j === 0) first[i] = modulus;
      reach[j] = Math.max(reach[j], modulus / first[i]);
    }
  }
  return table;
}
