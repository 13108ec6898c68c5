/** A recipe: frozen plain data that says everything about a training run. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show } from '../core/assert.ts';
import { fromPlain, toPlain } from '../core/codec.ts';
import type { Plain } from '../core/codec.ts';
import { digestOf } from '../core/digest.ts';
import { parseTime } from '../core/time.ts';
import { DomainError, QuantwrightError, SchemaError } from '../core/errors.ts';
import { printable } from '../core/inspect.ts';
import { featureContract, labelInfo, realizedVol, validateFeatures, validateLabel } from '../features/index.ts';
import type { Feature, Label } from '../features/index.ts';
import { defaultMembers, memberSpecs } from './members.ts';
import type { MemberSpec } from './members.ts';

/** Where a part begins: a share of the sessions before it ends, or a date. */
export type RecipeBoundary = number | string;

export interface RecipeSplits {
  /** The last part, judged by gates and never trained on: a share of all sessions in (0, 0.5] or the date it starts. @default 0.15 */
  readonly test: RecipeBoundary;
  /** The part before it, for intervals and P(up): a share of the sessions before the test part, or the date it starts. @default 0.15 */
  readonly calibration: RecipeBoundary;
  /** Purged folds of the development part. @default 5 */
  readonly folds: number;
  /** Sessions after the last label of a test fold that no training row may stand in, and whole sessions left before the calibration and the test part. @default max(1, floor(horizon / 2)) */
  readonly embargoSessions: number;
}

export interface RecipeSelection {
  /** Most features a fold may keep. @default 30 */
  readonly maxFeatures: number;
  /** Of two features with a larger absolute Pearson correlation, the one that ranks the label less is dropped. @default 0.95 */
  readonly correlationLimit: number;
  /** The shipped members read the features at least this share of folds selected. @default 0.8 */
  readonly minimumFoldShare: number;
}

export interface RecipeWeights {
  /** Weigh rows by the average uniqueness of their label window. @default false */
  readonly overlap: boolean;
  /** Sessions after which a row's weight has halved; null for none. @default null */
  readonly recencyHalfLifeSessions: number | null;
}

export interface RecipeUncertainty {
  /** Miscoverage of the intervals in (0, 1). @default 0.1 */
  readonly alpha: number;
  /** Feature whose quantile cuts make the Mondrian groups, fitted on calibration rows; null for one group. @default realizedVol(21) in 3 groups */
  readonly groups: { readonly by: Feature; readonly count: number } | null;
  /** Candidate scales of the interval besides a constant; chosen per label on calibration rows. @default { vol: realizedVol(21) } */
  readonly dispersions: Readonly<Record<string, Feature>>;
}

export interface RecipeGates {
  /** Fewest sessions of evidence; below it a gate is `insufficient`. @default 20 */
  readonly minimumSessions: number;
  /** Newey-West t (2h lags) of the out-of-fold information coefficient (signed labels) or skill (others) must exceed this. @default 2 */
  readonly foldTStatistic: number;
  /** Information coefficient, or skill, on the test part must exceed this. @default 0 */
  readonly testScore: number;
  /** In-sample less out-of-fold information coefficient above this is a warning. @default 0.4 */
  readonly foldGapWarning: number;
}

export interface Recipe {
  readonly kind: 'recipe';
  readonly schemaVersion: 1;
  /** Lower-case name of the model family, `[a-z0-9][a-z0-9_-]*`. */
  readonly family: string;
  readonly features: Readonly<Record<string, Feature>>;
  readonly label: Label;
  readonly members: Readonly<Record<string, MemberSpec>>;
  readonly splits: RecipeSplits;
  /** `none` uses every feature everywhere. */
  readonly selection: RecipeSelection | 'none';
  readonly weights: RecipeWeights;
  readonly uncertainty: RecipeUncertainty;
  readonly gates: RecipeGates;
  /** Ship the members fitted on development rows, or refit them on every labelled row after the gates. @default 'none' */
  readonly refit: 'none' | 'all';
  /** Rows with a larger share of missing features are neither trained on nor predicted. @default 0.5 */
  readonly maxMissingShare: number;
  /** Days after the data end from which the model abstains; null for never. @default 365 */
  readonly expiresAfterDays: number | null;
  /** @default 0 */
  readonly seed: number;
}

export interface RecipeOptions {
  readonly family: string;
  readonly features: Readonly<Record<string, Feature>>;
  readonly label: Label;
  readonly members?: Readonly<Record<string, MemberSpec>>;
  readonly splits?: Partial<RecipeSplits>;
  readonly selection?: Partial<RecipeSelection> | 'none';
  readonly weights?: Partial<RecipeWeights>;
  readonly uncertainty?: Partial<RecipeUncertainty>;
  readonly gates?: Partial<RecipeGates>;
  readonly refit?: 'none' | 'all';
  readonly maxMissingShare?: number;
  readonly expiresAfterDays?: number | null;
  readonly seed?: number;
}

