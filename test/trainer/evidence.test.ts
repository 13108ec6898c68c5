import { describe, expect, it } from 'vitest';
import type { GateResult } from '../../src/bundle/index.ts';
import { driveSync } from '../../src/core/drive.ts';
import { forwardVolatility } from '../../src/features/index.ts';
import { blockingGates, judge, scorePartTask } from '../../src/trainer/evidence.ts';
import type { PartScore } from '../../src/trainer/evidence.ts';
import { trainEnsemble } from '../../src/trainer/index.ts';
import { prepareTask } from '../../src/trainer/prepare.ts';
import type { Prepared } from '../../src/trainer/prepare.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const panel = smallPanel({ entities: 8, sessions: 120 });
const recipe = smallRecipe();
const prepared = driveSync(prepareTask(panel, recipe));
const { gates } = recipe;

/** Rows of sessions 40 to 79: all 8 names in every fourth session, 4 names in the others. */
const thin = prepared.rows.filter((row) => panel.session[row] >= 40 && panel.session[row] < 80 && (panel.session[row] % 4 === 0 || panel.entity[row] < 4));
const guess = Float64Array.from(prepared.label.values, (y, row) => y + 0.02 * Math.sin(row));
const score = (rows: Uint32Array, predicted: ArrayLike<number> = guess, p: Prepared = prepared): PartScore => driveSync(scorePartTask(p, 'test', rows, predicted, 0));
const judged = (value: number, tStatistic = 5, sessions = 100): PartScore => ({ ...score(thin), judged: { metric: 'information-coefficient', value, tStatistic, sessions } });
const statuses = (results: readonly GateResult[]): string[] => results.map((g) => g.status);

describe('scorePartTask', () => {
  it('counts the sessions that have a coefficient: those with fewer than 5 names do not', () => {
    const { judged: figure, metrics } = score(thin);
    expect(new Set(Array.from(thin, (row) => panel.session[row])).size).toBe(40);
    expect(figure).toMatchObject({ metric: 'information-coefficient', sessions: 10 });
    expect(metrics.find((m) => m.metric === 'information-coefficient')).toMatchObject({ n: 10, unit: 'sessions' });
    expect(metrics.find((m) => m.metric === 'rmse')).toMatchObject({ n: thin.length, unit: 'rows' });
  });

  it('nor do sessions in which every name has the same prediction', () => {
    const flat = guess.map((v, row) => (panel.session[row] < 60 ? 0 : v));
    expect(score(thin, flat).judged.sessions).toBe(5);
  });

  it('judges a label without a sign by its skill, on every session', () => {
    const volatility = driveSync(prepareTask(panel, smallRecipe({ label: forwardVolatility({ sessions: 5, periodsPerYear: 252 }) })));
    const rows = volatility.rows.filter((row) => panel.session[row] >= 40 && panel.session[row] < 80);
    const naive = -1.5;
    const perfect = driveSync(scorePartTask(volatility, 'test', rows, volatility.label.values, naive));
    expect(perfect.judged).toMatchObject({ metric: 'skill', value: 1, sessions: 40 });
    expect(driveSync(scorePartTask(volatility, 'test', rows, new Float64Array(panel.rowCount).fill(naive), naive)).judged.value).toBe(0);
  });
});

describe('judge', () => {
  it('gives each gate the sessions of its own evidence as n', () => {
    const results = judge(gates, judged(0.1, 5, 300), judged(0.1, 5, 44), judged(0.2, 5, 75));
    expect(results.map(({ code, n }) => [code, n])).toEqual([['information-coefficient-t', 300], ['information-coefficient', 44], ['in-sample-gap', 300]]);
    expect(statuses(results)).toEqual(['passed', 'passed', 'passed']);
  });

  it('is insufficient below minimumSessions, whatever the figure, and that blocks', () => {
    const few = score(thin);
    const results = judge(gates, judged(0.1), few, judged(0.2));
    expect(results[1]).toMatchObject({ code: 'information-coefficient', evidence: 'test', n: 10, status: 'insufficient' });
    expect(results[1].value).toBeGreaterThan(0.3);
    expect(blockingGates(results).map((g) => g.code)).toEqual(['information-coefficient']);
    expect(statuses(judge({ ...gates, minimumSessions: 10 }, judged(0.1), few, judged(0.2)))).toEqual(['passed', 'passed', 'passed']);
  });

  it('asks for more than the threshold: equal is failed', () => {
    expect(statuses(judge(gates, judged(0.1, gates.foldTStatistic), judged(gates.testScore), judged(0.1)))).toEqual(['failed', 'failed', 'passed']);
    expect(statuses(judge(gates, judged(0.1, NaN), undefined, judged(0.1)))).toEqual(['insufficient', 'insufficient', 'passed']);
  });

  it('warns of a wide gap between in-sample and folds, and does not block for it', () => {
    const results = judge(gates, judged(0.1), judged(0.1), judged(0.6));
    expect(results[2]).toMatchObject({ code: 'in-sample-gap', threshold: 0.4, status: 'warned' });
    expect(results[2].value).toBeCloseTo(0.5, 12);
    expect(blockingGates(results)).toEqual([]);
  });

  it('calls a gap that is not a number insufficient, never passed, and does not block for it', () => {
    const results = judge(gates, judged(0.1), judged(0.1), judged(NaN));
    expect(results[2].status).toBe('insufficient');
    expect(blockingGates(results)).toEqual([]);
  });
});

describe('blockingGates', () => {
  it('blocks what failed or is insufficient, in order, but never the gap', () => {
    const gate = (code: string, status: GateResult['status']): GateResult => ({ code, status, evidence: 'folds', value: 0, threshold: 0, n: 0 });
    const list = [gate('a', 'failed'), gate('b', 'passed'), gate('c', 'insufficient'), gate('d', 'warned'), gate('in-sample-gap', 'failed'), gate('in-sample-gap', 'insufficient')];
    expect(blockingGates(list).map((g) => g.code)).toEqual(['a', 'c']);
  });

  it('is what trainEnsemble rejects by: more sessions asked for than there are is a rejection naming n', async () => {
    const bigger = smallPanel();
    const accepted = await trainedSmall(bigger);
    const n = accepted.gates[1].n;
    const outcome = await trainEnsemble(bigger, smallRecipe({ gates: { minimumSessions: n + 1 } }));
    expect(outcome).toMatchObject({ status: 'rejected', reason: 'gates' });
    if (outcome.status === 'rejected') expect(outcome.detail).toMatch(new RegExp(`^information-coefficient on test insufficient: .* n ${n}$`));
    expect((await trainEnsemble(bigger, smallRecipe({ gates: { minimumSessions: n } }))).status).toBe('accepted');
  });
});
