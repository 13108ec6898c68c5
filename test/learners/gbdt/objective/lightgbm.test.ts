import { describe, expect, it } from 'vitest';
import type { ObjectiveOptions } from '../../../../src/learners/gbdt/objective/options.ts';
import fixture from './fixtures/lightgbm-steps.json' with { type: 'json' };
import { dataOf, derivatives, objective, sum } from './objective-for-test.ts';

// LightGBM keeps gradients in 32 bits; for lambdarank it looks the logistic function up in a table of 2^20 steps over a range of 100.
const SINGLE = 5e-7;
const TABLE = 2e-4;

describe(`LightGBM ${fixture.lightgbm} on the same margins`, () => {
  for (const [number, expected] of fixture.cases.entries()) {
    const { objective: name, options, labels, weights, margins, groups, leaves } = expected;
    it(`case ${number}: ${name} ${JSON.stringify(options)}${weights === null ? '' : ', weighted'}: the same gradient and hessian in every leaf`, () => {
      const loss = objective({ objective: name, ...options } as ObjectiveOptions);
      const data = dataOf(labels, { weights, groups });
      const { gradient, hessian } = derivatives(loss, margins, data);
      expect(leaves.length).toBeGreaterThan(5);
      for (const leaf of leaves) {
        const at = leaf.rows.map((row) => leaf.output * labels.length + row);
        const size = sum(at.map((i) => Math.abs(gradient[i]) + hessian[i]));
        const tolerance = (name === 'lambdarank' ? TABLE : SINGLE) * size;
        expect(Math.abs(sum(at.map((i) => gradient[i])) - leaf.gradient)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs(sum(at.map((i) => hessian[i])) - leaf.hessian)).toBeLessThanOrEqual(tolerance);
      }
    });
  }
});
