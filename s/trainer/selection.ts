/** Which features a fold may use, decided by the labels of its training rows alone. */
import { pearson, spearman } from '../core/correlation.ts';
import type { Task } from '../core/drive.ts';
import { hashLabel, hashUniform } from '../core/hash.ts';
import { permutationImportanceTask } from '../explain/index.ts';
import { gbdtLearner } from '../learners/index.ts';
import type { FitContext } from '../learners/index.ts';
import { holdoutSplit } from '../validation/index.ts';
import { gather, splitOrUndefined } from './prepare.ts';
import type { Prepared } from './prepare.ts';
import type { RecipeSelection } from './recipe.ts';
import type { Teacher } from './teach.ts';

// Rows looked at for correlations, and for each permutation score: enough to order features, cheap enough for every fold.
const SAMPLE_ROWS = 5000;
const SCORED_ROWS = 2000;

// A feature goes when permuting it lowers the loss by more than this many standard errors: noise alone rarely does.
const HARMFUL_ERRORS = 2;

// Rows the selector is fitted on.
const SELECTOR_ROWS = 20_000;

// A small, quick booster ranks features; the members are fitted afterwards.
const SELECTOR = { numIterations: 40, learningRate: 0.1 } as const;

/**
 * The features of one fold, in recipe order.
 *
 * Correlated pairs are pruned first: of a pair above the limit the feature whose absolute Spearman correlation with the label is smaller
 * goes, which does not depend on scale. The rest is ranked by permutation importance on the last fifth of the training sessions, purged
 * from the first four fifths the selector is fitted on. Features whose permutation lowers the loss by more than two
 * standard errors go; of the rest the `maxFeatures` most important stay.
 */
export function* selectFeaturesTask(prepared: Prepared, selection: RecipeSelection, teach: Teacher, trainRows: Uint32Array, context: FitContext): Task<number[]> {
  const kept = yield* pruneCorrelatedTask(prepared, selection.correlationLimit, sampleRows(trainRows, SAMPLE_ROWS, context.seed, 'prune'));
  if (kept.length <= 1) return kept;
  const inner = splitOrUndefined(() => holdoutSplit(prepared.spans, { rows: trainRows, calibration: 0, test: 0.2 }));
  if (inner === undefined || inner.development.length < 50 || inner.test.length < 20) return kept.slice(0, selection.maxFeatures);
  const target = prepared.label.values;
  const model = yield* gbdtLearner.fit(teach(kept, sampleRows(inner.development, SELECTOR_ROWS, context.seed, 'selector')), SELECTOR, context);
  const names = kept.map((i) => prepared.table.names[i]);
  const matrix = { rowCount: prepared.table.rowCount, names, columns: kept.map((i) => prepared.table.columns[i]) };
  const importances = yield* permutationImportanceTask({
    predict: (columns, rows) => gbdtLearner.predict(model, columns, rows),
    matrix,
    rows: sampleRows(inner.test, SCORED_ROWS, context.seed, 'score'),
    target,
    seed: context.seed,
  });
  const useful = importances.filter((row) => row.importance >= -HARMFUL_ERRORS * row.standardError).slice(0, selection.maxFeatures);
  const chosen = new Set(useful.map((row) => row.feature));
  return kept.filter((i) => chosen.has(prepared.table.names[i]));
}

function* pruneCorrelatedTask(prepared: Prepared, limit: number, rows: Uint32Array): Task<number[]> {
  const target = gather(prepared.label.values, rows);
  const candidates = prepared.featureIndices.map((index) => {
    const values = gather(prepared.table.columns[index], rows);
    return { index, values, strength: Math.abs(spearman(values, target)) };
  });
  // Constant or all-missing columns have no correlation and nothing to teach.
  const usable = candidates.filter(({ values, strength }) => Number.isFinite(strength) || values.some((v) => Number.isFinite(v) && v !== values.find(Number.isFinite)));
  const byStrength = [...usable].sort((a, b) => (b.strength || 0) - (a.strength || 0) || a.index - b.index);
  const kept: typeof candidates = [];
  for (let c = 0; c < byStrength.length; c++) {
    yield { phase: 'correlations', done: c + 1, total: byStrength.length };
    if (kept.every((other) => !(Math.abs(pearson(byStrength[c].values, other.values)) > limit))) kept.push(byStrength[c]);
  }
  return kept.map(({ index }) => index).sort((a, b) => a - b);
}

/** About `count` of the rows, chosen by hash: the same rows whatever else is drawn. All of them when there are fewer. */
export function sampleRows(rows: Uint32Array, count: number, seed: number, label: string): Uint32Array {
  if (rows.length <= count) return rows;
  const stream = hashLabel(seed, label);
  return rows.filter((row) => hashUniform(seed, stream, row) < count / rows.length);
}

/**
 * Features chosen in at least `minimumFoldShare` of the folds, in recipe order; when fewer than three are, those chosen in at least half,
 * and when there are still fewer, those chosen in any fold.
 */
export function stableFeatures(byFold: readonly (readonly number[])[], minimumFoldShare: number): number[] {
  const counts = new Map<number, number>();
  for (const fold of byFold) for (const index of fold) counts.set(index, (counts.get(index) ?? 0) + 1);
  const atLeast = (share: number): number[] => [...counts].filter(([, count]) => count >= Math.ceil(share * byFold.length - 1e-9)).map(([index]) => index).sort((a, b) => a - b);
  for (const share of [minimumFoldShare, 0.5]) {
    const features = atLeast(share);
    if (features.length >= 3) return features;
  }
  return atLeast(0);
}
