/**
 * Fixed nodes, weights and kernels exp(i zeta x) of a group of strikes: everything of the integral that does not depend on the model.
 *
 * A group is the strikes of one expiry on one side of the forward. Its curve (contour.ts) is chosen from a lattice of positions,
 * tilts and steps, so that nearby parameters share a table and equal parameters give equal bits, whatever was evaluated before.
 */
import { expColumns } from './complex-columns.ts';
import { chooseTilt, curveAt, distanceOf, fillNodes, LOWEST_POSITION, sharedPosition } from './contour.ts';
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
  /** Nodes that counted the last time: how many to begin with. */
  usual: number;
}

const TILT_STEP = Math.PI / 24;
/** Steps h are 2^(-i / 4); raising i by `STEPS_PER_OCTAVE` halves the step. */
export const STEPS_PER_OCTAVE = 4;
const FIRST_NODES = 48;
/** Curves end here at the latest. */
export const MOST_NODES = 2048;
// A calibration visits a few dozen curves; more are dropped rather than kept.
const MOST_TABLES = 16;

/** Number of the curve of a group for given parameters: position, tilt and step on the lattice. `scratch` of TILT_SCRATCH numbers is overwritten. */
export function curveKey(group: StrikeGroup, p: Float64Array, digits: number, refinement: number, scratch: Float64Array): number {
  const T = group.expiryYears;
  const position = sharedPosition(p, T, group.side, group.xMiddle);
  chooseTilt(p, T, expectedTotalVariance(p, T), group.xLow, group.xHigh, scratch);
  const tiltIndex = Math.round(scratch[0] / TILT_STEP);
  const width = Math.max(0.04, scratch[1] - Math.abs(scratch[0] - tiltIndex * TILT_STEP));
  const step = Math.ceil(STEPS_PER_OCTAVE * Math.log2(digits / (2 * Math.PI * width))) + refinement;
  return ((position + 64) * 64 + (tiltIndex + 32)) * 256 + (step + 64);
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
  const curve = curveAt(position < LOWEST_POSITION ? 0 : group.side, distanceOf(position), tilt);
  const column = (): Float64Array => new Float64Array(length);
  const nodes = { nodeRe: column(), nodeIm: column(), weightRe: column(), weightIm: column() };
  fillNodes(curve, 0, h, 0, length, nodes);
  const { nodeRe, nodeIm, weightRe, weightIm } = nodes;
  const count = group.x.length;
  const reach = column();
  const kernel = new Float64Array(2 * length * count);
  const re = column();
  const im = column();
  for (let i = 0; i < count; i++) {
    const x = group.x[i];
    for (let j = 0; j < length; j++) {
      re[j] = -nodeIm[j] * x;
      im[j] = nodeRe[j] * x;
    }
    expColumns(re, im, 0, length);
    let first = 0;
    for (let j = 0; j < length; j++) {
      const at = 2 * (i * length + j);
      kernel[at] = h * (weightRe[j] * re[j] - weightIm[j] * im[j]);
      kernel[at + 1] = h * (weightRe[j] * im[j] + weightIm[j] * re[j]);
      const modulus = Math.abs(kernel[at]) + Math.abs(kernel[at + 1]);
      if (j === 0) first = modulus;
      reach[j] = Math.max(reach[j], modulus / first);
    }
  }
  return { side: curve.side, nodeRe, nodeIm, reach, kernel, usual: Math.floor(length / 2) };
}
