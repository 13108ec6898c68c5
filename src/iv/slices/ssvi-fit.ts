/** An SSVI surface fitted to the quotes of all expiries, without butterfly and calendar arbitrage. */
import { requireInteger, requireKnownKeys, requireOneOf } from '../../core/assert.ts';
import { printable } from '../../core/inspect.ts';
import { levenbergMarquardt, type LeastSquaresSolver, type LeastSquaresSystem } from '../../core/levenberg-marquardt.ts';
import { risingMeans } from '../../core/pava.ts';
import type { SmileQuotes } from '../option.ts';
import { varianceAtTheMoney } from './essvi-residuals.ts';
import { distinctExpiries, printSlices, sliceFit, usableQuotes, type EssviSliceFit, type SurfaceWeights, type UsedQuotes } from './essvi-slice-fit.ts';
import { ssviSlice, ssviSurface, uncheckedPhi, type SsviPhi, type SsviSurface } from './ssvi.ts';
import { etaShare, shapeOf, withoutButterfly, type SsviShape } from './ssvi-shape.ts';
import { thetaCurve } from './theta-curve.ts';

export interface SsviFitOptions {
  /** @default 'power-law' */
  readonly phi?: SsviPhi['kind'];
  /** @default 'spread' */
  readonly weights?: SurfaceWeights;
  /** Usable quotes that at least one expiry needs, >= 3. @default 5 */
  readonly minQuotes?: number;
  /** Steps of the solver. @default 100 */
  readonly maxIterations?: number;
  /** @default {@link levenbergMarquardt} */
  readonly solver?: LeastSquaresSolver;
}

export interface SsviFit {
  readonly kind: 'ssvi-fit';
  /** Null when nothing could be fitted. */
  readonly surface: SsviSurface | null;
  /** One per element of `quotes`, in its order; `level` marks fewer quotes than `minQuotes`. */
  readonly slices: readonly EssviSliceFit[];
  /** Half the sum of squared weighted residuals. */
  readonly cost: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly reason: 'gradient' | 'flat' | 'max-iterations' | 'no-improvement' | 'not-finite' | 'no-quotes';
}

const KEYS = ['phi', 'weights', 'minQuotes', 'maxIterations', 'solver'];
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
  const minQuotes = requireInteger(fn, 'minQuotes', options.minQuotes ?? 5, { min: 3 });
  const maxIterations = requireInteger(fn, 'maxIterations', options.maxIterations ?? 100, { min: 1 });
  const { solver = levenbergMarquardt } = options;
  const usable = usableQuotes(fn, quotes, options.weights ?? 'spread');
  const { chosen, statusOf } = distinctExpiries(usable);
  const quoted = chosen.filter((i) => usable[i].vol.length > 0);
  const found = quoted.some((i) => usable[i].vol.length >= minQuotes) ? fitShape(quoted.map((i) => usable[i]), kind, solver, maxIterations) : null;
  const slices = quotes.map((slice, i) => {
    if (!chosen.includes(i)) return sliceFit(slice, usable[i], statusOf(i), null);
    if (found === null) return sliceFit(slice, usable[i], 'no-shape', null);
    const used = usable[i].vol.length;
    return sliceFit(slice, usable[i], used >= minQuotes ? 'ok' : used > 0 ? 'level' : 'interpolated', ssviSlice(found.surface, slice.expiryYears));
  });
  const none = { surface: null, cost: 0, iterations: 0, converged: false, reason: 'no-quotes' as const };
  return Object.freeze(printable({ kind: 'ssvi-fit', slices: Object.freeze(slices), ...(found ?? none) } satisfies SsviFit, printSlices));
}

function fitShape(slices: readonly UsedQuotes[], kind: SsviPhi['kind'], solver: LeastSquaresSolver, maxIterations: number): Fitted {
  const work: Workspace = { slices, kind, theta: Float64Array.from(slices, varianceAtTheMoney), weight: new Float64Array(slices.length), ...buffers(slices) };
  const { theta } = work;
  const isHeston = kind === 'heston-like';
  const lower = isHeston ? [-RHO_MAX, -12] : [-RHO_MAX, 1e-3, 0.01];
  const upper = isHeston ? [RHO_MAX, 12] : [RHO_MAX, 1 - 1e-6, 0.5];
  const run = (system: LeastSquaresSystem, initial: ArrayLike<number>): ReturnType<LeastSquaresSolver> => solver(system, { initial, lower, upper, maxIterations, costTolerance: 1e-10, maxStep: 1 });
  const most = Math.max(...theta);
  const freeSystem = shapeSystem(work, most, true);
  let fit = run(freeSystem, isHeston ? [-0.5, Math.log(2)] : [-0.5, 0.3, 0.4]);
  const freeIterations = fit.iterations;
  freeSystem.evaluate(fit.parameters, new Float64Array(freeSystem.residualCount), null);
  let shape = shapeOf(fit.parameters, kind, most);
  const isRising = theta.every((value, i) => i === 0 || value > theta[i - 1]);
  const pooled = risingMeans(theta, work.weight);
  for (let i = 0; i < theta.length; i++) theta[i] = i === 0 ? pooled[0] : Math.max(pooled[i], theta[i - 1] * (1 + 1e-9)); // a surface that stands still has no local volatility
  const last = theta[theta.length - 1];
  const share = etaShare(shape, last);
  if (!isRising || share > 1) {
    fit = run(shapeSystem(work, last, false), isHeston ? fit.parameters : [shape.rho, Math.min(share, 1 - 1e-6), fit.parameters[2]]);
    shape = shapeOf(fit.parameters, kind, last);
  }
  const surface = ssviSurface({ ...withoutButterfly(shape, theta), theta: thetaCurve({ expiryYears: slices.map((slice) => slice.expiryYears), theta }) });
  return { surface, cost: fit.cost, iterations: freeIterations + (isRising && share <= 1 ? 0 : fit.iterations), converged: fit.converged, reason: fit.reason };
}

