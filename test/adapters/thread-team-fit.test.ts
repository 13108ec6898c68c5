import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { openThreadTeam } from '../../src/adapters/thread-team/index.ts';
import type { OpenThreadTeam } from '../../src/adapters/thread-team/index.ts';
import { binMatrix, fitForest, fitGbdt, fitGbdtSync } from '../../src/learners/index.ts';
import type { GbdtOptions } from '../../src/learners/index.ts';
import { noisyData, range } from '../learners/data.ts';
import { encodeForTest } from '../learners/gbdt/encode-for-test.ts';

// Enough rows that threads share the rows of large leaves, the features of small ones, partitions and updates.
const { matrix, target } = noisyData(40_000, 19, 5, 0.05);
const sectors = { ...matrix, columns: matrix.columns.map((column, f) => (f === 7 ? column.map((x) => Math.round(x * 4)) : column)) };
const bins = binMatrix(sectors, { categoricalFeatures: ['f7'] });
const labels = target.map((y) => (y > 0 ? 1 : 0));
const base: GbdtOptions = { numIterations: 6, numLeaves: 24, lambdaL2: 1, learningRate: 0.3 };

const cases: Record<string, readonly [ArrayLike<number>, GbdtOptions]> = {
  'squared loss on all rows': [target, {}],
  'squared loss on some rows, bagged, with early stopping': [target, { rows: range(500, 30_000), baggingFraction: 0.7, featureFraction: 0.6, earlyStopping: { rows: range(30_000, 40_000), rounds: 3 } }],
  'logistic loss': [labels, { objective: 'logistic' }],
  'weights, GOSS and three outputs': [target.map((y) => (y > 1 ? 2 : y > -0.5 ? 1 : 0)), { objective: 'softmax', numClass: 3, dataSampleStrategy: 'goss', weights: target.map((y) => 1 + Math.abs(y)) }],
  'dart': [target, { boosting: 'dart', skipDrop: 0.2, dropRate: 0.5 }],
};

const teams: OpenThreadTeam[] = [];
const teamOf = async (threads: number): Promise<OpenThreadTeam> => {
  const team = await openThreadTeam({ threads });
  teams.push(team);
  return team;
};
afterAll(async () => {
  await Promise.all(teams.map((team) => team.close()));
});

describe('a fit with threads', () => {
  for (const [name, [y, own]] of Object.entries(cases)) {
    it(`is the same to the bit with 1 to 8 of them (${name})`, async () => {
      const alone = encodeForTest(fitGbdtSync(bins, y, { ...base, ...own }).model);
      for (const threads of [1, 2, 3, 5, 8]) {
        const team = await teamOf(threads);
        expect(encodeForTest((await fitGbdt(bins, y, { ...base, ...own, team })).model)).toBe(alone);
      }
    });
  }

  it('is the TypeScript kernel\'s to the bit', () => {
    for (const [y, own] of Object.values(cases)) expect(encodeForTest(fitGbdtSync(bins, y, { ...base, ...own, numIterations: 3, kernel: 'typescript' }).model)).toBe(encodeForTest(fitGbdtSync(bins, y, { ...base, ...own, numIterations: 3 }).model));
  });

  it('runs to its end in one go too', async () => {
    const team = await teamOf(3);
    expect(encodeForTest(fitGbdtSync(bins, target, { ...base, team }).model)).toBe(encodeForTest(fitGbdtSync(bins, target, base).model));
  });

  it('two at once: one has the team, the other works alone, both are right', async () => {
    const team = await teamOf(3);
    const [a, b] = await Promise.all([fitGbdt(bins, target, { ...base, team }), fitGbdt(bins, labels, { ...base, objective: 'logistic', team })]);
    expect(encodeForTest(a.model)).toBe(encodeForTest(fitGbdtSync(bins, target, base).model));
    expect(encodeForTest(b.model)).toBe(encodeForTest(fitGbdtSync(bins, labels, { ...base, objective: 'logistic' }).model));
  });

  it('gives everything back when it is aborted: the next fit on the same bins and team is right', async () => {
    const team = await teamOf(2);
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const fit = fitGbdt(bins, target, { ...base, numIterations: 10_000, team, signal: controller.signal });
      const caught = fit.catch((error: unknown) => error);
      await pause(5 * round);
      controller.abort(new Error('enough'));
      expect(await caught).toMatchObject({ message: 'enough' });
    }
    expect(bins.memory.free).toEqual([]);
    expect(encodeForTest((await fitGbdt(bins, target, { ...base, team })).model)).toBe(encodeForTest(fitGbdtSync(bins, target, base).model));
  });

  it('is an error when its team is closed on the way, and never hangs', async () => {
    const team = await teamOf(3);
    const fit = fitGbdt(bins, target, { ...base, numIterations: 10_000, team });
    const caught = fit.catch((error: unknown) => error);
    await pause(30);
    void team.close();
    expect(await caught).toMatchObject({ code: 'ERR_CLOSED' });
    expect(encodeForTest((await fitGbdt(bins, target, base)).model)).toBe(encodeForTest(fitGbdtSync(bins, target, base).model));
  });

  it('a forest too', async () => {
    const team = await teamOf(3);
    const options = { numTrees: 5, seed: 3 };
    const [alone, helped] = [await fitForest(bins, target, options), await fitForest(bins, target, { ...options, team })];
    expect(encodeForTest(helped.model)).toBe(encodeForTest(alone.model));
    expect(helped.outOfBag).toEqual(alone.outOfBag);
  });
});
