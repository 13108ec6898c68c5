/** Nodes, weights and kernels exp(i zeta x) of a curve of bates-curve.ts: what of the integral does not depend on the model. */
import { type BatesCurve, poleDistance, ANGLE_STEP } from './bates-curve.ts';

/** Nodes zeta_j and t_ij = -(h / pi) zeta'_j / q_j exp(i zeta_j x_i), made as far as they are needed. */
export interface CurveTable {
  /** 0 when the curve passes between the poles: then exp(-|x| / 2) is added to the price. */
  readonly side: number;
  readonly position: number;
  readonly angle: number;
  readonly h: number;
  nodeCount: number;
  nodeRe: Float64Array;
  nodeIm: Float64Array;
  /** -(h / pi) zeta'_j / q_j. */
  weightRe: Float64Array;
  weightIm: Float64Array;
  /** Nodes for which there are kernels, and for which there is room. */
  kernelCount: number;
  stride: number;
  /** Real and imaginary parts, strike after strike, shape (strikes, 2 stride). */
  kernel: Float64Array;
}

const FIRST_NODES = 64;
const ROOM = 16; // the number of nodes moves little from one set of parameters to the next

/** An empty table with its first nodes. */
export function curveTable({ side, position, tilt, step }: BatesCurve): CurveTable {
  const none = new Float64Array(0);
  const table: CurveTable = { side, position, angle: tilt * ANGLE_STEP, h: Math.exp((-step / 4) * Math.LN2), nodeCount: 0, nodeRe: none, nodeIm: none, weightRe: none, weightIm: none, kernelCount: 0, stride: 0, kernel: none };
  extendNodes(table, FIRST_NODES);
  return table;
}

/** Nodes zeta(jh) = i (axis - b sin w) + b sinh(jh + i w) and weights up to `count`. */
export function extendNodes(table: CurveTable, count: number): void {
  const { side, position, angle, h } = table;
  const l = poleDistance(position);
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  const b = (side === 0 ? 0.5 : l) / (1 + Math.abs(sine));
  const axis = side === 0 ? 0 : side * (0.5 + l);
  const longer = (known: Float64Array): Float64Array => {
    const values = new Float64Array(count);
    values.set(known);
    return values;
  };
  table.nodeRe = longer(table.nodeRe);
  table.nodeIm = longer(table.nodeIm);
  table.weightRe = longer(table.weightRe);
  table.weightIm = longer(table.weightIm);
  for (let j = table.nodeCount; j < count; j++) {
    const sinh = Math.sinh(j * h);
    const cosh = Math.cosh(j * h);
    const re = b * sinh * cosine;
    const im = axis - b * sine + b * cosh * sine;
    const qr = re * re + (0.5 - im) * (0.5 + im);
    const qi = 2 * re * im;
    const over = ((j === 0 ? -0.5 : -1) * h) / Math.PI / (qr * qr + qi * qi);
    const dr = b * cosh * cosine;
    const di = b * sinh * sine;
    table.nodeRe[j] = re;
    table.nodeIm[j] = im;
    table.weightRe[j] = (dr * qr + di * qi) * over;
    table.weightIm[j] = (di * qr - dr * qi) * over;
  }
  table.nodeCount = count;
}

/** Largest |t_ij / t_i0| over x in a range. */
export function reachOf({ nodeIm, weightRe, weightIm }: CurveTable, j: number, xLow: number, xHigh: number): number {
  const rise = nodeIm[j] - nodeIm[0];
  const weight = (Math.abs(weightRe[j]) + Math.abs(weightIm[j])) / (Math.abs(weightRe[0]) + Math.abs(weightIm[0]));
  return weight * Math.exp(Math.max(-rise * xLow, -rise * xHigh));
}

/** Kernels of `x` for at least `count` nodes. */
export function extendKernel(table: CurveTable, x: Float64Array, count: number): void {
  if (count <= table.kernelCount) return;
  const known = table.kernelCount;
  const target = Math.min(table.nodeCount, ROOM * Math.ceil(count / ROOM));
  const { nodeRe, nodeIm, weightRe, weightIm } = table;
  const kernel = new Float64Array(2 * target * x.length);
  for (let i = 0; i < x.length; i++) {
    const own = x[i];
    kernel.set(table.kernel.subarray(2 * table.stride * i, 2 * (table.stride * i + known)), 2 * target * i);
    for (let j = known, at = 2 * (target * i + known); j < target; j++, at += 2) {
      const size = Math.exp(-nodeIm[j] * own);
      const cos = size * Math.cos(nodeRe[j] * own);
      const sin = size * Math.sin(nodeRe[j] * own);
      kernel[at] = weightRe[j] * cos - weightIm[j] * sin;
      kernel[at + 1] = weightRe[j] * sin + weightIm[j] * cos;
    }
  }
  table.kernel = kernel;
  table.stride = target;
  table.kernelCount = target;
}
