/**
 * Heston prices of a fixed set of strikes and expiries for many parameters: the engine of calibrations without jumps
 * (strike-integrals.ts, for parameters that come once, is that of surfaces; bates-grid.ts calibrates jumps).
 *
 * One characteristic function per expiry and side of the forward serves all its strikes; exp(i zeta x) is tabled once. After the
 * first evaluations nothing is allocated. Out-of-the-money options are integrated directly (no difference of larger numbers), so
 * far quotes keep their digits and invert to volatilities.
 *
 * The step follows from an estimate of how fast the integrand decays; the error is mostly a hundredth of the tolerance, and within it
 * for 98 of 100 random models. With |correlation| above 0.995 no single curve suits all strikes of a side and digits are lost:
 * {@link hestonSurface} notices and integrates such cells one by one.
 */
import { requireNumber, requireKnownKeys, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { curveKey, type GroupTable, MOST_NODES, type StrikeGroup, STEPS_PER_OCTAVE, tableOf } from './grid-table.ts';
import { expColumns } from './complex-columns.ts';
import { KERNEL_SCRATCH } from './kernel.ts';
import { type KernelColumns, kernelColumns, logCharacteristicColumns } from './kernel-columns.ts';
import { logCharacteristicGradient } from './kernel-gradient.ts';
import { expectedTotalVariance, isHestonVector, VECTOR_LENGTH } from './parameters.ts';

export interface HestonGridOptions {
  /** Years to expiry, > 0, shape (m). */
  readonly expiryYears: ArrayLike<number>;
  /** ln(strike / forward) of each expiry's options in any order, m arrays; they may be empty and differ in length. */
  readonly logMoneyness: readonly ArrayLike<number>[];
  /** Aimed error relative to an at-the-money price of the same expiry, in [1e-14, 1e-2]. @default 1e-9 */
  readonly tolerance?: number;
}

export interface HestonGrid {
  /** Number of options n: those of the first expiry, then of the second, in the given order. */
  readonly size: number;
  /** ln(strike / forward), shape (n). */
  readonly logMoneyness: Float64Array;
  /** Years to expiry, shape (n). */
  readonly expiryYears: Float64Array;
  /**
   * Fills `prices` with out-of-the-money prices / (discount sqrt(F K)): puts for logMoneyness <= 0, calls above.
   *
   * @param parameters - v0, kappa, theta, sigma, rho, shape (5); jumps are not for this engine ({@link batesSurface})
   * @param prices - shape (n)
   * @param gradient - null, or shape (n, 5) row-major: derivatives of the prices in the five parameters
   * @param refinement - halvings of the step, to estimate errors. @default 0
   * @returns false, and NaN in all prices, for parameters outside the model's ranges
   */
  evaluate(parameters: Float64Array, prices: Float64Array, gradient: Float64Array | null, refinement?: number): boolean;
}

/**
 * Prepares the engine.
 *
 * @throws {@link ShapeError} `ERR_SHAPE` when there are not as many arrays of strikes as expiries
 * @throws {@link DomainError} `ERR_DOMAIN` for expiries <= 0, strikes that are not finite, or a tolerance out of range
 */
export function createHestonGrid(options: HestonGridOptions): HestonGrid {
  requireKnownKeys('createHestonGrid', options, ['expiryYears', 'logMoneyness', 'tolerance']);
  const { expiryYears, logMoneyness } = options;
  if (!Array.isArray(logMoneyness) || logMoneyness.length !== expiryYears.length) {
    throw new ShapeError(`createHestonGrid: logMoneyness must be one array for each of ${expiryYears.length} expiries, got ${show(logMoneyness)}`);
  }
  const tolerance = requireNumber('createHestonGrid', 'tolerance', options.tolerance ?? 1e-9, { min: 1e-14, max: 1e-2 });
  const size = logMoneyness.reduce((sum, strikes) => sum + strikes.length, 0);
  const flatStrikes = new Float64Array(size);
  const flatExpiries = new Float64Array(size);
  const groups: StrikeGroup[] = [];
  let row = 0;
  for (let e = 0; e < expiryYears.length; e++) {
    const T = expiryYears[e];
    if (!(T > 0 && T <= 1000)) throw new DomainError(`createHestonGrid: expiryYears[${e}] must be a number in (0, 1000], got ${show(T)}`);
    const first = row;
    for (let i = 0; i < logMoneyness[e].length; i++, row++) {
      const k = logMoneyness[e][i];
      if (!(Math.abs(k) <= 100)) throw new DomainError(`createHestonGrid: logMoneyness[${e}][${i}] must be a number in [-100, 100], got ${show(k)}`);
      flatStrikes[row] = k;
      flatExpiries[row] = T;
    }
    for (const side of [1, -1]) {
      const rows: number[] = [];
      for (let r = first; r < row; r++) if (side > 0 === flatStrikes[r] <= 0) rows.push(r);
      if (rows.length > 0) groups.push(makeGroup(T, side, rows, flatStrikes));
    }
  }
  return new PreparedGrid(flatStrikes, flatExpiries, groups, tolerance);
}

function makeGroup(expiryYears: number, side: number, rows: readonly number[], strikes: Float64Array): StrikeGroup {
  const x = Float64Array.from(rows, (r) => -strikes[r]);
  let xLow = Infinity;
  let xHigh = -Infinity;
  for (let i = 0; i < x.length; i++) {
    xLow = Math.min(xLow, x[i]);
    xHigh = Math.max(xHigh, x[i]);
  }
  return { expiryYears, side, rows: Int32Array.from(rows), x, xLow, xHigh, xMiddle: Math.abs(xLow + xHigh) / 2, tables: new Map() };
}

// Nodes that are evaluated together, after those that counted the last time: few are beyond the last that counts.
const BLOCK = 4;

class PreparedGrid implements HestonGrid {
  readonly size: number;
  readonly logMoneyness: Float64Array;
  readonly expiryYears: Float64Array;
  readonly #groups: readonly StrikeGroup[];
  readonly #tolerance: number;
  readonly #parameters = new Float64Array(VECTOR_LENGTH);
  readonly #scratch = new Float64Array(KERNEL_SCRATCH);
  #columns = kernelColumns(64);
  #products = new Float64Array(12 * 64);

  constructor(logMoneyness: Float64Array, expiryYears: Float64Array, groups: readonly StrikeGroup[], tolerance: number) {
    this.size = logMoneyness.length;
    this.logMoneyness = logMoneyness;
    this.expiryYears = expiryYears;
    this.#groups = groups;
    this.#tolerance = tolerance;
  }

  evaluate(parameters: Float64Array, prices: Float64Array, gradient: Float64Array | null, refinement: number = 0): boolean {
    if (prices.length !== this.size) throw new ShapeError(`evaluate: prices must have length ${this.size}, got ${prices.length}`);
    if (gradient !== null && gradient.length !== 5 * this.size) throw new ShapeError(`evaluate: gradient must have length ${5 * this.size}, got ${gradient.length}`);
    if (parameters.length !== 5) throw new ShapeError(`evaluate: parameters must have length 5, got ${parameters.length}`);
    const p = this.#parameters;
    p.set(parameters);
    if (!isHestonVector(p)) {
      prices.fill(NaN);
      gradient?.fill(NaN);
      return false;
    }
    for (let g = 0; g < this.#groups.length; g++) this.#evaluateGroup(this.#groups[g], p, prices, gradient, refinement);
    return true;
  }

  #evaluateGroup(group: StrikeGroup, p: Float64Array, prices: Float64Array, gradient: Float64Array | null, refinement: number): void {
    if (!(expectedTotalVariance(p, group.expiryYears) > 0)) {
      for (let i = 0; i < group.rows.length; i++) {
        prices[group.rows[i]] = 0;
        if (gradient !== null) gradient.fill(0, 5 * group.rows[i], 5 * group.rows[i] + 5);
      }
      return;
    }
    const digits = 1 - Math.log(this.#tolerance);
    const key = curveKey(group, p, digits, refinement * STEPS_PER_OCTAVE, this.#scratch);
    let table = tableOf(group, key, 1);
    let nodes = this.#fillColumns(group, table, p, gradient !== null);
    while (nodes < 0) {
      table = tableOf(group, key, table.nodeRe.length + 1);
      nodes = this.#fillColumns(group, table, p, gradient !== null);
    }
    if (gradient === null) sumPrices(group, table, this.#columns, nodes, prices);
    else sumGradients(group, table, this.#products, nodes, prices, gradient);
  }

  // Characteristic function at the nodes that count, or its products for a gradient; -1 when the table is too short.
  #fillColumns(group: StrikeGroup, table: GroupTable, p: Float64Array, withGradient: boolean): number {
    const { nodeRe, nodeIm, reach } = table;
    const length = nodeRe.length;
    if (this.#columns.capacity < length) this.#columns = kernelColumns(length);
    const { re, im } = this.#columns;
    let cut = 0;
    let small = 0;
    for (let from = 0, to = Math.min(length, table.usual); from < length; from = to, to = Math.min(length, from + BLOCK)) {
      if (withGradient) this.#fillDerivatives(group, table, p, from, to);
      else logCharacteristicColumns(nodeRe, nodeIm, from, to, group.expiryYears, p, this.#columns);
      expColumns(re, im, from, to);
      if (withGradient) multiply(this.#products, re, im, from, to);
      for (let j = from; j < to; j++) {
        const bound = re[j] * re[j] + im[j] * im[j];
        if (j === 0) cut = bound * this.#tolerance * this.#tolerance * 1e-4;
        small = bound * reach[j] * reach[j] < cut ? small + 1 : 0;
        if (small === 2) {
          table.usual = j + 1;
          return j + 1;
        }
      }
    }
    return length >= MOST_NODES ? length : -1;
  }

  // The logarithm of the characteristic function, and 1 and its derivatives in the five parameters, 12 numbers a node.
  #fillDerivatives(group: StrikeGroup, { nodeRe, nodeIm }: GroupTable, p: Float64Array, from: number, to: number): void {
    const out = this.#scratch;
    const { capacity, re, im } = this.#columns;
    if (this.#products.length < 12 * capacity) this.#products = new Float64Array(12 * capacity);
    const products = this.#products;
    for (let j = from; j < to; j++) {
      logCharacteristicGradient(nodeRe[j], nodeIm[j], group.expiryYears, p, out);
      re[j] = out[0];
      im[j] = out[1];
      const at = 12 * j;
      products[at] = 1;
      products[at + 1] = 0;
      for (let k = 2; k < 12; k++) products[at + k] = out[k];
    }
  }
}

// Products of 12 numbers a node with the characteristic function.
function multiply(products: Float64Array, re: Float64Array, im: Float64Array, from: number, to: number): void {
  for (let j = from; j < to; j++) {
    const factorRe = re[j];
    const factorIm = im[j];
    for (let at = 12 * j; at < 12 * j + 12; at += 2) {
      const ownRe = products[at];
      const ownIm = products[at + 1];
      products[at] = factorRe * ownRe - factorIm * ownIm;
      products[at + 1] = factorRe * ownIm + factorIm * ownRe;
    }
  }
}

function sumPrices(group: StrikeGroup, table: GroupTable, { re, im }: KernelColumns, nodes: number, prices: Float64Array): void {
  const { rows, x } = group;
  const { kernel } = table;
  const stride = 2 * table.nodeRe.length;
  for (let i = 0; i < rows.length; i++) {
    let price = 0;
    let at = i * stride;
    for (let j = 0; j < nodes; j++, at += 2) price += kernel[at] * re[j] - kernel[at + 1] * im[j];
    prices[rows[i]] = table.side === 0 ? price + Math.exp(-0.5 * Math.abs(x[i])) : price;
  }
}

function sumGradients(group: StrikeGroup, table: GroupTable, values: Float64Array, nodes: number, prices: Float64Array, gradient: Float64Array): void {
  const { rows, x } = group;
  const { kernel } = table;
  const stride = 2 * table.nodeRe.length;
  for (let i = 0; i < rows.length; i++) {
    let price = 0;
    let d0 = 0;
    let d1 = 0;
    let d2 = 0;
    let d3 = 0;
    let d4 = 0;
    let at = i * stride;
    let v = 0;
    for (let j = 0; j < nodes; j++, at += 2, v += 12) {
      const tr = kernel[at];
      const ti = kernel[at + 1];
      price += tr * values[v] - ti * values[v + 1];
      d0 += tr * values[v + 2] - ti * values[v + 3];
      d1 += tr * values[v + 4] - ti * values[v + 5];
      d2 += tr * values[v + 6] - ti * values[v + 7];
      d3 += tr * values[v + 8] - ti * values[v + 9];
      d4 += tr * values[v + 10] - ti * values[v + 11];
    }
    const row = rows[i];
    prices[row] = table.side === 0 ? price + Math.exp(-0.5 * Math.abs(x[i])) : price;
    const g = 5 * row;
    gradient[g] = d0;
    gradient[g + 1] = d1;
    gradient[g + 2] = d2;
    gradient[g + 3] = d3;
    gradient[g + 4] = d4;
  }
}
