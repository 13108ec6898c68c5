import { beforeAll, describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { column, direction, forwardReturn, forwardVolatility, logReturn, momentum, quantileBuckets, realizedVol } from '../../src/features/index.ts';
import { columnOf, panelFromColumns, selectEntities, selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import { auditSplits } from '../../src/validation/index.ts';
import { elasticNet, gbdt, ridge, trainEnsemble } from '../../src/trainer/index.ts';
import type { AcceptedOutcome, TrainOutcome } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

let panel: Panel;
let outcome: AcceptedOutcome;
beforeAll(async () => {
  panel = smallPanel();
  outcome = await trainedSmall(panel);
});

describe('trainEnsemble', () => {
  it('reports gates, folds, importances and weights as rows', () => {
    expect(outcome.gates.map((g) => [g.code, g.evidence, g.status])).toEqual([['information-coefficient-t', 'folds', 'passed'], ['information-coefficient', 'test', 'passed'], ['in-sample-gap', 'folds', 'passed']]);
    expect(outcome.folds).toHaveLength(3);
    expect(outcome.importances[0].feature).toBe('rev');
    expect(Object.values(outcome.weights).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  });

  it('engine 1.1: keeps development, calibration and test apart by label end, as its own out-of-sample rows show', () => {
    const { manifest, outOfSample } = outcome.bundle;
    const { trainedThrough, calibrationFrom, testFrom } = manifest.split;
    expect(trainedThrough).toBeLessThan(calibrationFrom ?? 0);
    outOfSample.time.forEach((time, i) => {
      const role = manifest.outOfSample.roles[outOfSample.role[i]];
      if (role.startsWith('fold')) expect(outOfSample.labelEnd[i]).toBeLessThan(calibrationFrom ?? 0);
      if (role === 'calibration') expect(outOfSample.labelEnd[i]).toBeLessThan(testFrom ?? 0);
      if (role === 'test') expect(time).toBeGreaterThanOrEqual(testFrom ?? 0);
    });
    const sessionOf = new Map(Array.from(panel.sessions, (t, i) => [t, i]));
    const rowsOf = (test: (role: string) => boolean): Uint32Array => Uint32Array.from(outOfSample.role.keys()).filter((i) => test(manifest.outOfSample.roles[outOfSample.role[i]]));
    const spans = { session: Array.from(outOfSample.time, (t) => sessionOf.get(t) ?? -1), endSession: Array.from(outOfSample.labelEnd, (t) => sessionOf.get(t) ?? -1), sessionCount: panel.sessions.length };
    expect(auditSplits(spans, [{ train: rowsOf((r) => r.startsWith('fold')), calibration: rowsOf((r) => r === 'calibration'), test: rowsOf((r) => r === 'test') }]).passed).toBe(true);
  });

  it('counts its rows: labelled = development + calibration + test + dropped', () => {
    const { split, lineage } = outcome.bundle.manifest;
    expect(split.developmentRows + split.calibrationRows + split.testRows + split.droppedRows).toBe(lineage.labelledRows);
  });

  it('is the same to the bit twice, and another seed is another model', async () => {
    expect((await trainedSmall(panel)).bundle.digest).toBe(outcome.bundle.digest);
    expect((await trainedSmall(panel, smallRecipe({ seed: 6 }))).bundle.digest).not.toBe(outcome.bundle.digest);
  });

  it('refit all fits the members on every labelled row and says so', async () => {
    const refit = await trainedSmall(panel, smallRecipe({ refit: 'all' }));
    expect(refit.bundle.manifest.refit).toBe('all');
    expect(refit.bundle.manifest.split.trainedThrough).toBe(panel.sessions[panel.sessions.length - 1]);
    expect(refit.bundle.manifest.metrics).toEqual(outcome.bundle.manifest.metrics);
    expect(refit.bundle.models).not.toEqual(outcome.bundle.models);
  });

  it('stops within a moment of an abort, with the signal\'s own reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let late = 0;
    const work = trainEnsemble(panel, smallRecipe({ members: { gbdt: gbdt({ numIterations: 5000 }) } }), { signal: controller.signal, onProgress: () => { if (controller.signal.aborted) late++; } });
    setTimeout(() => controller.abort(reason), 100);
    await expect(work).rejects.toBe(reason);
    expect(late).toBeLessThanOrEqual(1);
  });

  it('reports progress by phase, each from its start to its end', async () => {
    const phases = new Set<string>();
    await trainEnsemble(panel, smallRecipe(), { onProgress: ({ phase, done, total }) => { phases.add(phase); expect(done).toBeLessThanOrEqual(total); } });
    expect([...phases].some((p) => p.startsWith('fold 1 of 3'))).toBe(true);
    expect([...phases].some((p) => p.startsWith('final'))).toBe(true);
  });

  it.each([
    ['log volatility', forwardVolatility({ sessions: 5, periodsPerYear: 252 }), null],
    ['direction', direction({ sessions: 5, minus: 'date-mean' }), 'up'],
    ['quantile buckets', quantileBuckets({ sessions: 5, buckets: 5 }), null],
    ['simple next-open return', forwardReturn({ sessions: 5, kind: 'simple', entry: 'next-open', minus: 'date-mean' }), 'up'],
  ] as const)('learns a %s label', async (_name, label, up) => {
    const result = await trainedSmall(panel, smallRecipe({ label, ...(label.fn === 'direction' ? { members: { gbdt: gbdt({ numIterations: 20, objective: 'logistic' }), ridge: ridge() } } : {}) }));
    const [row] = createPredictor(result.bundle).predictLast(panel);
    expect(row.status === 'predicted' && (row.probabilityUp === null) === (up === null)).toBe(true);
  });

  it('takes a learner of the host\'s own into ensemble and bundle', async () => {
    const { featureNames } = { featureNames: ['mom', 'vol', 'rev'] };
    const mine = {
      kind: 'mine',
      *fit(set: { features: readonly number[]; matrix: { names: readonly string[] } }) {
        yield { phase: 'mine', done: 1, total: 1 };
        return { kind: 'mine', featureNames: set.features.map((i) => set.matrix.names[i]) };
      },
      predict: (_model: unknown, matrix: { rowCount: number; names: readonly string[]; columns: readonly ArrayLike<number>[] }, rows?: Uint32Array) => Float64Array.from(rows ?? Array.from({ length: matrix.rowCount }, (_, i) => i), (r) => -0.05 * matrix.columns[matrix.names.indexOf('rev')][r]),
      importance: () => Float64Array.of(0, 0, 1),
      encode: (model: { featureNames: readonly string[] }) => ({ plain: { featureNames: [...model.featureNames] }, tensors: {} }),
      decode: () => ({ kind: 'mine', featureNames }),
    };
    const result = await trainEnsemble(panel, smallRecipe({ members: { mine: { learner: 'mine', options: {} } }, selection: 'none' }), { learners: { mine } });
    expect(result.status).toBe('accepted');
    if (result.status === 'accepted') expect(createPredictor(result.bundle, { codecs: { mine } }).predictLast(panel)[0].status).toBe('predicted');
  });
});

describe('degenerate panels are answered, never a crash or a silent model', () => {
  const statusOf = async (p: Panel, recipe = smallRecipe()): Promise<TrainOutcome['status'] | string> => trainEnsemble(p, recipe).then((o) => `${o.status}${o.status === 'rejected' ? ` ${o.reason}` : ''}`, (e: unknown) => (isQuantwrightError(e) ? e.code : `crash: ${String(e)}`));

  it('a column of nothing but NaN is dropped from the model', async () => {
    const withEmpty = withColumns(panel, { empty: new Float64Array(panel.rowCount).fill(NaN) });
    const recipe = smallRecipe({ features: { ...smallRecipe().features, empty: column('empty', { causality: 'causal' }) } });
    const result = await trainedSmall(withEmpty, recipe);
    expect(Object.keys(result.bundle.manifest.features)).not.toContain('empty');
  });
  it('one session', async () => expect(await statusOf(selectSessions(panel, { last: 1 }))).toBe('rejected too-few-rows'));
  it('one entity has no cross-section: a date-mean label is always 0 and is not accepted', async () => expect(await statusOf(selectEntities(panel, [panel.entities[0]]))).toMatch(/^rejected/));
  it('a constant target', async () => {
    const flat = withColumns(panel, { close: new Float64Array(panel.rowCount).fill(10) });
    expect(await statusOf(flat, smallRecipe({ features: { a: column('open', { causality: 'causal' }), b: column('high', { causality: 'causal' }), c: column('volume', { causality: 'causal' }) }, label: forwardReturn({ sessions: 5 }) }))).toMatch(/^rejected/);
  });
  it('two rows', async () => {
    const two = panelFromColumns({ entity: ['A', 'A'], time: ['2020-01-01', '2020-01-02'], close: [1, 2] }, { entity: 'entity', time: 'time' });
    expect(await statusOf(two, smallRecipe({ features: { r: logReturn(1), m: momentum(1), v: realizedVol(2) } }))).toBe('rejected too-few-rows');
  });
  it('a panel without the column a feature reads is an error naming it', async () => {
    const { close } = { close: columnOf(panel, 'close') };
    const other = panelFromColumns({ entity: Array.from(panel.entity, (e) => panel.entities[e]), time: Array.from(panel.session, (s) => panel.sessions[s]), price: close }, { entity: 'entity', time: 'time' });
    await expect(trainEnsemble(other, smallRecipe())).rejects.toThrowError(/close/);
  });
});

describe('defects of the replaced trainer', () => {
  it('engine 1.7: fold scores are of the ensemble that ships: recomputed from the bundle\'s own rows', () => {
    const { manifest, outOfSample } = outcome.bundle;
    let sum = 0;
    let n = 0;
    outOfSample.prediction.forEach((p, i) => {
      if (!manifest.outOfSample.roles[outOfSample.role[i]].startsWith('fold')) return;
      sum += (p - outOfSample.outcome[i]) ** 2;
      n++;
    });
    expect(Math.sqrt(sum / n)).toBeCloseTo(manifest.metrics.find((m) => m.evidence === 'folds' && m.metric === 'rmse')?.value ?? 0, 12);
  });
  it('engine 1.10: an elastic net on return-scale targets is not a constant', async () => {
    const result = await trainedSmall(panel, smallRecipe({ members: { net: elasticNet() } }));
    const values = createPredictor(result.bundle).predictLast(panel).map((row) => (row.status === 'predicted' ? row.value : NaN));
    expect(new Set(values).size).toBeGreaterThan(5);
  });
  it('engine 1.17: a return model is judged by its ranking, not rejected for an R2 below zero', () => {
    expect(outcome.gates.every((g) => !g.code.includes('r2'))).toBe(true);
  });
  it('engine 1.19: a manifest is strict JSON even where a figure is NaN', () => {
    expect(outcome.bundle.manifest.metrics.some((m) => Number.isNaN(m.standardError))).toBe(true);
  });
  it('engine 1.21: the calibration rows are neither trained on nor judged by the gates', () => {
    expect(new Set(outcome.gates.map((g) => g.evidence))).toEqual(new Set(['folds', 'test']));
  });
});
