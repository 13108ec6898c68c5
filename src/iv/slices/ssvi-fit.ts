/** An SSVI surface fitted to the quotes of all expiries, without butterfly and calendar arbitrage. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { printable } from '../../core/inspect.ts';
import { levenbergMarquardt, type LeastSquaresSolver, type LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import type { SmileQuotes } from '../option.ts';
import { leastTheta } from './essvi-conditions.ts';
import { varianceAtTheMoney } from './essvi-residuals.ts';
import { distinctExpiries, printSlices, sliceFit, usableQuotes, type EssviSliceFit, type SurfaceWeights, type UsedQuotes } from './essvi-slice-fit.ts';
import { isotonicMeans } from './isotonic.ts';
import { ssviSlice, ssviSurface, uncheckedPhi, type SsviPhi, type SsviSurface } from './ssvi.ts';
import { thetaCurve } from './theta-curve.ts';

export interface SsviFitOptions {
  /** @default 'power-law' */
  readonly phi?: SsviPhi['kind'];
  /** @default 'spread' */
  readonly weights?: SurfaceWeights;
  /** Usable quotes that at least one expiry needs, >= 3. @default 5 */
  readonly minimumQuotes?: number;
  /** Steps of the solver. @default 100 */
  readonly maxIterations?: number;
  /** @default {@link levenbergMarquardt} */
  readonly solver?: LeastSquaresSolver;
}

export interface SsviFit {
  readonly kind: 'ssvi-fit';
  /** Null when nothing could be fitted. */
  readonly surface: SsviSurface | null;
  /** One per element of `quotes`, in its order; `level` marks fewer quotes than `minimumQuotes`. */
  readonly slices: readonly EssviSliceFit[];
  /** Half the sum of squared weighted residuals. */
  readonly cost: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly reason: 'gradient' | 'flat' | 'max-iterations' | 'no-improvement' | 'not-finite' | 'no-quotes';
}

const KEYS = ['phi', 'weights', 'minimumQuotes', 'maxIterations', 'solver'];
const KINDS: readonly SsviPhi['kind'][] = ['power-law', 'bounded-power-law', 'heston-like'];
const RHO_MAX = 0.999;

/**
 * Fits rho, phi and one theta per expiry to mid volatilities.
 *
 * By variable projection: for each rho and phi the best theta of every expiry is found by Newton steps, and the solver sees residuals of two
 * or three parameters only (Golub and Pereyra 1973, with Kaufman's Jacobian). Every parameter the solver can reach is free of butterfly
 * arbitrage at all fitted expiries and shorter ones: eta is a share of the largest allowed one (gamma at most 1/2), lambda an addition to the
 * smallest, (1 + |rho|) / 4. Thetas that fall in time are pooled at the end and rho and phi fitted again.
 *
 * @param quotes - one per expiry, in any order; NaN and non-positive volatilities are skipped
 * @throws ShapeError for columns of different lengths, DomainError for options out of range
 * @see Gatheral and Jacquier (2014), section 5.2
 * @example fitSsvi(smileQuotes, { phi: 'bounded-power-law' }).surface
 */
export function fitSsvi(quotes: readonly SmileQuotes[], options: SsviFitOptions = {}): SsviFit {
  const fn = 'fitSsvi';
  requireKnownKeys(fn, options, KEYS);
  const kind = requireOneOf(fn, 'phi', options.phi ?? 'power-law', KINDS);
  const minimumQuotes = requireInteger(fn, 'minimumQuotes', options.minimumQuotes ?? 5, { min: 3 });
  const maxIterations = requireInteger(fn, 'maxIterations', options.maxIterations ?? 100, { min: 1 });
  const { solver = levenbergMarquardt } = options;
  const usable = usableQuotes(fn, quotes, options.weights ?? 'spread');
  const { chosen, statusOf } = distinctExpiries(usable);
  const quoted = chosen.filter((i) => usable[i].vol.length > 0);
  const found = quoted.some((i) => usable[i].vol.length >= minimumQuotes) ? fitShape(quoted.map((i) => usable[i]), kind, solver, maxIterations) : null;
  const slices = quotes.map((slice, i) => {
    if (!chosen.includes(i)) return sliceFit(slice, usable[i], statusOf(i), null);
    if (found === null) return sliceFit(slice, usable[i], 'no-shape', null);
    const used = usable[i].vol.length;
    return sliceFit(slice, usable[i], used >= minimumQuotes ? 'fitted' : used > 0 ? 'level' : 'interpolated', ssviSlice(found.surface, slice.expiryYears));
  });
  const none = { surface: null, cost: 0, iterations: 0, converged: false, reason: 'no-quotes' as const };
  return Object.freeze(printable({ kind: 'ssvi-fit', slices: Object.freeze(slices), ...(found ?? none) } satisfies SsviFit, printSlices));
}

