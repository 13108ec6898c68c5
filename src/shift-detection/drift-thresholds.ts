/** The one place for the limits of a drift check. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { FALSE_DISCOVERY_METHODS } from './false-discovery.ts';
import type { FalseDiscoveryMethod } from './false-discovery.ts';

export type DriftLevel = 'stable' | 'moderate' | 'significant';

/** Sizes of an effect from which it is moderate and significant; it must be beyond chance as well. */
export interface EffectLimits {
  readonly moderate: number;
  readonly significant: number;
}

export interface DriftThresholds {
  /** False-discovery rate over features, in (0, 1): on unchanged data the probability that any feature drifts. @default 0.05 */
  readonly alpha: number;
  /** Control of that rate. @default 'benjamini-hochberg' */
  readonly falseDiscovery: FalseDiscoveryMethod;
  /** Population stability index. @default { moderate: 0.1, significant: 0.25 } */
  readonly psi: EffectLimits;
  /** Difference of the shares of missing values, either way. @default { moderate: 0.05, significant: 0.2 } */
  readonly missingRate: EffectLimits;
  /** Share of values in categories the reference does not list, above its own. @default { moderate: 0.01, significant: 0.1 } */
  readonly newCategories: EffectLimits;
  /** What the whole is at least when a column of the reference is gone. @default 'significant' */
  readonly vanishedColumn: DriftLevel;
  /** What the whole is at least when there is a column the reference does not have. @default 'moderate' */
  readonly newColumn: DriftLevel;
  /** Share of assessed features, plain or by importance, whose drift makes the whole significant, in (0, 1]. @default 0.3 */
  readonly driftedShare: number;
  /** Effective rows below which a feature is not assessed, on either side. @default 30 */
  readonly minimumRows: number;
}

/** Some of the limits; the others keep their defaults. */
export type DriftThresholdOptions = { readonly [K in keyof DriftThresholds]?: DriftThresholds[K] extends EffectLimits ? Partial<EffectLimits> : DriftThresholds[K] };

const LEVELS: readonly DriftLevel[] = ['stable', 'moderate', 'significant'];
const LIMITS = { psi: [0.1, 0.25, Infinity], missingRate: [0.05, 0.2, 1], newCategories: [0.01, 0.1, 1] } as const;
const KEYS = ['alpha', 'falseDiscovery', ...Object.keys(LIMITS), 'vanishedColumn', 'newColumn', 'driftedShare', 'minimumRows'];

/**
 * The limits of a drift check, complete and checked: frozen plain data, to be kept with the report.
 *
 * @throws DomainError for a value outside its range or limits that do not ascend; `ERR_UNKNOWN_NAME` for an unknown one
 * @example driftThresholds({ psi: { significant: 0.3 } }).psi // { moderate: 0.1, significant: 0.3 }
 */
export function driftThresholds(options: DriftThresholdOptions = {}): DriftThresholds {
  const fn = 'driftThresholds';
  requireKnownKeys(fn, options, KEYS);
  const limits = (name: keyof typeof LIMITS): EffectLimits => {
    const [moderateDefault, significantDefault, max] = LIMITS[name];
    const given = options[name] ?? {};
    requireKnownKeys(`${fn} ${name}`, given, ['moderate', 'significant']);
    const moderate = requireNumber(fn, `${name}.moderate`, given.moderate ?? moderateDefault, { min: 0, max });
    const significant = requireNumber(fn, `${name}.significant`, given.significant ?? significantDefault, { min: 0, max });
    if (moderate > significant) throw new DomainError(`${fn}: ${name}.moderate must be <= ${name}.significant, got ${show(moderate)} and ${show(significant)}`);
    return Object.freeze({ moderate, significant });
  };
  const share = requireNumber(fn, 'driftedShare', options.driftedShare ?? 0.3, { min: 0, max: 1 });
  if (share === 0) throw new DomainError(`${fn}: driftedShare must be > 0, got 0`);
  return Object.freeze({
    alpha: requireNumber(fn, 'alpha', options.alpha ?? 0.05, { min: 0, max: 1, open: true }),
    falseDiscovery: requireOneOf(fn, 'falseDiscovery', options.falseDiscovery ?? 'benjamini-hochberg', FALSE_DISCOVERY_METHODS),
    psi: limits('psi'),
    missingRate: limits('missingRate'),
    newCategories: limits('newCategories'),
    vanishedColumn: requireOneOf(fn, 'vanishedColumn', options.vanishedColumn ?? 'significant', LEVELS),
    newColumn: requireOneOf(fn, 'newColumn', options.newColumn ?? 'moderate', LEVELS),
    driftedShare: share,
    minimumRows: requireInteger(fn, 'minimumRows', options.minimumRows ?? 30, { min: 2 }),
  });
}

/** The higher of two levels. */
export function worseLevel(a: DriftLevel, b: DriftLevel): DriftLevel {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/** The level of an effect that is beyond chance. */
export function levelOf(effect: number, limits: EffectLimits): DriftLevel {
  return effect >= limits.significant ? 'significant' : effect >= limits.moderate ? 'moderate' : 'stable';
}