const KEYS = ['family', 'features', 'label', 'members', 'splits', 'selection', 'weights', 'uncertainty', 'gates', 'refit', 'maxMissingShare', 'expiresAfterDays', 'seed'] as const;

/**
 * Checks and freezes a recipe; everything left out gets its documented default, so that the recipe says all there is to say.
 *
 * @throws DomainError or `ERR_UNKNOWN_NAME` naming the option, the rule and the value
 */
export function defineRecipe(options: RecipeOptions): Recipe {
  const fn = 'defineRecipe';
  requireKnownKeys(fn, options, KEYS);
  const { family, refit = 'none', maxMissingShare = 0.5, expiresAfterDays = 365, seed = 0 } = options;
  if (typeof family !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(family)) throw new DomainError(`${fn}: family must match [a-z0-9][a-z0-9_-]{0,63}, got ${show(family)}`);
  const label = validateLabel(fn, options.label);
  const features = sorted(validateFeatures(fn, options.features));
  const reserved = Object.keys(features).find((name) => name.startsWith('context.'));
  if (reserved !== undefined) throw new DomainError(`${fn}: feature names must not start with context., got ${show(reserved)}`);
  if (Object.keys(features).length === 0) throw new DomainError(`${fn}: features must name at least one feature, got 0`);
  const recipe: Recipe = {
    kind: 'recipe',
    schemaVersion: 1,
    family,
    features,
    label,
    members: sorted(memberSpecs(fn, options.members ?? defaultMembers(label))),
    splits: splitsOf(fn, options.splits ?? {}, labelInfo(label).horizon),
    selection: options.selection === 'none' ? 'none' : selectionOf(fn, options.selection ?? {}),
    weights: weightsOf(fn, options.weights ?? {}),
    uncertainty: uncertaintyOf(fn, options.uncertainty ?? {}),
    gates: gatesOf(fn, options.gates ?? {}),
    refit: requireOneOf(fn, 'refit', refit, ['none', 'all']),
    maxMissingShare: requireNumber(fn, 'maxMissingShare', maxMissingShare, { min: 0, max: 1 }),
    expiresAfterDays: expiresAfterDays === null ? null : requireNumber(fn, 'expiresAfterDays', expiresAfterDays, { min: 0, open: true }),
    seed: requireInteger(fn, 'seed', seed, { min: 0, max: 4294967295 }),
  };
  requireServable(fn, recipe);
  return Object.freeze(printable(recipe, ({ family: name, features, members }) => `Recipe ${name}: ${Object.keys(features).length} features, label ${label.fn} over ${labelInfo(label).horizon} sessions, members ${Object.keys(members).join(', ')}`));
}

// In the order of their names: two recipes with one digest give one model.
function sorted<T>(byName: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.freeze(Object.fromEntries(Object.keys(byName).sort().map((name) => [name, byName[name]])));
}

// What could not be served must not be backtested either.
function requireServable(fn: string, { features, uncertainty, label }: Recipe): void {
  // Checked together: a column declared in one place counts in all.
  const dispersions = Object.fromEntries(Object.entries(uncertainty.dispersions).map(([name, feature]) => [`context.${name}`, feature]));
  const all = { ...features, ...dispersions, ...(uncertainty.groups === null ? {} : { 'context.group': uncertainty.groups.by }) };
  const atClose = label.fn !== 'forwardVolatility' && label.entry === 'close';
  for (const { name, causality, inputs } of featureContract(all)) {
    if (causality === 'research-only') {
      throw new QuantwrightError('ERR_CONTRACT', `${fn}: feature ${name} must not be research-only; columns other than open, high, low, close and volume are until \`column\` declares them (it reads ${inputs.join(', ')})`, { details: { feature: name, causality } });
    }
    if (causality === 'end-of-day' && atClose) {
      throw new QuantwrightError('ERR_CONTRACT', `${fn}: feature ${name} must not be end-of-day with a label entered at that session's close: it is known only after it; use entry 'next-open', or declare the column causal with availabilityLagSessions 1`, { details: { feature: name, causality } });
    }
  }
}

/** The recipe of plain JSON, checked as {@link defineRecipe} checks it. */
export function recipeFromPlain(plain: Plain): Recipe {
  const value = fromPlain(plain);
  if (value === null || typeof value !== 'object' || (value as Partial<Recipe>).kind !== 'recipe' || (value as Partial<Recipe>).schemaVersion !== 1) throw new SchemaError(`recipeFromPlain: plain must be a recipe of schema version 1, got ${show(value)}`);
  const { kind: _kind, schemaVersion: _schemaVersion, ...options } = value as Recipe;
  return defineRecipe(options);
}

