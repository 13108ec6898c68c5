/** Law 1, end to end: changing data after a row's feature time changes nothing computed for that row. */
import { describe, expect, it } from 'vitest';
import { forwardVolatility } from '../../src/features/index.ts';
import { selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { trainEnsemble, walkForward } from '../../src/trainer/index.ts';
import type { WalkForwardRow } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe } from '../support/small.ts';

/** Every column after a session multiplied by other numbers, some of it removed. */
function perturbedAfter(panel: Panel, session: number): Panel {
  const columns = Object.fromEntries(Object.entries(panel.columns).map(([name, column]) => [name, Float64Array.from(column, (v, row) => (panel.session[row] <= session ? v : row % 17 === 0 ? NaN : v * (1.5 + Math.sin(row))))]));
  return withColumns(panel, columns);
}

const upTo = (rows: readonly WalkForwardRow[], time: number): unknown[] => rows.filter((r) => r.time <= time).map(({ time: t, entity, prediction, lower, upper, probabilityUp, modelId, availableAt }) => ({ t, entity, prediction, lower, upper, probabilityUp, modelId, availableAt }));

describe('law 1', () => {
  it('a walk-forward row, its interval and even its model id are the same whatever the future holds', async () => {
    const panel = smallPanel();
    for (const recipe of [smallRecipe(), smallRecipe({ label: forwardVolatility({ sessions: 5, periodsPerYear: 252 }) })]) {
      const options = { refitEvery: 40, from: 160 };
      const [whole, other, cut] = [await walkForward(panel, recipe, options), await walkForward(perturbedAfter(panel, 245), recipe, options), await walkForward(selectSessions(panel, { to: panel.sessions[245] }), recipe, options)];
      const time = panel.sessions[245];
      expect(upTo(whole.rows, time).length).toBeGreaterThan(1000);
      expect(upTo(other.rows, time)).toEqual(upTo(whole.rows, time));
      expect(upTo(cut.rows, time)).toEqual(upTo(whole.rows, time));
      expect(upTo(other.rows, Infinity)).not.toEqual(upTo(whole.rows, Infinity));
    }
  });

  it('the members, weights and calibration of a trained bundle do not depend on the test part', async () => {
    const panel = smallPanel();
    const recipe = smallRecipe({ gates: { foldTStatistic: -100, testScore: -100 } });
    const outcome = await trainEnsemble(panel, recipe);
    if (outcome.status === 'rejected') throw new Error(outcome.detail);
    const testFrom = panel.sessions.indexOf(outcome.bundle.manifest.split.testFrom ?? NaN);
    const again = await trainEnsemble(perturbedAfter(panel, testFrom - 1), recipe);
    if (again.status === 'rejected') throw new Error(again.detail);
    expect(again.bundle.models).toEqual(outcome.bundle.models);
    expect(again.bundle.manifest.members).toEqual(outcome.bundle.manifest.members);
    expect(again.bundle.manifest.uncertainty).toEqual(outcome.bundle.manifest.uncertainty);
    expect(again.bundle.manifest.direction).toEqual(outcome.bundle.manifest.direction);
    expect(again.bundle.digest).not.toBe(outcome.bundle.digest);
  });
});
