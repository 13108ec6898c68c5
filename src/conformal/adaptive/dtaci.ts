/** Adaptive conformal inference that learns its step size. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { windowOptions } from './rolling.ts';
import type { Rolling, WindowOptions } from './rolling.ts';

export interface DtaciOptions extends WindowOptions {
  /** Step sizes of the experts, each in (0, 1]. @default 0.001, 0.002, 0.004 ... 0.128 */
  readonly gammas?: readonly number[];
  /** Sessions over which a step size should do well; sets the defaults of `sigma` and `eta`. @default 500 */
  readonly localSessions?: number;
  /** Share of weight spread evenly over the experts at each step, in [0, 1]. @default 1 / (2 localSessions) */
  readonly sigma?: number;
  /** Learning rate of the weights, > 0. @default that of Gibbs and Candes (2024), section 3.2, from alpha and `localSessions`; null is the same */
  readonly eta?: number | null;
}

/** Dynamically tuned adaptive conformal inference as plain data. */
export interface Dtaci extends Omit<Rolling, 'kind'> {
  readonly kind: 'dtaci';
  readonly gammas: readonly number[];
  readonly localSessions: number;
  readonly sigma: number;
  /** Null: the default for the alpha it runs at. */
  readonly eta: number | null;
}

/** Levels of the experts and the trust in each, shape (experts). */
export interface DtaciState {
  readonly levels: Float64Array;
  /** Sum to 1. */
  readonly weights: Float64Array;
}

const GAMMAS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128]; // Gibbs and Candes (2024), section 4

/**
 * Adaptive conformal inference with several step sizes, weighted by how each did lately.
 *
 * Outputs the weighted mean of the experts' levels, without randomness.
 *
 * @throws DomainError for options outside their ranges
 * @see Gibbs and Candes (2024), "Conformal inference for online prediction with arbitrary distribution shifts", algorithm 2
 * @example conformal({ alpha: 0.1, adapt: dtaci({ window: 500 }) })
 */
export function dtaci(options: DtaciOptions = {}): Dtaci {
  const fn = 'dtaci';
  requireKnownKeys(fn, options, ['gammas', 'localSessions', 'sigma', 'eta', 'window', 'decay']);
  const { gammas = GAMMAS, localSessions = 500, eta = null } = options;
  if (!(Array.isArray(gammas) && gammas.length > 0 && gammas.length <= 64)) throw new DomainError(`${fn}: gammas must be 1 to 64 numbers, got ${show(gammas)}`);
  for (const gamma of gammas) requireNumber(fn, 'gammas', gamma, { min: Number.MIN_VALUE, max: 1 });
  requireInteger(fn, 'localSessions', localSessions, { min: 1 });
  const sigma = requireNumber(fn, 'sigma', options.sigma ?? 1 / (2 * localSessions), { min: 0, max: 1 });
  if (eta !== null) requireNumber(fn, 'eta', eta, { min: Number.MIN_VALUE });
  return Object.freeze({ kind: 'dtaci', gammas: Object.freeze([...gammas]), localSessions, sigma, eta, ...windowOptions(fn, options) });
}

/** All experts at alpha, trusted alike. */
export function dtaciStart({ gammas }: Dtaci, alpha: number): DtaciState {
  const even = new Float64Array(gammas.length);
  return { levels: even.slice().fill(alpha), weights: even.fill(1 / gammas.length) };
}

/** The level put to use: the weighted mean of the experts'. */
export function dtaciLevel({ levels, weights }: DtaciState): number {
  return levels.reduce((sum, level, i) => sum + weights[i] * level, 0);
}

/**
 * The state after one session.
 *
 * @param betas - for each row of the session, the largest level whose interval would have held the outcome; one step for all of them, on mean losses
 */
export function dtaciStep(options: Dtaci, state: DtaciState, alpha: number, betas: ArrayLike<number>): DtaciState {
  const { gammas, sigma } = options;
  const experts = gammas.length;
  const eta = options.eta ?? defaultEta(alpha, experts, options.localSessions);
  const levels = new Float64Array(experts);
  const weights = new Float64Array(experts);
  let total = 0;
  for (let k = 0; k < experts; k++) {
    const level = state.levels[k];
    let [loss, misses] = [0, 0];
    for (let i = 0; i < betas.length; i++) {
      const gap = betas[i] - level;
      loss += alpha * gap - Math.min(0, gap); // pinball loss of the level for beta
      if (gap < 0) misses++;
    }
    levels[k] = level + gammas[k] * (alpha - misses / betas.length);
    weights[k] = state.weights[k] * Math.exp((-eta * loss) / betas.length);
    total += weights[k];
  }
  for (let k = 0; k < experts; k++) weights[k] = ((1 - sigma) * weights[k]) / total + sigma / experts;
  return { levels, weights };
}

function defaultEta(alpha: number, experts: number, sessions: number): number {
  const spread = (1 - alpha) ** 2 * alpha ** 3 + alpha ** 2 * (1 - alpha) ** 3;
  return Math.sqrt(((3 / sessions) * (Math.log(sessions * experts) + 2)) / spread);
}
