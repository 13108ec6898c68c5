/** Defects of the system this package replaces (trainer and predictor), each impossible here. Others are named beside the rooms they concern. */
import { beforeAll, describe, expect, it } from 'vitest';
import { sealBundle } from '../../src/bundle/index.ts';
import type { Bundle } from '../../src/bundle/index.ts';
import { randomStream } from '../../src/core/random.ts';
import { column, forwardReturn } from '../../src/features/index.ts';
import { modelCodecs } from '../../src/learners/index.ts';
import { columnOf, panelFromColumns, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import type { PredictedRow } from '../../src/predictor/index.ts';
import { trainEnsemble } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

let panel: Panel;
let bundle: Bundle;
beforeAll(async () => {
  panel = smallPanel();
  bundle = (await trainedSmall(panel)).bundle;
});

describe('the trainer', () => {
  it('engine 1.4: P(up) is fitted and served by one function: over the calibration rows it averages to their share of rises', () => {
    const { calibrationFrom, testFrom } = bundle.manifest.split;
    const outcomes = new Map<string, number>();
    bundle.outOfSample.time.forEach((time, i) => {
      if (bundle.manifest.outOfSample.roles[bundle.outOfSample.role[i]] === 'calibration') outcomes.set(`${time} ${bundle.manifest.outOfSample.entities[bundle.outOfSample.entity[i]]}`, bundle.outOfSample.outcome[i]);
    });
    const rows = createPredictor(bundle).predict(panel, { from: calibrationFrom ?? 0, to: (testFrom ?? 0) - 1 }).filter((row): row is PredictedRow => outcomes.has(`${row.time} ${row.entity}`));
    const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(rows.length).toBe(outcomes.size);
    expect(Math.abs(meanOf(rows.map((row) => row.probabilityUp ?? NaN)) - meanOf([...outcomes.values()].map((y) => (y > 0 ? 1 : 0))))).toBeLessThan(0.01);
  });

  it('engine 1.5 and 1.6: calibrator and intervals are inside the bundle and under its digest', async () => {
    const { uncertainty, direction } = bundle.manifest;
    if (uncertainty === null || direction === null) throw new Error('expected a calibrated bundle');
    const wider = { ...uncertainty, conformal: { ...uncertainty.conformal, radii: uncertainty.conformal.radii.map((r) => r * 1.01) } };
    expect((await sealBundle({ ...bundle, manifest: { ...bundle.manifest, uncertainty: wider } })).digest).not.toBe(bundle.digest);
    expect((await sealBundle({ ...bundle, manifest: { ...bundle.manifest, direction: { ...direction, slope: direction.slope * 1.01 } } })).digest).not.toBe(bundle.digest);
  });

  it('engine 1.11: of two correlated features the one that ranks the label stays, whatever their scales and offsets', async () => {
    const random = randomStream(4, 'twins');
    const close = columnOf(panel, 'close');
    const at = new Map(Array.from(close, (_, row) => [panel.session[row] * panel.entities.length + panel.entity[row], row]));
    const past = Float64Array.from(close, (price, row) => Math.log(price / (close[at.get((panel.session[row] - 5) * panel.entities.length + panel.entity[row]) ?? -1] ?? NaN)));
    const blurred = past.map((v) => 1e6 * (v + 0.01 * random.normal()) + 1e9);
    const twins = withColumns(panel, { past, blurred });
    const recipe = smallRecipe({ features: { blurred: column('blurred', { causality: 'causal' }), past: column('past', { causality: 'causal' }), volume: column('volume', { causality: 'causal' }) } });
    const outcome = await trainEnsemble(twins, recipe);
    if (outcome.status === 'rejected') throw new Error(outcome.detail);
    expect(Object.keys(outcome.bundle.manifest.features)).toContain('past');
    expect(Object.keys(outcome.bundle.manifest.features)).not.toContain('blurred');
  });

  it('engine 1.14: a rejection says which gate, what value, what threshold and on how much', async () => {
    const outcome = await trainEnsemble(panel, smallRecipe({ gates: { foldTStatistic: 1000 } }));
    expect(outcome).toMatchObject({ status: 'rejected', reason: 'gates', gates: [{ code: 'information-coefficient-t', status: 'failed', threshold: 1000 }, { status: 'passed' }, {}] });
    expect(outcome.status === 'rejected' && outcome.detail).toMatch(/information-coefficient-t on folds failed: \d.* against 1000, n \d+/);
  });

  it('engine 1.15: the bundle knows its universe', () => {
    expect(bundle.manifest.lineage).toMatchObject({ entityCount: panel.entities.length, rowCount: panel.rowCount, firstTime: panel.sessions[0], lastTime: panel.sessions[panel.sessions.length - 1] });
  });

  it('engine 1.16: weights belong to rows, not to positions: the order rows came in changes nothing', async () => {
    const order = randomStream(9, 'shuffle').permutation(panel.rowCount);
    const shuffled = panelFromColumns({
      entity: Array.from(order, (row) => panel.entities[panel.entity[row]]),
      time: Array.from(order, (row) => panel.sessions[panel.session[row]]),
      ...Object.fromEntries(Object.entries(panel.columns).map(([name, values]) => [name, Float64Array.from(order, (row) => values[row])])),
    }, { entity: 'entity', time: 'time' });
    const recipe = smallRecipe({ weights: { overlap: true, recencyHalfLifeSessions: 100 } });
    expect((await trainedSmall(shuffled, recipe)).bundle.digest).toBe((await trainedSmall(panel, recipe)).bundle.digest);
  });

  it('engine 0: the label is in the artifact and cannot differ from what was trained', () => {
    expect(bundle.manifest.label).toEqual(forwardReturn({ sessions: 5, minus: 'date-mean' }));
    expect(bundle.manifest.horizon).toBe(5);
  });
});

describe('the predictor', () => {
  it('engine 2.9: a member that gives no number is an abstention, not a number', () => {
    const broken = { ...modelCodecs.gbdt, predict: (_model: unknown, matrix: { rowCount: number }, rows?: Uint32Array) => new Float64Array(rows?.length ?? matrix.rowCount).fill(NaN) };
    const rows = createPredictor(bundle, { codecs: { gbdt: broken } }).predictLast(panel);
    expect(bundle.manifest.members.some((m) => m.kind === 'gbdt')).toBe(true);
    expect(rows.every((row) => row.status === 'abstained' && row.reason === 'not-finite')).toBe(true);
  });

  it('engine 2.7: disagreement is that of the members, each by its weight', () => {
    for (const row of createPredictor(bundle).predictLast(panel)) {
      if (row.status !== 'predicted') throw new Error('expected predictions');
      const variance = bundle.manifest.members.reduce((sum, { name, weight }) => sum + weight * (row.members[name] - row.value) ** 2, 0);
      expect(row.disagreement).toBeCloseTo(Math.sqrt(variance), 15);
    }
  });

  it('engine 2.12 and 2.13: one call serves a panel, and widths differ between its rows', () => {
    const rows = createPredictor(bundle).predictLast(panel).filter((row): row is PredictedRow => row.status === 'predicted');
    expect(rows).toHaveLength(panel.entities.length);
    expect(new Set(rows.map((row) => (row.upper - row.lower).toPrecision(8))).size).toBeGreaterThan(1);
  });
});
