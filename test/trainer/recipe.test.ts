import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { fromPlain } from '../../src/core/codec.ts';
import { forwardReturn, logReturn, momentum } from '../../src/features/index.ts';
import { defineRecipe, recipeDigest, recipeToPlain } from '../../src/trainer/index.ts';
import type { RecipeOptions } from '../../src/trainer/index.ts';
import { stableFeatures } from '../../src/trainer/selection.ts';

const base: RecipeOptions = { family: 'f', features: { mom: momentum(20) }, label: forwardReturn({ sessions: 5 }) };
const message = (options: object): string => {
  try {
    defineRecipe({ ...base, ...options } as RecipeOptions);
    return 'accepted';
  } catch (error) {
    return isQuantwrightError(error) ? error.message : `not ours: ${String(error)}`;
  }
};

describe('defineRecipe', () => {
  it('fills in every default, so that the recipe says all there is to say', () => {
    expect(defineRecipe(base)).toMatchObject({ splits: { test: 0.15, calibration: 0.15, folds: 5, embargoSessions: 2 }, selection: { maxFeatures: 30, correlationLimit: 0.95 }, refit: 'none', maxMissingShare: 0.5, expiresAfterDays: 365, seed: 0 });
    expect(Object.keys(defineRecipe(base).members)).toEqual(['gbdt', 'ridge']);
  });

  it('is frozen plain data whose digest follows its content', async () => {
    const recipe = defineRecipe(base);
    expect(Object.isFrozen(recipe)).toBe(true);
    expect(fromPlain(JSON.parse(JSON.stringify(recipeToPlain(recipe))))).toEqual({ ...recipe });
    const digest = await recipeDigest(recipe);
    expect(await recipeDigest(defineRecipe({ ...base, seed: 0 }))).toBe(digest);
    expect(await recipeDigest(defineRecipe({ ...base, seed: 1 }))).not.toBe(digest);
    expect(await recipeDigest(defineRecipe({ ...base, features: { mom: momentum(21) } }))).not.toBe(digest);
  });

  it('names the option, the rule and the value of every mistake', () => {
    expect(message({ seeed: 1 })).toMatch(/unknown option "seeed"; did you mean "seed"/);
    expect(message({ family: 'US Equity' })).toMatch(/family must match .* got "US Equity"/);
    expect(message({ family: '../x' })).toMatch(/family must match/);
    expect(message({ features: {} })).toMatch(/defineRecipe: features/);
    expect(message({ features: { mom: { fn: 'momentums', sessions: 3 } } })).toMatch(/did you mean "momentum"/);
    expect(message({ splits: { test: 0.9 } })).toMatch(/splits.test must be a finite number in \[0, 0.5\], got 0.9/);
    expect(message({ splits: { folds: 1 } })).toMatch(/splits.folds must be an integer in \[2, 50\], got 1/);
    expect(message({ splits: { embargo: 1 } })).toMatch(/unknown option "embargo"; did you mean "embargoSessions"/);
    expect(message({ splits: { test: 0 } })).toMatch(/splits.test must be more than 0/);
    expect(message({ splits: { test: 'garbage' } })).toMatch(/splits.test must be YYYY-MM-DD/);
    expect(message({ features: { 'context.group': momentum(5) } })).toMatch(/must not start with context/);
    expect(message({ uncertainty: { dispersions: null } })).toMatch(/uncertainty.dispersions must be an object/);
    expect(message({ refit: 'some' })).toMatch(/refit must be one of/);
    expect(message({ members: {} })).toMatch(/members must name 1 to 10 models, got 0/);
    expect(message({ members: { a: { learner: 'gbdt', options: { numLeafs: 3 } } } })).toMatch(/numLeafs.*did you mean "numLeaves"/);
    expect(message({ uncertainty: { alpha: 1 } })).toMatch(/uncertainty.alpha must be a finite number in \(0, 1\), got 1/);
    expect(message({ uncertainty: { dispersions: { constant: logReturn(3) } } })).toMatch(/must not use the names/);
    expect(message({ gates: { minimumSessions: 1 } })).toMatch(/minimumSessions/);
    expect(message({ weights: { overlap: 1 } })).toMatch(/weights.overlap must be a boolean, got 1/);
  });
});

describe('stableFeatures', () => {
  it('keeps what at least the share of folds chose', () => {
    expect(stableFeatures([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 4]], 0.8)).toEqual([1, 2, 3]);
  });
  it('goes down to half of the folds, then to any, when too few are left', () => {
    expect(stableFeatures([[1, 2, 3], [1, 2, 3], [4, 5], [6]], 0.8)).toEqual([1, 2, 3]);
    expect(stableFeatures([[1], [2], [3]], 0.8)).toEqual([1, 2, 3]);
    expect(stableFeatures([[7], [7], [7]], 0.8)).toEqual([7]);
  });
});
