/** What a set of features needs and when it may be used, from the recipe alone. */
import { createCompiler } from './graph.ts';
import type { Causality, ColumnFeature, Feature, FeatureSet, FeatureSpec } from './types.ts';
import { childFeatures, declaredColumns, validateFeatures } from './validate-features.ts';

/** Columns of a bar, known when its session closes. */
const BAR_COLUMNS: ReadonlySet<string> = new Set(['open', 'high', 'low', 'close', 'volume']);
const STRICTNESS: Readonly<Record<Causality, number>> = { causal: 0, 'end-of-day': 1, 'research-only': 2 };

function strictest(values: readonly Causality[]): Causality {
  return values.reduce((worst, value) => (STRICTNESS[value] > STRICTNESS[worst] ? value : worst), 'causal');
}

/**
 * Spec of every feature, ascending by name.
 *
 * A derived feature inherits the strictest causality and the longest availability lag of the columns it reads. The bar columns open, high, low,
 * close and volume are causal; any other column counts as declared by `column` anywhere in the set, and as `research-only` when it is not.
 * A declared column also inherits from its parents: columns and features of the set by name; an unknown parent is `research-only`.
 */
export function featureContract(features: FeatureSet): readonly FeatureSpec[] {
  const set = validateFeatures('featureContract', features);
  const declared = declaredColumns('featureContract', set);
  const compiler = createCompiler(declared);
  const names = Object.keys(set).sort();
  return Object.freeze(names.map((name) => {
    const feature = set[name] as Feature;
    const inputs = columnsOf(feature);
    const ancestors = new Set<string>();
    const causality = strictest([...inputs].map((input) => columnCausality(input, set, declared, ancestors)));
    return Object.freeze({
      availabilityLagSessions: Math.max(0, ...[...inputs].map((input) => declared.get(input)?.availabilityLagSessions ?? 0)),
      causality,
      expression: expressionOf(feature),
      fn: feature.fn,
      inputs: Object.freeze([...inputs].sort()),
      lookbackSessions: compiler.compile(feature).lookback,
      name,
      parents: Object.freeze([...new Set([...inputs, ...ancestors])].sort()),
    });
  }));
}

// A column as read: declared, or of the bar, or unknown.
function columnCausality(name: string, set: FeatureSet, declared: ReadonlyMap<string, ColumnFeature>, ancestors: Set<string>): Causality {
  const spec = declared.get(name);
  if (spec === undefined) return BAR_COLUMNS.has(name) ? 'causal' : 'research-only';
  return strictest([spec.causality, ...spec.parents.map((parent) => parentCausality(parent, set, declared, ancestors))]);
}

// A declared parent may name a column or a feature of the set; where it could be either, the stricter holds. Collects the ancestors.
function parentCausality(name: string, set: FeatureSet, declared: ReadonlyMap<string, ColumnFeature>, ancestors: Set<string>): Causality {
  if (ancestors.has(name)) return 'causal'; // counted where it was first met
  ancestors.add(name);
  const isFeature = Object.hasOwn(set, name);
  const asColumn = declared.has(name) || BAR_COLUMNS.has(name) || !isFeature ? [columnCausality(name, set, declared, ancestors)] : [];
  const asFeature = isFeature ? [...columnsOf(set[name] as Feature)].map((input) => columnCausality(input, set, declared, ancestors)) : [];
  return strictest([...asColumn, ...asFeature]);
}

/** Sessions of history a row needs before it so that every feature can be computed. */
export function lookbackSessions(features: FeatureSet): number {
  const set = validateFeatures('lookbackSessions', features);
  const compiler = createCompiler(declaredColumns('lookbackSessions', set));
  return Object.values(set).reduce((longest, feature) => Math.max(longest, compiler.compile(feature).lookback), 0);
}

/** Panel columns the features read, ascending. */
export function requiredColumns(features: FeatureSet): readonly string[] {
  const set = validateFeatures('requiredColumns', features);
  return Object.freeze([...new Set(Object.values(set).flatMap((feature) => [...columnsOf(feature)]))].sort());
}

const COLUMN_ARGUMENTS = ['column', 'close', 'high', 'low', 'open', 'volume', 'within'] as const;

function columnsOf(feature: Feature): Set<string> {
  if (feature.fn === 'column') return new Set([feature.name]);
  const args: Readonly<Record<string, unknown>> = { ...feature };
  const own = COLUMN_ARGUMENTS.map((key) => args[key]).filter((value): value is string => typeof value === 'string');
  return new Set([...own, ...childFeatures(feature).flatMap((child) => [...columnsOf(child)])]);
}

/** How a feature is made, on one line: `rankByDate(logReturn(5, close))`. */
function expressionOf(feature: Feature): string {
  if (feature.fn === 'column') return feature.name;
  const args = Object.entries(feature)
    .filter(([key]) => key !== 'fn')
    .map(([, value]) => (value !== null && typeof value === 'object' ? expressionOf(value as Feature) : String(value)));
  return `${feature.fn}(${args.join(', ')})`;
}
