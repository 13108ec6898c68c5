import { beforeAll, describe, expect, it } from 'vitest';
import { sealBundle } from '../../src/bundle/index.ts';
import { applyPlatt, directionScore, fitDirectionCalibrator } from '../../src/calibration/index.ts';
import { driveSync } from '../../src/core/drive.ts';
import { direction, forwardReturn, realizedVol } from '../../src/features/index.ts';
import type { Label } from '../../src/features/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor, directionDispersion } from '../../src/predictor/index.ts';
import type { PredictedRow } from '../../src/predictor/index.ts';
import { calibrate } from '../../src/trainer/calibrate.ts';
import type { Calibration } from '../../src/trainer/calibrate.ts';
import { ridge } from '../../src/trainer/index.ts';
import type { Recipe } from '../../src/trainer/index.ts';
import { gather, prepareTask } from '../../src/trainer/prepare.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const VOL = 'context.dispersion.vol';
const up = direction({ sessions: 5, minus: 'date-mean' });
const ret = forwardReturn({ sessions: 5, minus: 'date-mean' });
const recipeOf = (label: Label): Recipe => smallRecipe({ label, members: { ridge: ridge() }, uncertainty: { groups: null, dispersions: { vol: realizedVol(10) } }, gates: { foldTStatistic: -99, testScore: -1 } });

let panel: Panel;
beforeAll(() => {
  panel = smallPanel({ entities: 16, sessions: 300 });
});

/** Calibration rows whose error grows with volatility, so that it is chosen as the scale of the interval. */
function calibrated(label: Label): { readonly fit: Calibration; readonly predicted: Float64Array; readonly outcomes: Float64Array; readonly vol: Float64Array } {
  const prepared = driveSync(prepareTask(panel, recipeOf(label)));
  const rows = prepared.rows.filter((row) => panel.session[row] >= 150);
  const vol = gather(prepared.table.columns[prepared.table.names.indexOf(VOL)], rows);
  const outcomes = gather(prepared.label.values, rows);
  const largest = Math.max(...vol);
  const predicted = outcomes.map((y, i) => (label.fn === 'direction' ? Math.abs(y - (i % 19 === 0 ? 0.6 : 0.45) * (vol[i] / largest)) : y + vol[i] * 0.2 * Math.sin(i)));
  return { fit: calibrate(prepared, rows, predicted), predicted, outcomes, vol };
}

/** Predictions of a trained model with another calibration. */
async function serve(label: Label, { uncertainty, direction: platt }: Calibration): Promise<PredictedRow[]> {
  const { bundle } = await trainedSmall(panel, recipeOf(label));
  const context = { [VOL]: realizedVol(10) };
  const sealed = await sealBundle({ ...bundle, manifest: { ...bundle.manifest, context, uncertainty, direction: platt } });
  return createPredictor(sealed).predict(panel, { from: panel.sessions[150] }).filter((row): row is PredictedRow => row.status === 'predicted');
}

describe('P(up) of a direction label', () => {
  it('has scale 1 whatever the dispersion: the value is a probability already', () => {
    expect(directionDispersion(up, 0.02)).toBe(1);
    expect(directionDispersion(up, NaN)).toBe(1);
    expect(directionDispersion(ret, 0.02)).toBe(0.02);
  });

  it('is fitted on the unscaled value, though a dispersion is chosen for the interval', () => {
    const { fit, predicted, outcomes, vol } = calibrated(up);
    expect(fit.uncertainty?.dispersion).toBe(VOL);
    expect(fit.direction).toEqual(fitDirectionCalibrator({ predictions: predicted, outcomes }));
    expect(fit.direction).not.toEqual(fitDirectionCalibrator({ predictions: predicted, outcomes, dispersion: vol }));
  });

  it('is served on the unscaled value: it rises with it across names of different volatility', async () => {
    const { fit } = calibrated(up);
    const rows = await serve(up, fit);
    expect(rows.length).toBeGreaterThan(1000);
    const { direction: platt } = fit;
    if (platt === null) throw new Error('expected a calibrator');
    for (const row of rows) expect(row.probabilityUp).toBe(applyPlatt(platt, row.value));
    const sorted = [...rows].sort((a, b) => a.value - b.value);
    const p = sorted.map((row) => row.probabilityUp ?? NaN);
    expect(p.every((x, i) => i === 0 || x >= p[i - 1])).toBe(true);
    expect(p[p.length - 1]).toBeGreaterThan(p[0]);
    // The widths do follow volatility: the interval is scaled although P(up) is not.
    expect(new Set(rows.map((row) => (row.upper - row.lower).toFixed(9))).size).toBeGreaterThan(500);
  });
});

describe('P(up) of a return label', () => {
  it('is fitted and served on the value in units of the dispersion', async () => {
    const { fit, predicted, outcomes, vol } = calibrated(ret);
    expect(fit.uncertainty?.dispersion).toBe(VOL);
    expect(fit.direction).toEqual(fitDirectionCalibrator({ predictions: predicted, outcomes, dispersion: vol }));
    const { direction: platt } = fit;
    if (platt === null) throw new Error('expected a calibrator');
    const { table } = driveSync(prepareTask(panel, recipeOf(ret)));
    const scale = table.columns[table.names.indexOf(VOL)];
    const rows = await serve(ret, fit);
    const first = panel.sessionStart[150];
    expect(rows).toHaveLength(panel.rowCount - first);
    rows.forEach((row, i) => expect(row.probabilityUp).toBe(applyPlatt(platt, directionScore(row.value, scale[first + i]))));
  });
});
