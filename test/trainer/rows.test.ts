import { beforeAll, describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { column, forwardReturn, logReturn, momentum, realizedVol } from '../../src/features/index.ts';
import type { Learner, ModelBase } from '../../src/learners/index.ts';
import { withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor, tooManyMissing } from '../../src/predictor/index.ts';
import type { Prediction } from '../../src/predictor/index.ts';
import { ridge, trainEnsemble } from '../../src/trainer/index.ts';
import type { AcceptedOutcome, Recipe } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const px = column('px', { causality: 'causal' });
const recipeOf = (maxMissingShare: number): Recipe => smallRecipe({
  features: { mom: momentum(20, { column: px }), vol: realizedVol(40, { column: px }), rev: logReturn(5, { column: px }) },
  label: forwardReturn({ sessions: 5, minus: 'date-mean' }),
  members: { ridge: ridge() },
  selection: 'none',
  maxMissingShare,
  gates: { foldTStatistic: -99, testScore: -1 },
});
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'resolved', (e: unknown) => (isQuantwrightError(e) ? `${e.code} ${e.message}` : String(e)));

/** Prices the features read, with gaps in every part of the history; the prices of the label have none. */
let panel: Panel;
beforeAll(() => {
  const whole = smallPanel({ entities: 16 });
  const gap = (entity: number, session: number): boolean => (entity === 2 && session >= 120 && session < 180) || (entity === 5 && session % 70 < 12) || (entity === 9 && session >= 235);
  panel = withColumns(whole, { px: Float64Array.from(whole.columns['close'], (v, row) => (gap(whole.entity[row], whole.session[row]) ? NaN : v)) });
});

describe.each([[0], [0.5], [1]])('rows of a recipe with maxMissingShare %f', (share) => {
  let outcome: AcceptedOutcome;
  let served: Prediction[];
  const key = (time: number, entity: string): string => `${time} ${entity}`;
  beforeAll(async () => {
    outcome = await trainedSmall(panel, recipeOf(share));
    served = createPredictor(outcome.bundle).predict(panel);
  });

  it('are abstained from with every feature missing, and no more than the share allows', () => {
    const abstained = served.filter((row) => row.status === 'abstained');
    expect(abstained.length).toBeGreaterThan(0);
    for (const row of abstained) expect(row.status === 'abstained' && row.reason).toBe('missing-features');
    for (const row of served) {
      const missing = row.provenance.imputedShare;
      expect(row.status).toBe(missing === 1 || missing > share ? 'abstained' : 'predicted');
    }
  });

  it('are scored out of sample exactly where the predictor would predict: no row less, no row more', () => {
    const { manifest, outOfSample } = outcome.bundle;
    const { calibrationFrom, testFrom, trainedThrough } = manifest.split;
    const predicted = new Map(served.filter((row) => row.status === 'predicted').map((row) => [key(row.time, row.entity), row]));
    const own = Array.from(outOfSample.time, (time, i) => ({ id: key(time, manifest.outOfSample.entities[outOfSample.entity[i]]), role: manifest.outOfSample.roles[outOfSample.role[i]], value: outOfSample.prediction[i] }));
    for (const { id, role, value } of own) {
      expect(predicted.has(id)).toBe(true);
      const row = predicted.get(id);
      if (!role.startsWith('fold') && row?.status === 'predicted') expect(row.value).toBe(value);
    }
    const lastLabelled = panel.sessions[panel.sessions.length - 6];
    const inTest = [...predicted.values()].filter((row) => row.time >= (testFrom ?? NaN) && row.time <= lastLabelled);
    expect(own.filter(({ role }) => role === 'test')).toHaveLength(inTest.length);
    expect(manifest.split.testRows).toBe(inTest.length);
    expect(trainedThrough).toBeLessThan(calibrationFrom ?? NaN);
  });
});

describe('tooManyMissing', () => {
  it('is the rule of both: more than the share, or all of them', () => {
    const columns = [[1, NaN, NaN], [1, 1, NaN]];
    const at = (share: number): boolean[] => [0, 1, 2].map((row) => tooManyMissing(columns, row, share));
    expect(at(0)).toEqual([false, true, true]);
    expect(at(0.5)).toEqual([false, false, true]);
    expect(at(1)).toEqual([false, false, true]);
  });
});

describe('trainEnsemble', () => {
  it('gives no-features as the reason when every feature is constant', async () => {
    const features = { one: column('one', { causality: 'causal' }), two: column('two', { causality: 'causal' }) };
    const constant = withColumns(panel, { one: new Float64Array(panel.rowCount).fill(1), two: new Float64Array(panel.rowCount).fill(-3) });
    expect(await trainEnsemble(constant, smallRecipe({ features }))).toMatchObject({ status: 'rejected', reason: 'no-features', detail: 'every feature is constant or missing on the training rows' });
  });

  it('is an error that names the member when a learner of the host predicts no number', async () => {
    const broken = (bad: number): Learner => ({
      kind: 'broken',
      *fit() {
        yield { phase: 'broken', done: 1, total: 1 };
        return { kind: 'broken', featureNames: ['mom'] };
      },
      predict: (_model: ModelBase, matrix, rows) => Float64Array.from(rows ?? new Uint32Array(matrix.rowCount), (row) => (row % 97 === 0 ? bad : 0.01)),
      importance: () => Float64Array.of(1),
      encode: () => ({ plain: {}, tensors: {} }),
      decode: () => ({ kind: 'broken', featureNames: ['mom'] }),
    });
    const recipe = smallRecipe({ members: { ridge: ridge(), mine: { learner: 'broken', options: {} } } });
    for (const bad of [NaN, Infinity]) {
      expect(await codeOf(trainEnsemble(panel, recipe, { learners: { broken: broken(bad) } }))).toMatch(new RegExp(`^ERR_DOMAIN trainEnsemble: member mine must predict finite numbers, got ${bad} for row \\d+`));
    }
  });

  it('names an unknown option, an unknown learner and the nearest there is', async () => {
    expect(await codeOf(trainEnsemble(panel, smallRecipe(), { onProgres: () => {} } as never))).toMatch(/^ERR_UNKNOWN_NAME trainEnsemble: unknown option "onProgres"; did you mean "onProgress"\?/);
    expect(await codeOf(trainEnsemble(panel, smallRecipe({ members: { a: { learner: 'ridg', options: {} } } })))).toMatch(/^ERR_UNKNOWN_NAME trainEnsemble: unknown learner "ridg"; did you mean "ridge"\?/);
  });
});
