import { describe, expect, it } from 'vitest';
import { createPredictor } from '../../src/predictor/index.ts';
import type { AcceptedOutcome } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

/** Longest time in ms between two turns of the event loop while `work` ran. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let running = true;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  await new Promise((resolve) => setImmediate(resolve));
  return longest;
}

// The aim is 50 ms; five times that is left for a machine that is busy with something else.
const LIMIT_MS = 250;

describe('long work leaves the event loop free', () => {
  it('while a model is trained and while many rows are predicted in batches', async () => {
    const panel = smallPanel({ entities: 100, sessions: 500 });
    const recipe = smallRecipe({ weights: { overlap: true } });
    let outcome: AcceptedOutcome | undefined;
    expect(await longestBlock(async () => {
      outcome = await trainedSmall(panel, recipe);
    })).toBeLessThan(LIMIT_MS);
    if (outcome === undefined) throw new Error('expected a trained model');
    const predictor = createPredictor(outcome.bundle);
    let predicted = 0;
    const blocked = await longestBlock(async () => {
      for await (const batch of predictor.predictBatches(panel)) predicted += batch.length;
    });
    expect(predicted).toBe(50_000);
    expect(blocked).toBeLessThan(LIMIT_MS);
  });
});
