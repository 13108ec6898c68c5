/** Reference values made by scikit-learn 1.2.1; the meta of the file states its objectives. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../src/core/drive.ts';
import { matrixFromRows } from '../../../src/core/linear-algebra.ts';
import { fitElasticNet, fitRidge } from '../../../src/learners/index.ts';
import type { LinearFit } from '../../../src/learners/index.ts';
import { prepareRowsTask } from '../../../src/learners/linear/prepare.ts';
import { matrixOf, range } from '../data.ts';

interface LinearCase {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly X: number[][]; readonly y: number[]; readonly w: number[] | null; readonly X_test: number[][] };
  readonly params: { readonly alpha?: number; readonly l1_ratio?: number; readonly fit_intercept?: boolean };
  readonly expected: { readonly coef: number[]; readonly intercept: number; readonly pred: number[]; readonly mean: number[]; readonly scale: number[]; readonly z_first: number[][] };
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/linear.json', import.meta.url), 'utf8')) as { cases: LinearCase[] };
const of = (...kinds: string[]): LinearCase[] => cases.filter(({ kind }) => kinds.includes(kind));

// Relative or absolute, whichever is looser: stored values have 13 digits and some coefficients are near 0.
function compare(fit: LinearFit, { input, expected }: LinearCase, tolerance: number): void {
  const near = (found: number, value: number): void => expect(Math.abs(found - value) / Math.max(1, Math.abs(value))).toBeLessThanOrEqual(tolerance);
  expected.coef.forEach((b, j) => near(fit.coefficients[j], b));
  near(fit.intercept, expected.intercept);
  expected.pred.forEach((p, i) => near(input.X_test[i].reduce((sum, x, j) => sum + x * fit.coefficients[j], fit.intercept), p));
}

const weightsOf = ({ input }: LinearCase): { weights?: number[] } => (input.w === null ? {} : { weights: input.w });

describe('scikit-learn', () => {
  for (const c of of('ridge', 'ols', 'ridge_nointercept')) {
    it(`${c.kind} ${c.id}${c.input.w === null ? '' : ' with weights'}`, () => {
      compare(fitRidge(matrixFromRows(c.input.X), c.input.y, { alpha: c.params.alpha ?? 0, fitIntercept: c.params.fit_intercept ?? true, ...weightsOf(c) }), c, 1e-8);
    });
  }

  for (const c of of('lasso', 'elasticnet')) {
    it(`${c.kind} ${c.id}${c.input.w === null ? '' : ' with weights'}`, () => {
      const fit = fitElasticNet(matrixFromRows(c.input.X), c.input.y, { alpha: c.params.alpha ?? 1, l1Ratio: c.params.l1_ratio ?? 1, fitIntercept: c.params.fit_intercept ?? true, ...weightsOf(c) });
      expect(fit.converged).toBe(true);
      compare(fit, c, 1e-6);
      c.expected.coef.forEach((b, j) => expect(b !== 0 || fit.coefficients[j] === 0).toBe(true));
    });
  }

  for (const c of of('scaler')) {
    it(`scaler ${c.id}: means, scales (1 for a constant) and scores`, () => {
      const columns = c.input.X[0].map((_, j) => c.input.X.map((row) => row[j]));
      const n = c.input.X.length;
      const { preprocessing, z } = driveSync(prepareRowsTask({ matrix: matrixOf(...columns), features: columns.map((_, j) => j), rows: range(0, n), target: new Float64Array(n) }, 0));
      c.expected.mean.forEach((m, j) => expect(preprocessing.means[j]).toBeCloseTo(m, 10));
      c.expected.scale.forEach((s, j) => expect(preprocessing.scales[j] / s).toBeCloseTo(1, 10));
      c.expected.z_first.flat().forEach((v, i) => expect(z.data[i]).toBeCloseTo(v, 9));
    });
  }
});