/** The recipe as plain JSON. */
export function recipeToPlain(recipe: Recipe): Plain {
  return toPlain({ ...recipe });
}

/** SHA-256 of the recipe: equal recipes, equal digest. */
export function recipeDigest(recipe: Recipe): Promise<string> {
  return digestOf({ ...recipe });
}

function boundary(fn: string, name: string, value: RecipeBoundary): RecipeBoundary {
  if (typeof value !== 'string') return requireNumber(fn, name, value, { min: 0, max: 0.5 });
  parseTime(fn, name, value);
  return value;
}

function splitsOf(fn: string, options: Partial<RecipeSplits>, horizon: number): RecipeSplits {
  requireKnownKeys(fn, options, ['test', 'calibration', 'folds', 'embargoSessions']);
  if (options.test === 0) throw new DomainError(`${fn}: splits.test must be more than 0: without a test part no gate can pass, got 0`);
  const { test = 0.15, calibration = 0.15, folds = 5, embargoSessions = Math.max(1, Math.floor(horizon / 2)) } = options;
  return Object.freeze({
    test: boundary(fn, 'splits.test', test),
    calibration: boundary(fn, 'splits.calibration', calibration),
    folds: requireInteger(fn, 'splits.folds', folds, { min: 2, max: 50 }),
    embargoSessions: requireInteger(fn, 'splits.embargoSessions', embargoSessions, { min: 0 }),
  });
}

function selectionOf(fn: string, options: Partial<RecipeSelection>): RecipeSelection {
  requireKnownKeys(fn, options, ['maxFeatures', 'correlationLimit', 'minimumFoldShare']);
  const { maxFeatures = 30, correlationLimit = 0.95, minimumFoldShare = 0.8 } = options;
  return Object.freeze({
    maxFeatures: requireInteger(fn, 'selection.maxFeatures', maxFeatures, { min: 1 }),
    correlationLimit: requireNumber(fn, 'selection.correlationLimit', correlationLimit, { min: 0, max: 1 }),
    minimumFoldShare: requireNumber(fn, 'selection.minimumFoldShare', minimumFoldShare, { min: 0, max: 1 }),
  });
}

function weightsOf(fn: string, options: Partial<RecipeWeights>): RecipeWeights {
  requireKnownKeys(fn, options, ['overlap', 'recencyHalfLifeSessions']);
  const { overlap = false, recencyHalfLifeSessions = null } = options;
  if (typeof overlap !== 'boolean') throw new DomainError(`${fn}: weights.overlap must be a boolean, got ${show(overlap)}`);
  return Object.freeze({ overlap, recencyHalfLifeSessions: recencyHalfLifeSessions === null ? null : requireNumber(fn, 'weights.recencyHalfLifeSessions', recencyHalfLifeSessions, { min: 0, open: true }) });
}

function uncertaintyOf(fn: string, options: Partial<RecipeUncertainty>): RecipeUncertainty {
  requireKnownKeys(fn, options, ['alpha', 'groups', 'dispersions']);
  const { alpha = 0.1, groups = { by: realizedVol(21), count: 3 }, dispersions = { vol: realizedVol(21) } } = options;
  if (dispersions === null || typeof dispersions !== 'object') throw new DomainError(`${fn}: uncertainty.dispersions must be an object of features, got ${show(dispersions)}`);
  if (Object.hasOwn(dispersions, 'constant') || Object.hasOwn(dispersions, 'group')) throw new DomainError(`${fn}: uncertainty.dispersions must not use the names constant and group`);
  return Object.freeze({
    alpha: requireNumber(fn, 'uncertainty.alpha', alpha, { min: 0, max: 1, open: true }),
    groups: groups === null ? null : Object.freeze({
      by: validateFeatures(fn, { by: groups.by })['by'],
      count: requireInteger(fn, 'uncertainty.groups.count', groups.count, { min: 1, max: 100 }),
    }),
    dispersions: Object.keys(dispersions).length === 0 ? Object.freeze({}) : sorted(validateFeatures(fn, dispersions)),
  });
}

function gatesOf(fn: string, options: Partial<RecipeGates>): RecipeGates {
  requireKnownKeys(fn, options, ['minimumSessions', 'foldTStatistic', 'testScore', 'foldGapWarning']);
  const { minimumSessions = 20, foldTStatistic = 2, testScore = 0, foldGapWarning = 0.4 } = options;
  return Object.freeze({
    minimumSessions: requireInteger(fn, 'gates.minimumSessions', minimumSessions, { min: 2 }),
    foldTStatistic: requireNumber(fn, 'gates.foldTStatistic', foldTStatistic),
    testScore: requireNumber(fn, 'gates.testScore', testScore),
    foldGapWarning: requireNumber(fn, 'gates.foldGapWarning', foldGapWarning),
  });
}
