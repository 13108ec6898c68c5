/** SABR with a fixed beta fitted to the quotes of one expiry. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { levenbergMarquardt, type LeastSquaresSolver, type LeastSquaresSystem, type LevenbergMarquardtFit } from '../../core/levenberg-marquardt.ts';
import type { SmileQuotes } from '../option.ts';
import { sabrZOverChi } from './sabr-chi.ts';
import { sabrSpread, uncheckedSabrSmile, type SabrSmile } from './sabr.ts';
import { NO_ERRORS, sliceErrors, type SliceErrors } from './slice-errors.ts';
import { sliceWeights, type SliceWeights } from './slice-weights.ts';

export interface SabrFitOptions {
  /** Backbone exponent in [0, 1], not identified by one smile. @default 1 */
  readonly beta?: number;
  /** @default 'obloj' */
  readonly formula?: SabrSmile['formula'];
  /** @default 'spread' */
  readonly weights?: SliceWeights;
  /** Any solver of core, as for `fitSvi`. @default levenbergMarquardt */
  readonly solver?: LeastSquaresSolver;
  /** @default 100 */
  readonly maxIterations?: number;
}

export interface SabrFit extends SliceErrors {
  /** As of `fitSvi`; fewer than three different log-moneyness are too few. */
  readonly status: 'ok' | 'not-converged' | 'too-few-quotes' | 'bad-expiry' | 'bad-forward';
  readonly smile: SabrSmile | null;
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  /** Quotes with a weight above 0. */
  readonly usedQuotes: number;
  readonly iterations: number;
  readonly evaluations: number;
}

const CORRELATIONS = [-0.8, -0.4, 0, 0.4];
const VOLS_OF_VOL = [0.1, 0.3, 0.8]; // nu sqrt(T)

/**
 * Fits alpha, rho and nu by weighted least squares in volatility with analytic derivatives; alpha starts from the volatility nearest to the money.
 *
 * Quotes that cannot be used are left out and never throw.
 *
 * @throws ShapeError when columns differ in length, DomainError for options out of range
 * @see Hagan, Kumar, Lesniewski and Woodward (2002), section 3
 */
export function fitSabr(quotes: SmileQuotes, options: SabrFitOptions = {}): SabrFit {
  requireKnownKeys('fitSabr', options, ['beta', 'formula', 'weights', 'solver', 'maxIterations']);
  const { formula = 'obloj', solver = levenbergMarquardt, maxIterations = 100 } = options;
  const beta = requireNumber('fitSabr', 'beta', options.beta ?? 1, { min: 0, max: 1 });
  requireOneOf('fitSabr', 'formula', formula, ['obloj', 'hagan']);
  requireInteger('fitSabr', 'maxIterations', maxIterations, { min: 1 });
  const weight = sliceWeights(quotes, options.weights);
  const { expiryYears, forward, discount } = quotes;
  if (!(expiryYears > 0 && expiryYears < Infinity)) return withoutSmile('bad-expiry', quotes, 0);
  if (!(forward > 0 && forward < Infinity)) return withoutSmile('bad-forward', quotes, 0);
  const isUsed = (_: number, i: number): boolean => weight[i] > 0;
  const k = quotes.logMoneyness.filter(isUsed);
  const vol = quotes.midVol.filter(isUsed);
  if (new Set(k.map((x) => Math.round(x * 1e9))).size < 3) return withoutSmile('too-few-quotes', quotes, k.length);

  const root = Math.sqrt(expiryYears);
  const scale = Math.exp((1 - beta) * Math.log(forward)); // alpha is the volatility at the money times this
  const system = sabrSystem({ formula, beta, forward, expiryYears, scale, k, vol, weight: weight.filter(isUsed) });
  let nearest = 0;
  for (let i = 1; i < k.length; i++) if (Math.abs(k[i]) < Math.abs(k[nearest])) nearest = i;
  const residuals = new Float64Array(k.length);
  const starts: { readonly cost: number; readonly initial: Float64Array }[] = [];
  for (const rho of CORRELATIONS) {
    for (const nu of VOLS_OF_VOL) {
      const initial = Float64Array.of(vol[nearest], rho, nu / root);
      if (!system.evaluate(initial, residuals, null)) continue;
      let cost = 0;
      for (let i = 0; i < residuals.length; i++) cost += residuals[i] * residuals[i];
      starts.push({ cost, initial });
    }
  }
  starts.sort((a, b) => a.cost - b.cost);
  const lower = Float64Array.of(1e-3 * vol[nearest], -0.9999, 1e-4 / root);
  const upper = Float64Array.of(1e3 * vol[nearest], 0.9999, 30 / root);
  let iterations = 0;
  let evaluations = 0;
  let best: LevenbergMarquardtFit | null = null;
  for (const { initial } of starts.slice(0, 2)) {
    const fit = solver(system, { initial, lower, upper, maxIterations, costTolerance: 1e-10 });
    iterations += fit.iterations;
    evaluations += fit.evaluations;
    if (best === null || fit.cost < best.cost) best = fit;
  }
  if (best === null || best.reason === 'not-finite') return withoutSmile('not-converged', quotes, k.length);
  const smile: SabrSmile = Object.freeze({ kind: 'sabr', formula, alpha: best.parameters[0] * scale, beta, rho: best.parameters[1], nu: best.parameters[2], forward, expiryYears });
  const errors = sliceErrors(quotes, weight, (logMoneyness, out) => uncheckedSabrSmile(smile, logMoneyness, out));
  const status = best.converged || errors.rmseVol! < 1e-10 ? 'ok' : 'not-converged';
  return Object.freeze({ status, smile, expiryYears, forward, discount, usedQuotes: k.length, ...errors, iterations, evaluations });
}

