import { beforeAll, describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { columnOf, selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { walkForward } from '../../src/trainer/index.ts';
import type { WalkForwardRun } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe } from '../support/small.ts';

const options = { refitEvery: 30, from: 160 };
let panel: Panel;
let run: WalkForwardRun;
beforeAll(async () => {
  panel = smallPanel();
  run = await walkForward(panel, smallRecipe(), options);
});

describe('walkForward', () => {
  it('predicts every session from the first to the last, each row once, with a model id', () => {
    expect(run.rows).toHaveLength(panel.rowCount - panel.sessionStart[160]);
    expect(new Set(run.rows.map((r) => `${r.time} ${r.entity}`)).size).toBe(run.rows.length);
    expect(run.segments).toHaveLength(6);
    expect(run.summary).toMatchObject({ segments: 6, failedSegments: 0, abstained: 0, rows: run.rows.length });
    expect(run.rows.every((r) => /^[0-9a-f]{64}$/.test(r.modelId))).toBe(true);
  });

  it('uses models that were available before their rows and had seen only known labels', () => {
    for (const row of run.rows) expect(row.availableAt).toBeLessThan(row.time);
    for (const segment of run.segments) expect(segment.model?.trainedThrough).toBeLessThanOrEqual(segment.availableAt);
  });

  it('finds the planted signal', () => {
    expect(run.summary.informationCoefficient).toBeGreaterThan(0.1);
    expect(run.summary.informationCoefficientT).toBeGreaterThan(3);
  });

  it('waits for latency: the last label a model saw is that much older', async () => {
    const late = await walkForward(panel, smallRecipe(), { ...options, latencySessions: 7 });
    const sessionOf = new Map(Array.from(panel.sessions, (t, i) => [t, i]));
    for (const segment of late.segments) expect((sessionOf.get(segment.firstTime) ?? 0) - (sessionOf.get(segment.model?.trainedThrough ?? 0) ?? 0)).toBeGreaterThan(7);
  });

  it('rolls: a model sees the window and not what lies before it', async () => {
    const rolling = await walkForward(panel, smallRecipe(), { ...options, window: { rolling: 120 } });
    expect(rolling.segments[5].model?.trainRows).toBeLessThan(run.segments[5].model?.trainRows ?? 0);
    const changed = withColumns(panel, { close: columnOf(panel, 'close').map((v, row) => (panel.session[row] < 100 ? v * (1 + 0.3 * Math.sin(row)) : v)) });
    const again = await walkForward(changed, smallRecipe(), { ...options, window: { rolling: 120 } });
    expect(again.segments[5].predictions.map((p) => (p.status === 'predicted' ? p.value : NaN))).toEqual(rolling.segments[5].predictions.map((p) => (p.status === 'predicted' ? p.value : NaN)));
  });

  it('goes on where an interrupted run stopped, to the same bits', async () => {
    const controller = new AbortController();
    let checkpoint: WalkForwardRun | undefined;
    await expect(walkForward(panel, smallRecipe(), { ...options, signal: controller.signal, onCheckpoint: (r) => {
      checkpoint = r;
      if (r.segments.length === 2) controller.abort(new Error('power cut'));
    } })).rejects.toThrow('power cut');
    expect(checkpoint?.segments).toHaveLength(2);
    const stored = fromPlain(JSON.parse(JSON.stringify(toPlain({ ...checkpoint })))) as WalkForwardRun;
    let refitted = 0;
    const resumed = await walkForward(panel, smallRecipe(), { ...options, previous: stored, onCheckpoint: () => refitted++ });
    expect(refitted).toBe(4);
    expect(resumed.rows).toEqual(run.rows);
  });

  it('goes on when sessions were appended, and fills in outcomes that have become known', async () => {
    const earlier = await walkForward(selectSessions(panel, { to: panel.sessions[270] }), smallRecipe(), options);
    const resumed = await walkForward(panel, smallRecipe(), { ...options, previous: earlier });
    expect(resumed.rows).toEqual(run.rows);
  });

  it('refuses to go on from another recipe, other options or a changed history', async () => {
    const code = async (work: Promise<unknown>): Promise<string> => work.then(() => 'resolved', (e: unknown) => (isQuantwrightError(e) ? `${e.code} ${e.message}` : String(e)));
    expect(await code(walkForward(panel, smallRecipe({ seed: 9 }), { ...options, previous: run }))).toMatch(/ERR_CONTRACT.*same recipe/);
    expect(await code(walkForward(panel, smallRecipe(), { ...options, refitEvery: 20, previous: run }))).toMatch(/ERR_CONTRACT.*same options/);
    const changed = withColumns(panel, { close: columnOf(panel, 'close').map((v, row) => (row === 5 ? v * 1.01 : v)) });
    expect(await code(walkForward(changed, smallRecipe(), { ...options, previous: run }))).toMatch(/ERR_CONTRACT.*history/);
  });

  it('counts segments it could not fit, with the reason', async () => {
    const starved = await walkForward(panel, smallRecipe(), { refitEvery: 20, from: 12 });
    expect(starved.segments[0]).toMatchObject({ status: 'failed', model: null, predictions: [] });
    expect(starved.segments[0].reason).toMatch(/too-few-rows/);
    expect(starved.summary.failedSegments).toBeGreaterThan(0);
    expect(starved.summary.failedSegments).toBeLessThan(starved.summary.segments);
  });

  it('names its mistakes', async () => {
    await expect(walkForward(panel, smallRecipe(), { refitEvery: 0 })).rejects.toThrowError(/refitEvery must be an integer >= 1, got 0/);
    await expect(walkForward(panel, smallRecipe(), { refitEvery: 5, from: '2090-01-01' })).rejects.toThrowError(/from must not be after the last session/);
    await expect(walkForward(panel, smallRecipe(), { refitEvery: 5, from: 9999 })).rejects.toThrowError(/more than 9999 sessions/);
    await expect(walkForward(panel, smallRecipe(), { refitEvry: 5 } as never)).rejects.toThrowError(/did you mean "refitEvery"/);
  });
});