function fitShape(slices: readonly UsedQuotes[], kind: SsviPhi['kind'], solver: LeastSquaresSolver, maxIterations: number): Omit<SsviFit, 'kind' | 'slices'> {
  const theta = Float64Array.from(slices, varianceAtTheMoney);
  const start = kind === 'heston-like' ? [-0.5, Math.log(2)] : [-0.5, 0.3, 0.4];
  const lower = kind === 'heston-like' ? [-RHO_MAX, -12] : [-RHO_MAX, 1e-3, 0.01];
  const upper = kind === 'heston-like' ? [RHO_MAX, 12] : [RHO_MAX, 1 - 1e-6, 0.5];
  const weight = new Float64Array(theta.length);
  const run = (initial: ArrayLike<number>, isLevelFree: boolean): ReturnType<LeastSquaresSolver> => solver(shapeSystem(slices, kind, theta, weight, isLevelFree), { initial, lower, upper, maxIterations, costTolerance: 1e-10, maxStep: 1 });
  const free = run(start, true);
  shapeSystem(slices, kind, theta, weight, true).evaluate(free.parameters, new Float64Array(residualCount(slices)), null);
  // Knots of one level would make a surface that stands still: a rise of 1e-9 keeps local volatility positive.
  const pooled = isotonicMeans(theta, weight);
  const isRising = theta.every((value, i) => i === 0 || value > theta[i - 1]);
  for (let i = 0; i < theta.length; i++) theta[i] = i === 0 ? pooled[0] : Math.max(pooled[i], theta[i - 1] * (1 + 1e-9));
  // With the levels pooled, or the largest theta moved since the bound on eta was set, the shape has to follow.
  const fit = isRising ? free : run(free.parameters, false);
  const { rho, phi } = shapeOf(fit.parameters, kind, theta);
  const surface = ssviSurface({ rho, phi, theta: thetaCurve({ expiryYears: slices.map((slice) => slice.expiryYears), theta }) });
  return { surface, cost: fit.cost, iterations: free.iterations + (isRising ? 0 : fit.iterations), converged: fit.converged, reason: fit.reason };
}

function residualCount(slices: readonly UsedQuotes[]): number {
  return slices.reduce((sum, slice) => sum + slice.vol.length, 0);
}

interface Shape {
  readonly rho: number;
  readonly phi: SsviPhi;
}

function shapeOf(parameters: ArrayLike<number>, kind: SsviPhi['kind'], theta: Float64Array): Shape {
  const rho = parameters[0];
  if (kind === 'heston-like') return { rho, phi: { kind, lambda: (1 + Math.abs(rho)) / 4 + Math.exp(parameters[1]) } };
  const gamma = parameters[2];
  return { rho, phi: { kind, eta: parameters[1] * largestEta(kind, rho, gamma, theta), gamma } };
}

// With gamma <= 1/2 the density is closest to negative at the largest theta, or where psi^2 / theta is largest: at theta = 1 - 2 gamma.
function largestEta(kind: 'power-law' | 'bounded-power-law', rho: number, gamma: number, theta: Float64Array): number {
  const most = theta[theta.length - 1];
  const peak = kind === 'bounded-power-law' ? Math.min(most, Math.max(1 - 2 * gamma, most / 2)) : most;
  const unit = { kind, eta: 1, gamma };
  let low = 0;
  let high = Infinity;
  for (const level of peak === most ? [most] : [most, peak]) {
    uncheckedPhi(unit, level, atTheta);
    const psi = level * atTheta[0];
    const steepest = 4 / (psi * (1 + Math.abs(rho)));
    high = Math.min(high, steepest);
  }
  // Up to Gatheral and Jacquier's bound nothing needs to be searched.
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    let isFree = true;
    for (const level of peak === most ? [most] : [most, peak]) {
      uncheckedPhi(unit, level, atTheta);
      const psi = middle * level * atTheta[0];
      isFree = isFree && leastTheta((psi * (1 - rho)) / 2, (psi * (1 + rho)) / 2, null) <= level;
    }
    if (isFree) low = middle;
    else high = middle;
  }
  return low;
}

const atTheta = new Float64Array(2);
const STEP = 1e-6; // of a parameter, for the derivative of rho and log phi by it; theirs are smooth functions, so errors are of order 1e-11