interface SabrData extends Pick<SabrSmile, 'formula' | 'beta' | 'forward' | 'expiryYears'> {
  readonly scale: number;
  readonly k: Float64Array;
  readonly vol: Float64Array;
  readonly weight: Float64Array;
}

// Parameters: alpha / forward^(1 - beta), rho, nu. The formula is that of uncheckedSabrSmile with the forward at 1.
function sabrSystem({ formula, beta, expiryYears, k, vol, weight }: SabrData): LeastSquaresSystem {
  const n = k.length;
  const e = 1 - beta;
  const inverse = k.map((x) => Math.exp((-e / 2) * x)); // 1 / u
  const spread = new Float64Array(3);
  const lift = k.map((x) => {
    sabrSpread(formula === 'obloj', e, x, spread);
    return spread[0];
  });
  const ratio = new Float64Array(4);
  const evaluate = (parameters: Float64Array, residuals: Float64Array, jacobian: Float64Array | null): boolean => {
    const alpha = parameters[0];
    const rho = parameters[1];
    const nu = parameters[2];
    const square = (expiryYears * e * e) / 24;
    const cross = (expiryYears * beta) / 4;
    const constant = (expiryYears * (2 - 3 * rho * rho)) / 24;
    for (let i = 0; i < n; i++) {
      const v = inverse[i];
      const unit = (formula === 'obloj' ? -k[i] * lift[i] : -k[i]) / (alpha * v); // z / nu
      const z = nu * unit;
      sabrZOverChi(z, rho, ratio);
      const f = ratio[0];
      const h = 1 + square * alpha * alpha * v * v + cross * rho * nu * alpha * v + constant * nu * nu;
      const level = (alpha * v) / lift[i];
      residuals[i] = weight[i] * (level * f * h - vol[i]);
      if (!Number.isFinite(residuals[i])) return false;
      if (jacobian !== null) {
        const at = 3 * i;
        const factor = weight[i] * level;
        jacobian[at] = factor * ((f * h) / alpha - (ratio[1] * z * h) / alpha + f * (2 * square * alpha * v * v + cross * rho * nu * v));
        jacobian[at + 1] = factor * (ratio[3] * h + f * (cross * nu * alpha * v - (expiryYears * rho * nu * nu) / 4));
        jacobian[at + 2] = factor * (ratio[1] * unit * h + f * (cross * rho * alpha * v + 2 * constant * nu));
      }
    }
    return true;
  };
  return { residualCount: n, parameterCount: 3, evaluate };
}

function withoutSmile(status: SabrFit['status'], { expiryYears, forward, discount }: SmileQuotes, usedQuotes: number): SabrFit {
  return Object.freeze({ status, smile: null, expiryYears, forward, discount, usedQuotes, ...NO_ERRORS, iterations: 0, evaluations: 0 });
}
