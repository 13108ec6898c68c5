import { beforeAll, describe, expect, it } from 'vitest';
import { sealBundle } from '../../src/bundle/index.ts';
import type { Bundle } from '../../src/bundle/index.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { columnOf, panelFromColumns, selectEntities, selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor, predictionTable } from '../../src/predictor/index.ts';
import type { PredictedRow, Prediction } from '../../src/predictor/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

let bundle: Bundle;
let panel: Panel;
beforeAll(async () => {
  panel = smallPanel();
  bundle = (await trainedSmall(panel)).bundle;
});

const predicted = (rows: readonly Prediction[]): PredictedRow[] => rows.filter((row): row is PredictedRow => row.status === 'predicted');

/** The panel with other column names. */
function renamed(source: Panel, names: Readonly<Record<string, string>>): Panel {
  return panelFromColumns({
    entity: Array.from(source.entity, (e) => source.entities[e]),
    time: Array.from(source.session, (s) => source.sessions[s]),
    ...Object.fromEntries(Object.entries(source.columns).map(([name, column]) => [names[name] ?? name, column])),
  }, { entity: 'entity', time: 'time' });
}

describe('createPredictor', () => {
  it('ranks the last session, highest value first, with intervals around the value and P(up) in (0, 1)', () => {
    const rows = predicted(createPredictor(bundle).predictLast(panel));
    expect(rows).toHaveLength(24);
    expect(rows.every((row, i) => i === 0 || row.value <= rows[i - 1].value)).toBe(true);
    for (const row of rows) {
      expect(row.lower).toBeLessThan(row.value);
      expect(row.upper).toBeGreaterThan(row.value);
      expect(row.probabilityUp).toBeGreaterThan(0);
      expect(row.probabilityUp).toBeLessThan(1);
      expect(row.provenance).toMatchObject({ family: 'small', horizon: 5, version: null, digest: bundle.digest, calibrated: true, imputedShare: 0, degraded: [] });
    }
  });

  it('gives one row the same prediction inside any batch and from any history that covers the look-back', async () => {
    const predictor = createPredictor(bundle);
    const all: Prediction[] = [];
    for await (const batch of predictor.predictBatches(panel, { batchRows: 100 })) all.push(...batch);
    expect(all).toHaveLength(panel.rowCount);
    const tail = selectSessions(panel, { last: bundle.manifest.contract.lookbackSessions + 3 });
    const last3 = predictor.predict(tail, { from: tail.sessions[tail.sessions.length - 3] });
    expect(last3).toEqual(all.slice(-last3.length));
    expect(predictor.predict(panel, { from: panel.sessions[200], to: panel.sessions[200] })).toEqual(all.filter((row) => row.time === panel.sessions[200]));
  });

  it('tells rows whose outcome was inside the training data from the others', () => {
    const rows = createPredictor(bundle).predict(panel);
    const { trainedThrough, testFrom } = bundle.manifest.split;
    for (const row of rows) expect(row.provenance.inSample).toBe(row.time < trainedThrough);
    expect(rows.some((row) => row.time >= (testFrom ?? 0) && !row.provenance.inSample)).toBe(true);
  });

  it('engine 2.3: a missing column is an error that names it, who reads it and the likely rename, never a silent median', () => {
    const other = renamed(panel, { close: 'Close' });
    try {
      createPredictor(bundle).predictLast(other);
      expect.unreachable();
    } catch (error) {
      expect(isQuantwrightError(error, 'ERR_CONTRACT')).toBe(true);
      expect((error as Error).message).toMatch(/missing column close, read by .*(mom|vol|rev).*the panel has Close/);
    }
    expect(createPredictor(bundle).check(other).ok).toBe(false);
    const report = createPredictor(bundle).check(panel);
    expect({ ok: report.ok, unused: [...report.unused].sort() }).toEqual({ ok: true, unused: ['high', 'low', 'open', 'volume'] });
  });

  it('engine 2.4: a row with too many missing features is abstained from, whatever its batch holds', () => {
    const close = Float64Array.from(columnOf(panel, 'close'));
    for (let row = 0; row < close.length; row++) if (panel.entity[row] === 4 && panel.session[row] > 300) close[row] = NaN;
    const gappy = withColumns(panel, { close });
    const rows = createPredictor(bundle).predictLast(gappy);
    const abstained = rows.filter((row) => row.status === 'abstained');
    expect(abstained).toHaveLength(1);
    expect(abstained[0]).toMatchObject({ entity: panel.entities[4], reason: 'missing-features' });
    expect(rows[rows.length - 1].status).toBe('abstained');
  });

  it('abstains from rows later than the bundle lives after its data end, by the rows\' own time', async () => {
    const expiring = await sealBundle({ ...bundle, manifest: { ...bundle.manifest, expiresAfterDays: 1, lineage: { ...bundle.manifest.lineage, lastTime: panel.sessions[310] } } });
    const rows = createPredictor(expiring).predict(panel, { from: panel.sessions[310] });
    for (const row of rows) expect(row.status === 'abstained' ? row.reason : 'predicted').toBe(row.time > panel.sessions[310] + 86_400_000 ? 'expired' : 'predicted');
    expect(rows.some((row) => row.status === 'abstained')).toBe(true);
  });

  it('says a bundle without calibration is uncalibrated instead of inventing an interval', async () => {
    const bare = await sealBundle({ ...bundle, manifest: { ...bundle.manifest, uncertainty: null, direction: null } });
    const [row] = predicted(createPredictor(bare).predictLast(panel));
    expect(row.lower).toBeNaN();
    expect(row.probabilityUp).toBeNull();
    expect(row.provenance).toMatchObject({ calibrated: false, degraded: ['uncalibrated'] });
  });

  it('refuses more than 10,000 rows at once and points to batches', () => {
    const big = smallPanel({ entities: 60, sessions: 200 });
    expect(() => createPredictor(bundle).predict(big)).toThrowError(/at most 10000 rows, got 12000; use predictBatches/);
  });

  it('engine 2.5: entities are matched by name, in whatever order they come', () => {
    const some = selectEntities(panel, [panel.entities[7], panel.entities[2], ...panel.entities.slice(10)]);
    const rows = createPredictor(bundle).predictLast(some);
    expect(new Set(rows.map((row) => row.entity))).toEqual(new Set(some.entities));
  });

  it('prints flat tables', () => {
    const table = predictionTable(createPredictor(bundle, { version: 'small.h5.v1' }).predictLast(panel).slice(0, 2));
    expect(Object.keys(table[0])).toEqual(['date', 'entity', 'value', 'lower', 'upper', 'probabilityUp', 'disagreement', 'imputed', 'version', 'note']);
    expect(table[0]['version']).toBe('small.h5.v1');
  });
});