function shapeSystem(slices: readonly UsedQuotes[], kind: SsviPhi['kind'], theta: Float64Array, weight: Float64Array, isLevelFree: boolean): LeastSquaresSystem {
  const parameterCount = kind === 'heston-like' ? 2 : 3;
  const bound = theta.slice(); // levels that set the bound on eta stay while the solver runs
  return {
    residualCount: residualCount(slices),
    parameterCount,
    evaluate: (parameters, residuals, jacobian) => {
      const shape = shapeOf(parameters, kind, bound);
      const moved: { up: Shape; down: Shape; width: number }[] = [];
      for (let j = 0; jacobian !== null && j < parameterCount; j++) {
        const width = STEP * Math.max(Math.abs(parameters[j]), 0.1);
        const at = (side: number): Shape => shapeOf(Array.from(parameters, (value, i) => (i === j ? value + side * width : value)), kind, bound);
        moved.push({ up: at(1), down: at(-1), width: 2 * width });
      }
      let first = 0;
      for (let s = 0; s < slices.length; s++) {
        const quotes = slices[s];
        if (isLevelFree) theta[s] = bestLevel(quotes, shape, theta[s]);
        weight[s] = fillSlice(quotes, shape, theta[s], residuals, first);
        if (jacobian !== null) {
          const changes = moved.map(({ up, down, width }) => [(up.rho - down.rho) / width, (logPhi(up, theta[s]) - logPhi(down, theta[s])) / width] as const);
          fillRows(quotes.vol.length, changes, isLevelFree, weight[s], jacobian, first * parameterCount);
        }
        first += quotes.vol.length;
      }
      return true;
    },
  };
}

function logPhi({ phi }: Shape, theta: number): number {
  uncheckedPhi(phi, theta, atTheta);
  return Math.log(atTheta[0]);
}

let columns = new Float64Array(0); // per quote: derivatives of the residual by log theta, rho and log phi

// Residuals of one slice from `first`, their derivatives into `columns`; returns the squared length of the first derivative.
function fillSlice({ expiryYears, logMoneyness, vol, factor }: UsedQuotes, { rho, phi }: Shape, theta: number, residuals: Float64Array, first: number): number {
  if (columns.length < 3 * vol.length) columns = new Float64Array(3 * vol.length);
  uncheckedPhi(phi, theta, atTheta);
  const psi = theta * atTheta[0];
  const growth = 1 + theta * atTheta[1]; // d log psi / d log theta
  const right = (psi * (1 + rho)) / 2;
  const left = (psi * (1 - rho)) / 2;
  let sum = 0;
  for (let i = 0; i < vol.length; i++) {
    const k = logMoneyness[i];
    const line = theta + (right - left) * k;
    const square = 4 * right * left * k * k;
    const root = Math.sqrt(line * line + square);
    const w = line >= 0 ? (line + root) / 2 : square / (2 * (root - line));
    const model = Math.sqrt(w / expiryYears);
    const chain = factor[i] / (2 * model * expiryYears * root);
    const byPsi = k * (w * (right - left) + 2 * right * left * k);
    residuals[first + i] = (model - vol[i]) * factor[i];
    columns[3 * i] = chain * (w * theta + growth * byPsi);
    columns[3 * i + 1] = (chain * psi * k * (2 * w - (right - left) * k)) / 2;
    columns[3 * i + 2] = chain * byPsi;
    sum += columns[3 * i] * columns[3 * i];
  }
  return sum;
}

const rowsOf = { residuals: new Float64Array(0) };

function bestLevel(quotes: UsedQuotes, shape: Shape, start: number): number {
  if (rowsOf.residuals.length < quotes.vol.length) rowsOf.residuals = new Float64Array(quotes.vol.length);
  const { residuals } = rowsOf;
  let theta = start;
  for (let pass = 0; pass < 20; pass++) {
    const square = fillSlice(quotes, shape, theta, residuals, 0);
    let gradient = 0;
    for (let i = 0; i < quotes.vol.length; i++) gradient += residuals[i] * columns[3 * i];
    const step = square > 0 ? Math.min(Math.max(-gradient / square, -0.5), 0.5) : 0;
    theta *= Math.exp(step);
    if (Math.abs(step) < 1e-9) break;
  }
  return theta;
}

// Jacobian rows by the solver's parameters; where theta follows the shape, what theta can take up is projected out (Kaufman).
function fillRows(n: number, changes: readonly (readonly [number, number])[], isLevelFree: boolean, weight: number, jacobian: Float64Array, at: number): void {
  const p = changes.length;
  for (let j = 0; j < p; j++) {
    const [byRho, byLogPhi] = changes[j];
    let along = 0;
    for (let i = 0; i < n; i++) {
      const value = columns[3 * i + 1] * byRho + columns[3 * i + 2] * byLogPhi;
      jacobian[at + p * i + j] = value;
      along += value * columns[3 * i];
    }
    if (!isLevelFree || !(weight > 0)) continue;
    for (let i = 0; i < n; i++) jacobian[at + p * i + j] -= (along / weight) * columns[3 * i];
  }
}
