/** The closed set of feature functions: arguments, defaults and ranges in one table, which builders and JSON recipes both pass through. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show, unknownName } from '../core/assert.ts';
import { canonicalJson } from '../core/codec.ts';
import { DomainError, QuantwrightError, SchemaError } from '../core/errors.ts';
import { requireColumnName, requireFeatureName } from './names.ts';
import type { Causality, ColumnFeature, Feature, FeatureSet } from './types.ts';

/** Longest window, in sessions. */
const MAX_WINDOW = 5000;
const MAX_DEPTH = 8;
const MAX_FEATURES = 2000;
// All calls of a recipe together; nesting alone would allow 255 per feature.
const MAX_CALLS = 20000;
const MAX_PARENTS = 100;
// Of all declared columns together: causality is inherited along them.
const MAX_ALL_PARENTS = 2000;
const CAUSALITIES: readonly Causality[] = ['causal', 'end-of-day', 'research-only'];

type Rule =
  | { readonly is: 'integer'; readonly min: number; readonly max: number; readonly fallback?: number }
  | { readonly is: 'positive'; readonly optional: true }
  | { readonly is: 'column'; readonly fallback?: string; readonly optional?: true }
  | { readonly is: 'columnName' | 'causality' | 'parents' | 'feature' };

const window = (min = 1): Rule => ({ is: 'integer', min, max: MAX_WINDOW });
const input = (fallback: string): Rule => ({ is: 'column', fallback });
const FEATURE: Rule = { is: 'feature' };
const PER_YEAR: Rule = { is: 'positive', optional: true };

const RULES: { readonly [F in Feature['fn']]: Readonly<Record<string, Rule>> } = {
  column: { name: { is: 'columnName' }, causality: { is: 'causality' }, availabilityLagSessions: { is: 'integer', min: 0, max: MAX_WINDOW, fallback: 0 }, parents: { is: 'parents' } },
  logReturn: { sessions: window(), column: input('close') },
  momentum: { sessions: window(), skip: { is: 'integer', min: 0, max: MAX_WINDOW, fallback: 0 }, column: input('close') },
  realizedVol: { sessions: window(2), column: input('close'), periodsPerYear: PER_YEAR },
  relativeStrength: { sessions: window(), column: input('close') },
  distanceToHigh: { sessions: window(), column: input('high'), close: input('close') },
  distanceToLow: { sessions: window(), column: input('low'), close: input('close') },
  meanAbsoluteReturn: { sessions: window(), column: input('close') },
  maxAbsoluteReturn: { sessions: window(), column: input('close') },
  returnSkewness: { sessions: window(3), column: input('close') },
  highLowRange: { sessions: window(), high: input('high'), low: input('low') },
  overnightGap: { open: input('open'), close: input('close') },
  intradayReturn: { open: input('open'), close: input('close') },
  volumeZScore: { sessions: window(2), column: input('volume') },
  dollarVolume: { sessions: window(), close: input('close'), volume: input('volume') },
  marketReturn: { sessions: window(), column: input('close') },
  marketVol: { sessions: window(2), column: input('close'), periodsPerYear: PER_YEAR },
  marketBeta: { sessions: window(2), column: input('close') },
  residualReturn: { sessions: window(), betaSessions: { is: 'integer', min: 2, max: MAX_WINDOW, fallback: 63 }, column: input('close') },
  ratio: { numerator: FEATURE, denominator: FEATURE },
  difference: { left: FEATURE, right: FEATURE },
  product: { left: FEATURE, right: FEATURE },
  lag: { feature: FEATURE, sessions: window() },
  rollingMean: { feature: FEATURE, sessions: window() },
  rollingStd: { feature: FEATURE, sessions: window(2) },
  rankByDate: { feature: FEATURE, within: { is: 'column', optional: true } },
  zScoreByDate: { feature: FEATURE, ddof: { is: 'integer', min: 0, max: 1, fallback: 1 }, clip: { is: 'positive', optional: true } },
};
const FUNCTIONS = Object.keys(RULES) as Feature['fn'][];

interface Budget {
  calls: number;
}

/**
 * The feature with every default filled in, deeply frozen.
 *
 * @param fn - function named in messages
 * @param path - where the feature stands, named in messages; empty for the top
 */
export function normaliseFeature(fn: string, path: string, value: unknown, depth = 1, budget: Budget = { calls: 0 }): Feature {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (depth > MAX_DEPTH) throw new SchemaError(`${fn}: ${path} must be nested at most ${MAX_DEPTH} deep`);
  if (++budget.calls > MAX_CALLS) throw new QuantwrightError('ERR_LIMIT', `${fn}: a recipe must have at most ${MAX_CALLS} feature calls`);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new SchemaError(`${fn}: ${path || 'a feature'} must be a feature object, got ${show(value)}`);
  const given = value as Readonly<Record<string, unknown>>;
  const kind = Object.hasOwn(given, 'fn') ? given['fn'] : undefined;
  if (typeof kind !== 'string') throw new SchemaError(`${fn}: ${at('fn')} must be the name of a feature function, got ${show(kind)}`);
  if (!FUNCTIONS.includes(kind as Feature['fn'])) throw unknownName(fn, 'feature function', kind, FUNCTIONS);
  const rules = RULES[kind as Feature['fn']];
  requireKnownKeys(path === '' ? fn : `${fn}: ${path}`, given, ['fn', ...Object.keys(rules)]);
  const result: { readonly fn: Feature['fn'] } = { fn: kind as Feature['fn'] };
  for (const [key, rule] of Object.entries(rules)) {
    const argument = Object.hasOwn(given, key) ? given[key] : undefined;
    const checked = checkArgument(fn, at(key), argument, rule, depth, budget);
    if (checked !== undefined) Object.assign(result, { [key]: checked });
  }
  const feature = Object.freeze(result) as Feature;
  if (feature.fn === 'momentum' && feature.skip >= feature.sessions) {
    throw new DomainError(`${fn}: ${at('skip')} must be less than sessions (${feature.sessions}), got ${feature.skip}`);
  }
  return feature;
}

