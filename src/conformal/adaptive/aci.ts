/** Adaptive conformal inference: the level moves with the misses. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { windowOptions } from './rolling.ts';
import type { Rolling, WindowOptions } from './rolling.ts';

export interface AciOptions extends WindowOptions {
  /** Step size in (0, 1]: what a session that is all missed, instead of all covered, takes off the level. @default 0.02, which forgets in about 50 sessions */
  readonly gamma?: number;
  /**
   * Bounds the level is clipped to after every step. Bounds inside (0, 1) rule out infinite and empty intervals, [0, 1] is the variant of MAPIE;
   * the long-run guarantee needs no bounds. @default [-Infinity, Infinity]
   */
  readonly bounds?: readonly [number, number];
}

/** Adaptive conformal inference as plain data. */
export interface Aci extends Omit<Rolling, 'kind'> {
  readonly kind: 'aci';
  readonly gamma: number;
  readonly bounds: readonly [number, number];
}

/**
 * Adaptive conformal inference on a window of scores.
 *
 * The share of misses over T sessions differs from alpha by at most (max(alpha, 1 - alpha) + gamma) / (gamma T), whatever the data do. For that the
 * level may leave (0, 1): at 0 and below the interval is infinite, at 1 and above empty.
 *
 * @throws DomainError for options outside their ranges
 * @see Gibbs and Candes (2021), "Adaptive conformal inference under distribution shift", eq. 2 and proposition 4.1
 * @example conformal({ alpha: 0.1, adapt: aci({ gamma: 0.02, window: 500 }) })
 */
export function aci(options: AciOptions = {}): Aci {
  requireKnownKeys('aci', options, ['gamma', 'bounds', 'window', 'decay']);
  const { gamma = 0.02, bounds = [-Infinity, Infinity] } = options;
  requireNumber('aci', 'gamma', gamma, { min: Number.MIN_VALUE, max: 1 });
  if (!(Array.isArray(bounds) && bounds.length === 2 && bounds[0] < bounds[1])) throw new DomainError(`aci: bounds must be two ascending numbers, got ${show(bounds)}`);
  return Object.freeze({ kind: 'aci', gamma, bounds: Object.freeze([bounds[0], bounds[1]] as const), ...windowOptions('aci', options) });
}

/**
 * The level after one session: level + gamma * (alpha - missShare).
 *
 * @param missShare - share of the session's rows whose interval missed
 */
export function aciStep({ gamma, bounds }: Pick<Aci, 'gamma' | 'bounds'>, level: number, alpha: number, missShare: number): number {
  return Math.min(bounds[1], Math.max(bounds[0], level + gamma * (alpha - missShare)));
}
