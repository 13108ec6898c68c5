/** Synthetic panels of the booster's benchmark: factor features, a weak non-linear target, heavy-tailed noise. */
import { randomStream } from '../../src/core/random.ts';
import type { RandomStream } from '../../src/core/random.ts';

export interface PanelShape {
  readonly rows: number;
  readonly testRows: number;
  /** At least 24: the target reads features up to the 24th. */
  readonly features: number;
  /** Share of the label's variance that the features explain. @default 0.1 */
  readonly r2?: number;
  /** The last two features become names of 4 and 60 kinds, and the label becomes the sign of the return, 0 or 1. @default false */
  readonly categorical?: boolean;
}

/** Rows of one part: values row by row, shape (rows * features), and one label per row. */
export interface PanelPart {
  readonly values: Float32Array;
  readonly labels: Float32Array;
}

export interface BenchPanel {
  readonly names: readonly string[];
  /** Names of the categorical features. */
  readonly categorical: readonly string[];
  readonly train: PanelPart;
  /** Later sessions than those of `train`. */
  readonly test: PanelPart;
}

const ASSETS = 500;
const FACTORS = 6;
const KINDS = [4, 60];
const WITH_MISSING = new Set([3, 9, 14, 21, 30, 33]);
// Missing values of this feature raise the label, so that the side a missing value takes matters.
const TELLING_MISSING = 9;

/**
 * A panel of 500 assets per session. A third of the features has heavy tails, every tenth is integer-like, features 1 and 2 have one value per
 * session, six have missing values. The noise is Student t with five degrees of freedom.
 */
export function generatePanel(shape: PanelShape, seed: number): BenchPanel {
  const { features, r2 = 0.1, categorical = false } = shape;
  const count = shape.rows + shape.testRows;
  const stream = (label: string): RandomStream => randomStream(seed, `gbdt bench ${label}`);
  const sessions = Math.ceil(count / ASSETS);
  const regime = standardized(randomWalk(stream('regime'), sessions));
  const surprise = Float32Array.from({ length: sessions }, ((s) => () => s.normal())(stream('surprise')));
  const loadings = Float64Array.from({ length: FACTORS * features }, ((s) => () => 0.5 * s.normal())(stream('loadings')));
  const kinds = categorical ? kindsOf(stream('kinds')) : undefined;
  const firstKind = categorical ? features - KINDS.length : features;

  const draws = stream('features');
  const missing = stream('missing');
  const values = new Float32Array(count * features);
  const signal = new Float64Array(count);
  const told = new Uint8Array(count);
  const factor = new Float64Array(FACTORS);
  for (let r = 0; r < count; r++) {
    const row = values.subarray(r * features, (r + 1) * features);
    const session = Math.floor(r / ASSETS);
    for (let k = 0; k < FACTORS; k++) factor[k] = draws.normal();
    for (let f = 0; f < features; f++) {
      let x = 0.9 * draws.normal();
      for (let k = 0; k < FACTORS; k++) x += factor[k] * loadings[k * features + f];
      if (f % 3 === 0) x *= Math.sqrt(Math.abs(x));
      if (f % 10 === 4) x = Math.round(4 * x);
      row[f] = x;
    }
    row[1] = regime[session];
    row[2] = surprise[session];
    signal[r] = signalOf(row);
    if (kinds !== undefined) {
      row[firstKind] = draws.integer(KINDS[0]);
      row[firstKind + 1] = kinds.ofAsset[r % ASSETS];
      signal[r] += 0.25 * (kinds.effects[0][row[firstKind]] + kinds.effects[1][row[firstKind + 1]]);
    }
    for (const f of WITH_MISSING) {
      if (f >= firstKind || missing.uniform() >= 0.05 + 0.02 * (f % 5)) continue;
      row[f] = NaN;
      if (f === TELLING_MISSING) told[r] = 1;
    }
  }

  const noise = stream('noise');
  const explained = standardized(signal);
  const labels = new Float32Array(count);
  for (let r = 0; r < count; r++) {
    const value = Math.sqrt(r2) * explained[r] + Math.sqrt(1 - r2) * noise.studentT(5) + 0.1 * told[r];
    labels[r] = categorical ? Number(value > 0) : value;
  }
  const part = (from: number, to: number): PanelPart => ({ values: values.subarray(from * features, to * features), labels: labels.subarray(from, to) });
  const names = Array.from({ length: features }, (_, f) => (f < firstKind ? `f${f}` : `c${f - firstKind}`));
  return { names, categorical: names.slice(firstKind), train: part(0, shape.rows), test: part(shape.rows, count) };
}

// Steps, saturation, waves, products, a notch and a sum: nothing a linear model finds.
function signalOf(x: Float32Array): number {
  return 0.35 * Math.tanh(x[0]) + (x[5] > 0.5 ? 0.3 * Math.sign(x[1]) : 0) + (x[8] > 0 ? 0.35 * Math.sin(1.5 * x[7]) : 0) + 0.3 * Math.tanh(0.5 * x[10] * x[11])
    - 0.25 * Math.min(2, Math.abs(x[13])) + (Math.abs(x[16]) < 0.4 ? 0.2 : -0.06) + 0.15 * x[2] * Math.tanh(x[17]) + 0.1 * Math.tanh(x[20]) + 0.1 * Math.tanh(x[22] * x[23]);
}

function kindsOf(stream: RandomStream): { readonly effects: readonly Float64Array[]; readonly ofAsset: Int32Array } {
  const effects = KINDS.map((kinds) => Float64Array.from({ length: kinds }, () => stream.normal()));
  return { effects, ofAsset: Int32Array.from({ length: ASSETS }, () => stream.integer(KINDS[1])) };
}

function randomWalk(stream: RandomStream, steps: number): Float64Array {
  let level = 0;
  return Float64Array.from({ length: steps }, () => (level += 0.2 * stream.normal()));
}

function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return values.map((v) => (v - mean) / deviation);
}
