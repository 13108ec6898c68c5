import { beforeAll, describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/bundle/index.ts';
import { driveSync } from '../../src/core/drive.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { selectSessions } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor, servePreparedTask } from '../../src/predictor/index.ts';
import type { Prediction } from '../../src/predictor/index.ts';
import { prepareTask } from '../../src/trainer/prepare.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

let panel: Panel;
let bundle: Bundle;
beforeAll(async () => {
  panel = smallPanel({ sessions: 400 });
  bundle = (await trainedSmall(panel)).bundle;
});

const all = async (batchRows?: number): Promise<Prediction[]> => {
  const rows: Prediction[] = [];
  for await (const batch of createPredictor(bundle).predictBatches(panel, batchRows === undefined ? {} : { batchRows })) rows.push(...batch);
  return rows;
};
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    return isQuantwrightError(error) ? `${error.code} ${error.message}` : `not ours: ${String(error)}`;
  }
};

describe('one row, one prediction', () => {
  it('an early session of a long panel equals the same session of a panel cut right after it, to the bit', () => {
    const predictor = createPredictor(bundle);
    for (const s of [0, 3, 25, 60, 61, 200]) {
      const time = panel.sessions[s];
      const long = predictor.predict(panel, { from: time, to: time });
      const cut = selectSessions(panel, { to: time });
      expect(long).toHaveLength(24);
      expect(predictor.predict(cut, { from: time })).toEqual(long);
      expect(new Set(predictor.predictLast(cut))).toEqual(new Set(long));
    }
  });

  it('predictBatches equals predict on all rows, to the bit, whatever the size of a batch', async () => {
    const whole = createPredictor(bundle).predict(panel);
    expect(whole).toHaveLength(panel.rowCount);
    expect(whole.filter((row) => row.status === 'predicted').length).toBeGreaterThan(9000);
    for (const batchRows of [1, 1000, undefined]) expect(await all(batchRows)).toEqual(whole);
  });

  it('equals what walk-forward serves from its table of the whole panel', () => {
    const { table } = driveSync(prepareTask(panel, smallRecipe()));
    const rows = Uint32Array.from({ length: panel.rowCount }, (_, row) => row);
    expect(createPredictor(bundle).predict(panel)).toEqual(driveSync(servePreparedTask(bundle, panel, table, rows, { version: null })));
  });

  it('batches hold whole sessions and every row once', async () => {
    const sizes: number[] = [];
    for await (const batch of createPredictor(bundle).predictBatches(panel, { batchRows: 100, from: panel.sessions[10], to: panel.sessions[19] })) {
      expect(batch[0].time).toBeGreaterThanOrEqual(panel.sessions[10]);
      sizes.push(batch.length);
    }
    expect(sizes).toEqual([96, 96, 48]);
  });
});

describe('unknown options are errors with the nearest name', () => {
  it('of createPredictor, predict and predictBatches', async () => {
    const predictor = createPredictor(bundle);
    expect(await codeOf(() => createPredictor(bundle, { versoin: 'v1' } as never))).toMatch(/^ERR_UNKNOWN_NAME createPredictor: unknown option "versoin"; did you mean "version"\?/);
    expect(await codeOf(() => predictor.predict(panel, { form: '2015-01-01' } as never))).toMatch(/^ERR_UNKNOWN_NAME predict: unknown option "form"; did you mean "from"\?/);
    expect(await codeOf(() => predictor.predictBatches(panel, { batchRow: 5 } as never).next())).toMatch(/^ERR_UNKNOWN_NAME predictBatches: unknown option "batchRow"; did you mean "batchRows"\?/);
    expect(await codeOf(() => predictor.predictBatches(panel, { batchRows: 0 }).next())).toMatch(/^ERR_DOMAIN predictBatches: batchRows must be an integer >= 1, got 0/);
    expect(await codeOf(() => predictor.predict(panel, { from: 'yesterday' }))).toMatch(/^ERR_DOMAIN predict: from must be YYYY-MM-DD/);
  });

  it('predict on a range without sessions is empty, not an error', () => {
    expect(createPredictor(bundle).predict(panel, { from: '2090-01-01' })).toEqual([]);
  });
});
