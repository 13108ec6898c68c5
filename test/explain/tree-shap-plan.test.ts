import { describe, expect, it } from 'vitest';
import { planTree, treePlan } from '../../src/explain/tree-shap-plan.ts';
import { modelOf } from './tree-shap-models.ts';
import type { Tree } from './tree-shap-models.ts';

// Root x0; left x1 over leaves; right x2, whose right child splits x0 again. Three distinct features, two on any one path.
const tree: Tree = {
  feature: 0, at: 0, cover: [30, 10],
  left: { feature: 1, at: 0, cover: [1, 2], left: 1, right: 2 },
  right: { feature: 2, at: 0, cover: [4, 6], left: 3, right: { feature: 0, at: 1, cover: [3, 3], left: 4, right: 5 } },
};

describe('the plan of a tree', () => {
  const model = modelOf([9, tree], 3);
  const plan = treePlan(model);
  const latest = new Int32Array(3).fill(-1);
  planTree(model, 1, plan, latest);

  it('numbers inner nodes in preorder, so that a subtree is a range', () => {
    expect(plan.inner).toBe(4);
    expect([...plan.feature]).toEqual([0, 1, 2, 0]);
    expect([...plan.end]).toEqual([4, 2, 4, 4]);
    expect([...plan.parent]).toEqual([-1, 0, 0, 2]);
    expect([...plan.side]).toEqual([0, 0, 1, 1]);
    expect([...plan.left]).toEqual([1, 4, 6, 7]);
    expect([...plan.right]).toEqual([2, 5, 3, 8]);
    expect([...plan.leafValue]).toEqual([1, 2, 3, 4, 5]);
  });

  it('knows where a feature was split before, and what share of the cover came this way', () => {
    expect([...plan.previous]).toEqual([-1, -1, -1, 0]);
    expect(plan.previousState[3]).toBe(2);
    expect([...plan.passed]).toEqual([1, 1, 1, 0.25]);
    expect(plan.shareLeft[2]).toBeCloseTo(0.4, 15);
  });

  it('counts the distinct features of the longest path only, and averages leaves by cover', () => {
    expect(plan.depth).toBe(2);
    expect(plan.expected).toBeCloseTo(0.75 * (5 / 3) + 0.25 * (0.4 * 3 + 0.6 * 4.5), 14);
  });

  it('leaves its scratch as it was, and plans a tree of one leaf', () => {
    expect([...latest]).toEqual([-1, -1, -1]);
    planTree(model, 0, plan, latest);
    expect(plan).toMatchObject({ inner: 0, depth: 0, expected: 9 });
  });
});
