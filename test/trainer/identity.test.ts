import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import type { Plain } from '../../src/core/codec.ts';
import { logReturn, momentum, rankByDate, realizedVol } from '../../src/features/index.ts';
import { gbdt, recipeDigest, recipeFromPlain, recipeToPlain, ridge } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const panel = smallPanel({ entities: 16, sessions: 260 });
const trees = gbdt({ numIterations: 10, numLeaves: 5 });
const gates = { foldTStatistic: -99, testScore: -1 };
const one = smallRecipe({
  gates,
  features: { mom: momentum(20, { skip: 2 }), vol: realizedVol(10), rev: rankByDate(logReturn(5)) },
  members: { gbdt: trees, ridge: ridge() },
  uncertainty: { groups: { by: realizedVol(10), count: 3 }, dispersions: { long: realizedVol(21), short: realizedVol(5) } },
});
const other = smallRecipe({
  gates,
  features: { rev: rankByDate(logReturn(5)), vol: realizedVol(10), mom: momentum(20, { skip: 2 }) },
  members: { ridge: ridge(), gbdt: trees },
  uncertainty: { dispersions: { short: realizedVol(5), long: realizedVol(21) }, groups: { count: 3, by: realizedVol(10) } },
});

describe('equal recipes are one recipe', () => {
  it('whatever the order features, members and dispersions are listed in: equal digests', async () => {
    expect(await recipeDigest(other)).toBe(await recipeDigest(one));
    expect(Object.keys(other.features)).toEqual(Object.keys(one.features));
    expect(Object.keys(other.members)).toEqual(Object.keys(one.members));
    expect(Object.keys(other.uncertainty.dispersions)).toEqual(Object.keys(one.uncertainty.dispersions));
  });

  it('and equal models: the bundles have one digest', async () => {
    const [a, b] = [await trainedSmall(panel, one), await trainedSmall(panel, other)];
    expect(b.bundle.digest).toBe(a.bundle.digest);
    expect(b.bundle.manifest.members).toEqual(a.bundle.manifest.members);
  });
});

describe('recipeFromPlain', () => {
  it('is the inverse of recipeToPlain, through JSON text, with the same digest', async () => {
    for (const recipe of [one, smallRecipe({ selection: 'none', expiresAfterDays: null, uncertainty: { groups: null, dispersions: {} }, weights: { overlap: true, recencyHalfLifeSessions: 40 }, splits: { test: '2016-01-01' } })]) {
      const back = recipeFromPlain(JSON.parse(JSON.stringify(recipeToPlain(recipe))) as Plain);
      expect({ ...back }).toEqual({ ...recipe });
      expect(await recipeDigest(back)).toBe(await recipeDigest(recipe));
    }
  });

  it('reads the recipe a bundle carries', async () => {
    const { bundle } = await trainedSmall(panel, one);
    expect(await recipeDigest(recipeFromPlain(bundle.manifest.recipe))).toBe(bundle.manifest.recipeDigest);
  });

  it('refuses other plain data with a code', () => {
    const codeOf = (plain: unknown): string => {
      try {
        recipeFromPlain(plain as Plain);
        return 'accepted';
      } catch (error) {
        return isQuantwrightError(error) ? error.code : `not ours: ${String(error)}`;
      }
    };
    const plain = recipeToPlain(one) as Record<string, Plain>;
    for (const bad of [null, 3, 'recipe', [], {}, { ...plain, kind: 'bundle' }, { ...plain, schemaVersion: 2 }]) expect(codeOf(bad)).toBe('ERR_SCHEMA');
    expect(codeOf({ ...plain, seeed: 1 })).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf({ ...plain, maxMissingShare: 2 })).toBe('ERR_DOMAIN');
    expect(codeOf({ ...plain, features: { r: { fn: 'logReturn', sessions: 1, column: 'fut' } } })).toBe('ERR_CONTRACT');
    expect(codeOf({ ...plain, label: null })).toBe('ERR_SCHEMA');
    expect(codeOf(plain)).toBe('accepted');
  });
});
