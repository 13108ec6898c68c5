// Provisional, until the room's own files land.
import { solveSymmetric } from '../core/linear-algebra.ts';
import { modelCodecs } from './codecs.ts';
import type { Lin } from './codecs.ts';
import type { Learner, ModelBase } from './types.ts';
export type { FitContext, Learner, ModelBase, FeatureMatrix, TrainingSet } from './types.ts';
export interface RidgeOptions { readonly alpha?: number }
export interface ElasticNetOptions { readonly alpha?: number }
export interface GbdtLearnerOptions { readonly numIterations?: number; readonly numLeaves?: number; readonly objective?: string; readonly learningRate?: number }
const make = (kind: string): Learner => ({
  kind,
  ...modelCodecs[kind],
  *fit(set) {
    yield { phase: kind, done: 0, total: 1 };
    const cols = set.features.map((i) => set.matrix.columns[i]); const p = cols.length; const n = set.rows.length;
    const mean = Float64Array.from(cols, (c) => { let s = 0; let k = 0; for (const r of set.rows) if (!Number.isNaN(c[r])) { s += c[r]; k++; } return k ? s / k : 0; });
    let ym = 0; for (const r of set.rows) ym += set.target[r] / n;
    const a = new Float64Array(p * p); const b = new Float64Array(p);
    for (const r of set.rows) { const v = cols.map((c, j) => (Number.isNaN(c[r]) ? 0 : c[r] - mean[j])); for (let i = 0; i < p; i++) { b[i] += v[i] * (set.target[r] - ym); for (let j = 0; j <= i; j++) a[i * p + j] += v[i] * v[j]; } }
    for (let i = 0; i < p; i++) a[i * p + i] += 1e-6 + 0.001 * a[i * p + i];
    const model: Lin = { kind, featureNames: set.features.map((i) => set.matrix.names[i]), coef: solveSymmetric(a, b), mean, intercept: ym };
    return model as ModelBase;
  },
});
export const ridgeLearner: Learner = make('ridge');
export const gbdtLearner: Learner = make('gbdt');
export const elasticNetLearner: Learner = make('elastic-net');
export const learners: Readonly<Record<string, Learner>> = { ridge: ridgeLearner, gbdt: gbdtLearner, 'elastic-net': elasticNetLearner };
