/** A small panel and recipe that train in a fraction of a second, for tests that need a whole model. */
import { forwardReturn, logReturn, momentum, rankByDate, realizedVol } from '../../src/features/index.ts';
import { syntheticPanel } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { defineRecipe, gbdt, ridge, trainEnsemble } from '../../src/trainer/index.ts';
import type { AcceptedOutcome, Recipe, RecipeOptions } from '../../src/trainer/index.ts';

export function smallPanel(options: { seed?: number; signal?: number; entities?: number; sessions?: number } = {}): Panel {
  return syntheticPanel({ entities: 24, sessions: 320, signal: 0.2, seed: 3, ...options });
}

export function smallRecipe(options: Partial<RecipeOptions> = {}): Recipe {
  return defineRecipe({
    family: 'small',
    features: { mom: momentum(20, { skip: 2 }), vol: realizedVol(10), rev: rankByDate(logReturn(5)) },
    label: forwardReturn({ sessions: 5, minus: 'date-mean' }),
    members: { gbdt: gbdt({ numIterations: 20, numLeaves: 7 }), ridge: ridge() },
    splits: { folds: 3 },
    uncertainty: { groups: { by: realizedVol(10), count: 3 }, dispersions: { vol: realizedVol(10) } },
    seed: 5,
    ...options,
  });
}

/** Trains and demands acceptance. */
export async function trainedSmall(panel: Panel = smallPanel(), recipe: Recipe = smallRecipe()): Promise<AcceptedOutcome> {
  const outcome = await trainEnsemble(panel, recipe);
  if (outcome.status === 'rejected') throw new Error(`expected an accepted model: ${outcome.detail}`);
  return outcome;
}
