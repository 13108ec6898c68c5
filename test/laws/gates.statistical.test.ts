/** Law 4, its training part: how often noise is accepted and how often a planted signal is found. About two minutes. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { columnOf, entityRows, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { gbdt, ridge, trainEnsemble } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe } from '../support/small.ts';

const SEEDS = 100;
const size = { entities: 30, sessions: 400 };
const recipe = (seed: number) => smallRecipe({ seed, members: { gbdt: gbdt({ numIterations: 15, numLeaves: 5 }), ridge: ridge() }, splits: { folds: 3 } });

/** The panel with each session's returns dealt out among its entities anew: same market, same volatility, nothing to learn. */
function shuffledReturns(panel: Panel, seed: number): Panel {
  const close = columnOf(panel, 'close');
  const random = randomStream(seed, 'shuffled returns');
  const { start, rows } = entityRows(panel);
  const returns = new Float64Array(panel.rowCount);
  for (let e = 0; e < panel.entities.length; e++) for (let k = start[e] + 1; k < start[e + 1]; k++) returns[rows[k]] = Math.log(close[rows[k]] / close[rows[k - 1]]);
  const dealt = new Float64Array(panel.rowCount);
  for (let s = 0; s < panel.sessions.length; s++) {
    const first = panel.sessionStart[s];
    random.permutation(panel.sessionStart[s + 1] - first).forEach((from, to) => { dealt[first + to] = returns[first + from]; });
  }
  const shuffled = new Float64Array(panel.rowCount);
  for (let e = 0; e < panel.entities.length; e++) {
    let level = 100;
    for (let k = start[e]; k < start[e + 1]; k++) shuffled[rows[k]] = level *= Math.exp(dealt[rows[k]]);
  }
  return withColumns(panel, { close: shuffled });
}

async function acceptedOf(panelOf: (seed: number) => Panel): Promise<number> {
  let accepted = 0;
  for (let seed = 0; seed < SEEDS; seed++) if ((await trainEnsemble(panelOf(seed), recipe(seed))).status === 'accepted') accepted++;
  return accepted;
}

describe('the gates of trainEnsemble', () => {
  it('accept shuffled labels at most 5 times in 100', async () => {
    expect(await acceptedOf((seed) => shuffledReturns(smallPanel({ ...size, seed: 1000 + seed, signal: 0.1 }), seed))).toBeLessThanOrEqual(5);
  }, 300_000);

  it('accept a planted signal at least 90 times in 100', async () => {
    expect(await acceptedOf((seed) => smallPanel({ ...size, seed: 1000 + seed, signal: 0.1 }))).toBeGreaterThanOrEqual(90);
  }, 300_000);
});