function checkArgument(fn: string, path: string, value: unknown, rule: Rule, depth: number, budget: Budget): unknown {
  switch (rule.is) {
    case 'integer':
      return value === undefined && rule.fallback !== undefined ? rule.fallback : requireInteger(fn, path, value, rule);
    case 'positive':
      return value === undefined ? undefined : requireNumber(fn, path, value, { min: Number.MIN_VALUE, max: 1e12 });
    case 'column':
      return value === undefined && (rule.optional || rule.fallback !== undefined) ? rule.fallback : checkColumn(fn, path, value, depth, budget);
    case 'columnName':
      return requireColumnName(fn, path, value);
    case 'causality':
      return requireOneOf(fn, path, value, CAUSALITIES);
    case 'parents':
      return checkParents(fn, path, value === undefined ? [] : value);
    case 'feature':
      return normaliseFeature(fn, path, value, depth + 1, budget);
  }
}

function checkColumn(fn: string, path: string, value: unknown, depth: number, budget: Budget): string | ColumnFeature {
  if (typeof value === 'string') return requireColumnName(fn, path, value);
  const feature = normaliseFeature(fn, path, value, depth + 1, budget);
  if (feature.fn !== 'column') throw new DomainError(`${fn}: ${path} must be a column name or a declared column, got ${feature.fn}`);
  return feature;
}

function checkParents(fn: string, path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_PARENTS) throw new DomainError(`${fn}: ${path} must be an array of at most ${MAX_PARENTS} names, got ${show(value)}`);
  return Object.freeze([...new Set(Array.from(value, (name, i) => requireColumnName(fn, `${path}[${i}]`, name)))].sort());
}

/**
 * The features with every default filled in, deeply frozen; for recipes from JSON as much as for those from the builders.
 *
 * @param fn - function named in messages
 * @param features - features by name; names match `[A-Za-z_][A-Za-z0-9_.-]{0,95}`
 * @throws SchemaError, DomainError or `ERR_UNKNOWN_NAME` for anything outside the closed set; `ERR_LIMIT` for more than 2000 features
 */
export function validateFeatures(fn: string, features: unknown): FeatureSet {
  if (features === null || typeof features !== 'object' || Array.isArray(features)) throw new SchemaError(`${fn}: features must be an object of features by name, got ${show(features)}`);
  const names = Object.keys(features);
  if (names.length > MAX_FEATURES) throw new QuantwrightError('ERR_LIMIT', `${fn}: features must be at most ${MAX_FEATURES}, got ${names.length}`);
  const budget: Budget = { calls: 0 };
  const given = features as Readonly<Record<string, unknown>>;
  const set: FeatureSet = Object.freeze(Object.fromEntries(names.map((name) => [requireFeatureName(fn, name), normaliseFeature(fn, `features.${name}`, given[name], 1, budget)])));
  declaredColumns(fn, set);
  return set;
}

/** The features a feature calls directly, declared columns included. */
export function childFeatures(feature: Feature): Feature[] {
  return Object.values(feature).filter((value): value is Feature => value !== null && typeof value === 'object' && !Array.isArray(value));
}

/**
 * Every declared column of a recipe by name: a declaration holds wherever the recipe reads the column.
 *
 * @throws `ERR_DUPLICATE` when one column is declared in two ways
 */
export function declaredColumns(fn: string, features: FeatureSet): ReadonlyMap<string, ColumnFeature> {
  const declared = new Map<string, ColumnFeature>();
  const visit = (feature: Feature): void => {
    if (feature.fn === 'column') {
      const other = declared.get(feature.name);
      if (other === undefined) declared.set(feature.name, feature);
      else if (canonicalJson(other) !== canonicalJson(feature)) {
        throw new QuantwrightError('ERR_DUPLICATE', `${fn}: column ${show(feature.name)} must be declared in one way, got ${canonicalJson(other)} and ${canonicalJson(feature)}`, { details: { column: feature.name } });
      }
    }
    childFeatures(feature).forEach(visit);
  };
  Object.values(features).forEach(visit);
  const parents = [...declared.values()].reduce((sum, column) => sum + column.parents.length, 0);
  if (parents > MAX_ALL_PARENTS) throw new QuantwrightError('ERR_LIMIT', `${fn}: declared columns must have at most ${MAX_ALL_PARENTS} parents together, got ${parents}`);
  return declared;
}