type Fitted = Pick<SsviFit, 'cost' | 'iterations' | 'converged' | 'reason'> & { readonly surface: SsviSurface };

interface Workspace {
  readonly slices: readonly UsedQuotes[];
  readonly kind: SsviPhi['kind'];
  /** Total variance at the money of each slice. */
  readonly theta: Float64Array;
  /** Squared length of the residuals' derivative by log theta, per slice. */
  readonly weight: Float64Array;
  /** Of the slice at hand, per quote: derivatives of the residual by log theta, rho and log phi. */
  readonly columns: Float64Array;
  readonly residuals: Float64Array;
}

function buffers(slices: readonly UsedQuotes[]): Pick<Workspace, 'columns' | 'residuals'> {
  const most = Math.max(...slices.map((slice) => slice.vol.length));
  return { columns: new Float64Array(3 * most), residuals: new Float64Array(most) };
}

const STEP = 1e-6; // of a parameter, for the derivative of rho and log phi by it; theirs are smooth functions, so errors are of order 1e-11

function shapeSystem(work: Workspace, mostTheta: number, isLevelFree: boolean): LeastSquaresSystem {
  const { slices, kind, theta, weight } = work;
  const parameterCount = kind === 'heston-like' ? 2 : 3;
  return {
    residualCount: slices.reduce((sum, slice) => sum + slice.vol.length, 0),
    parameterCount,
    evaluate: (parameters, residuals, jacobian) => {
      const shape = shapeOf(parameters, kind, mostTheta);
      const moved: { up: SsviShape; down: SsviShape; width: number }[] = [];
      for (let j = 0; jacobian !== null && j < parameterCount; j++) {
        const width = STEP * Math.max(Math.abs(parameters[j]), 0.1);
        const at = (side: number): SsviShape => shapeOf(Array.from(parameters, (value, i) => (i === j ? value + side * width : value)), kind, mostTheta);
        moved.push({ up: at(1), down: at(-1), width: 2 * width });
      }
      let first = 0;
      for (let s = 0; s < slices.length; s++) {
        const n = slices[s].vol.length;
        if (isLevelFree) theta[s] = bestLevel(work, s, shape);
        weight[s] = fillSlice(work, s, shape, theta[s]);
        for (let i = 0; i < n; i++) residuals[first + i] = work.residuals[i];
        if (jacobian !== null) {
          const changes = moved.map(({ up, down, width }): Change => [(up.rho - down.rho) / width, (logPhi(up, theta[s]) - logPhi(down, theta[s])) / width]);
          fillRows(work, s, changes, isLevelFree, jacobian, first * parameterCount);
        }
        first += n;
      }
      return true;
    },
  };
}

// Derivatives of rho and log phi by one parameter.
type Change = readonly [byRho: number, byLogPhi: number];
const atTheta = new Float64Array(2);

function logPhi({ phi }: SsviShape, theta: number): number {
  uncheckedPhi(phi, theta, atTheta);
  return Math.log(atTheta[0]);
}

// Residuals of one slice and their derivatives; returns the squared length of the one by log theta.
function fillSlice({ slices, columns, residuals }: Workspace, s: number, { rho, phi }: SsviShape, theta: number): number {
  const { expiryYears, logMoneyness, vol, factor } = slices[s];
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
    residuals[i] = (model - vol[i]) * factor[i];
    columns[3 * i] = chain * (w * theta + growth * byPsi);
    columns[3 * i + 1] = (chain * psi * k * (2 * w - (right - left) * k)) / 2;
    columns[3 * i + 2] = chain * byPsi;
    sum += columns[3 * i] * columns[3 * i];
  }
  return sum;
}

// The theta of least squares for a shape, by Gauss-Newton on its logarithm.
function bestLevel(work: Workspace, s: number, shape: SsviShape): number {
  const { columns, residuals } = work;
  let theta = work.theta[s];
  for (let pass = 0; pass < 20; pass++) {
    const square = fillSlice(work, s, shape, theta);
    let gradient = 0;
    for (let i = 0; i < work.slices[s].vol.length; i++) gradient += residuals[i] * columns[3 * i];
    const step = square > 0 ? Math.min(Math.max(-gradient / square, -0.5), 0.5) : 0;
    theta *= Math.exp(step);
    if (Math.abs(step) < 1e-9) break;
  }
  return theta;
}

// Jacobian rows by the solver's parameters; where theta follows the shape, what theta can take up is projected out (Kaufman).
function fillRows({ slices, columns, weight }: Workspace, s: number, changes: readonly Change[], isLevelFree: boolean, jacobian: Float64Array, at: number): void {
  const p = changes.length;
  const n = slices[s].vol.length;
  for (let j = 0; j < p; j++) {
    const [byRho, byLogPhi] = changes[j];
    let along = 0;
    for (let i = 0; i < n; i++) {
      const value = columns[3 * i + 1] * byRho + columns[3 * i + 2] * byLogPhi;
      jacobian[at + p * i + j] = value;
      along += value * columns[3 * i];
    }
    if (!isLevelFree || !(weight[s] > 0)) continue;
    for (let i = 0; i < n; i++) jacobian[at + p * i + j] -= (along / weight[s]) * columns[3 * i];
  }
}
