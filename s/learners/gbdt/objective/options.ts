/** Options of the losses, and which loss reads which. */
import { requireInteger, requireNumber, requireOneOf, show } from '../../../core/assert.ts';
import { DomainError } from '../../../core/errors.ts';
import type { GbdtObjectiveName } from '../model.ts';
import type { CustomObjective } from './types.ts';

export type BuiltInObjective = Exclude<GbdtObjectiveName, 'custom'>;

/** Options of a loss, in LightGBM's names and with its defaults. An option the chosen loss does not read is an error. */
export interface ObjectiveOptions {
  /** Name of a built-in loss, or a loss of the host's own. @default 'squared' */
  readonly objective?: BuiltInObjective | CustomObjective;
  /** `huber`: residual at which the loss turns from square to linear, > 0. `quantile`: level in (0, 1). @default 0.9 */
  readonly alpha?: number;
  /** `poisson`: the hessian is exp(this) times too large, so that steps from few events stay small. In (0, 100). @default 0.7 */
  readonly poissonMaxDeltaStep?: number;
  /** `tweedie`: the variance grows with this power of the mean, 1 as for Poisson, towards 2 as for gamma. In [1, 2). @default 1.5 */
  readonly tweedieVariancePower?: number;
  /** `softmax`: classes, an integer in [2, 1000]; labels are 0 .. numClass - 1. Required. */
  readonly numClass?: number;
  /** `lambdarank`: pairs with a row among the first this many ranks count, and NDCG is cut off there. Integer >= 1. @default 30 */
  readonly lambdarankTruncationLevel?: number;
  /** `lambdarank`: damp pairs by the distance of their margins, and queries by the logarithm of their sum. @default true */
  readonly lambdarankNorm?: boolean;
  /** `lambdarank`: gain of each label 0, 1, ...; finite, >= 0 and not decreasing. @default 2^label - 1 for labels up to 31 */
  readonly labelGain?: ArrayLike<number>;
  /** `lambdarank`: steepness of the pair's logistic function, in (0, 1000). @default 1 */
  readonly sigmoid?: number;
}

const READERS: Readonly<Record<Exclude<keyof ObjectiveOptions, 'objective'>, readonly BuiltInObjective[]>> = {
  alpha: ['huber', 'quantile'],
  poissonMaxDeltaStep: ['poisson'],
  tweedieVariancePower: ['tweedie'],
  numClass: ['softmax'],
  lambdarankTruncationLevel: ['lambdarank'],
  lambdarankNorm: ['lambdarank'],
  labelGain: ['lambdarank'],
  sigmoid: ['lambdarank'],
};

/** Names of all options of the losses, for a check of unknown names. */
export const OBJECTIVE_OPTION_KEYS: readonly (keyof ObjectiveOptions)[] = ['objective', ...(Object.keys(READERS) as (keyof typeof READERS)[])];

export const BUILT_IN_OBJECTIVES: readonly BuiltInObjective[] = ['squared', 'absolute', 'huber', 'quantile', 'poisson', 'gamma', 'tweedie', 'logistic', 'softmax', 'lambdarank', 'xendcg'];

/** Throws when an option is given that the loss does not read. */
export function requireReadOptions(fn: string, objective: GbdtObjectiveName, options: ObjectiveOptions): void {
  for (const [key, readers] of Object.entries(READERS)) {
    if (options[key as keyof ObjectiveOptions] === undefined || (readers as readonly string[]).includes(objective)) continue;
    throw new DomainError(`${fn}: ${key} must be left out unless objective is ${readers.map((name) => JSON.stringify(name)).join(' or ')}, got objective ${show(objective)}`);
  }
}

/** The name of a built-in loss, checked. */
export function requireBuiltIn(fn: string, objective: unknown): BuiltInObjective {
  return requireOneOf(fn, 'objective', objective, BUILT_IN_OBJECTIVES);
}

/** Gains of labels 0, 1, ..., checked. */
export function labelGains(fn: string, given: ArrayLike<number> | undefined): Float64Array {
  if (given === undefined) return Float64Array.from({ length: 32 }, (_, label) => 2 ** label - 1);
  const gains = Float64Array.from(given);
  requireInteger(fn, 'labelGain.length', gains.length, { min: 1 });
  for (let label = 0; label < gains.length; label++) {
    requireNumber(fn, `labelGain[${label}]`, gains[label], { min: label === 0 ? 0 : gains[label - 1], max: 1e100 }); // sums over a query stay finite
  }
  return gains;
}
