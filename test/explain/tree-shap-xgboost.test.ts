import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { treeShapInteractionsSync, treeShapSync } from '../../src/explain/index.ts';
import type { GbdtModel } from '../../src/learners/index.ts';
import { matrixOf, modelOf } from './tree-shap-models.ts';
import type { Tree } from './tree-shap-models.ts';

interface Case {
  readonly name: string;
  readonly outputs: number;
  readonly baseScore: number;
  readonly trees: readonly { readonly left: number[]; readonly right: number[]; readonly feature: number[]; readonly condition: number[]; readonly defaultLeft: number[]; readonly sumHessian: number[] }[];
  readonly rows: readonly (readonly (number | null)[])[];
  readonly margins: readonly number[];
  /** Shape (rows, outputs, features + 1), the expected margin last. */
  readonly contribs: readonly number[];
  /** Shape (6, outputs, features + 1, features + 1). */
  readonly interactions: readonly number[];
}

const cases = JSON.parse(readFileSync(new URL('./fixtures/xgboost-shap.json', import.meta.url), 'utf8')) as Case[];
const FEATURES = 7;

// xgboost adds up float32: a few of its steps of 6e-8 relative to margins of size 1 to 4.
const FLOAT32 = 4e-6;

/** The largest float32 below: xgboost goes left when `float32(x) < condition`, the model when `x <= threshold`. */
function floatBelow(x: number): number {
  if (x === 0) return -1.401298464324817e-45;
  const float = Float32Array.of(x);
  const bits = new Int32Array(float.buffer);
  bits[0] += x > 0 ? -1 : 1;
  return float[0];
}

function modelFrom({ trees, outputs, baseScore }: Case): GbdtModel {
  return modelOf(trees.map(({ left, right, feature, condition, defaultLeft, sumHessian }) => {
    const part = (i: number): Tree => (left[i] < 0 ? Math.fround(condition[i]) : {
      feature: feature[i], at: floatBelow(Math.fround(condition[i])), missingLeft: defaultLeft[i] === 1, cover: [Math.fround(sumHessian[left[i]]), Math.fround(sumHessian[right[i]])], left: part(left[i]), right: part(right[i]),
    });
    return part(0);
  }), FEATURES, { outputs, baseScores: new Array<number>(outputs).fill(baseScore) });
}

describe.each(cases.map((one) => [one.name, one] as const))('xgboost: %s', (_, one) => {
  const model = modelFrom(one);
  const matrix = matrixOf(one.rows.map((row) => row.map((x) => (x === null ? NaN : Math.fround(x)))), FEATURES);
  const width = FEATURES + 1;

  it('sums to its margins', () => {
    const { values, expected } = treeShapSync(model, matrix);
    one.margins.forEach((margin, at) => {
      const sum = values.subarray(at * FEATURES, (at + 1) * FEATURES).reduce((a, b) => a + b, expected[at % one.outputs]);
      expect(Math.abs(sum - margin)).toBeLessThan(FLOAT32);
    });
  });

  it('equals pred_contribs', () => {
    const { values, expected } = treeShapSync(model, matrix);
    one.contribs.forEach((wanted, at) => {
      const line = Math.floor(at / width);
      const f = at % width;
      const found = f === FEATURES ? expected[line % one.outputs] : values[line * FEATURES + f];
      expect(Math.abs(found - wanted), `row ${Math.floor(line / one.outputs)}, feature ${f}`).toBeLessThan(FLOAT32);
    });
    expect(one.contribs.filter((value) => Math.abs(value) > 0.05).length).toBeGreaterThan(40); // something is compared
  });

  it('equals pred_interactions', () => {
    const { values } = treeShapInteractionsSync(model, matrix, { rows: [0, 1, 2, 3, 4, 5] });
    let compared = 0;
    one.interactions.forEach((wanted, at) => {
      const [line, f, g] = [Math.floor(at / width ** 2), Math.floor(at / width) % width, at % width];
      if (f === FEATURES || g === FEATURES) return; // xgboost's bias
      if (Math.abs(wanted) > 0.01) compared++;
      expect(Math.abs(values[(line * FEATURES + f) * FEATURES + g] - wanted), `row ${line}, features ${f} and ${g}`).toBeLessThan(FLOAT32);
    });
    expect(compared).toBeGreaterThan(20);
  });
});
