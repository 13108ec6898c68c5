import { beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../src/bundle/make.ts';
import type { Bundle } from '../../src/bundle/index.ts';
import { quantileTracker } from '../../src/conformal/index.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import type { Panel } from '../../src/panel/index.ts';
import { createLivePredictor, createPredictor } from '../../src/predictor/index.ts';
import type { LivePredictor, Outcome, PredictedRow, Prediction } from '../../src/predictor/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

let bundle: Bundle;
let panel: Panel;
beforeAll(async () => {
  panel = smallPanel();
  bundle = (await trainedSmall(panel)).bundle;
});

const HORIZON = 5;
const predicted = (rows: readonly Prediction[]): PredictedRow[] => rows.filter((row): row is PredictedRow => row.status === 'predicted');
const at = (session: number): { from: number; to: number } => ({ from: panel.sessions[session], to: panel.sessions[session] });
const widthsOf = (rows: readonly Prediction[]): number[] => predicted(rows).map(({ lower, upper }) => upper - lower);
const throughText = (state: unknown): unknown => fromPlain(JSON.parse(JSON.stringify(toPlain(state as never))));

/** Issues sessions one by one; the outcome of a row of session s is told before session s + HORIZON + delay is issued. */
function live(predictor: LivePredictor, sessions: readonly number[], outcomeOf: (row: PredictedRow, session: number) => number, delay = 0): Prediction[][] {
  const waiting: { due: number; outcomes: Outcome[] }[] = [];
  return sessions.map((session) => {
    while (waiting.length > 0 && waiting[0].due <= session) predictor.update((waiting.shift() as { outcomes: Outcome[] }).outcomes);
    const rows = predictor.issue(panel, at(session));
    waiting.push({ due: session + HORIZON + delay, outcomes: predicted(rows).map((row) => ({ time: row.time, entity: row.entity, outcome: outcomeOf(row, session) })) });
    return rows;
  });
}

const SESSIONS = Array.from({ length: 30 }, (_, i) => 170 + i);
const always = (miss: boolean) => (row: PredictedRow): number => (miss ? row.upper + 1 : row.value);

describe('createLivePredictor', () => {
  it('predicts as createPredictor does until an outcome comes', async () => {
    const predictor = createLivePredictor(bundle);
    const fixed = createPredictor(bundle);
    const near = (rows: readonly Prediction[]): Prediction[] => rows.map((row) => (row.status === 'predicted' ? { ...row, lower: +row.lower.toPrecision(12), upper: +row.upper.toPrecision(12) } : row));
    expect(near(predictor.predictLast(panel))).toEqual(near(fixed.predictLast(panel)));
    expect(near(predictor.issue(panel, at(180)))).toEqual(near(fixed.predict(panel, at(180))));
    expect(predictor.check(panel)).toEqual(fixed.check(panel));
    for await (const batch of predictor.predictBatches(panel, at(181))) expect(near(batch)).toEqual(near(fixed.predict(panel, at(181))));
  });

  it('widens after misses, by the share of the start radius that the tracker says, and narrows without them', () => {
    const adapt = quantileTracker({ learningRate: 0.1 });
    const missed = createLivePredictor(bundle, { adapt });
    const [before] = live(missed, SESSIONS, always(true));
    const kept = createLivePredictor(bundle, { adapt });
    live(kept, SESSIONS, always(false));
    const start = widthsOf(before);
    // 25 sessions have settled before the last one: each miss adds 0.1 * 0.9 of the start radius, each hit takes 0.1 * 0.1 of it.
    widthsOf(missed.predict(panel, at(SESSIONS[0]))).forEach((width, i) => {
      expect(width / start[i]).toBeCloseTo(1 + 25 * 0.1 * 0.9, 10);
    });
    widthsOf(kept.predict(panel, at(SESSIONS[0]))).forEach((width, i) => {
      expect(width / start[i]).toBeCloseTo(1 - 25 * 0.1 * 0.1, 10);
    });
    expect(missed.coverage).toMatchObject({ coverage: 0, n: 25 * 24 });
    expect(kept.coverage).toMatchObject({ coverage: 1, n: 25 * 24 });
  });

  it('serves every method on the radii of the moment', async () => {
    const predictor = createLivePredictor(bundle);
    const issued = live(predictor, SESSIONS, always(true));
    const [width] = widthsOf(predictor.predict(panel, at(199)));
    expect(width).toBeGreaterThan(widthsOf(createPredictor(bundle).predict(panel, at(199)))[0]);
    for await (const batch of predictor.predictBatches(panel, at(199))) expect(widthsOf(batch)[0]).toBe(width);
    predictor.update(predicted(issued[25]).map((row) => ({ time: row.time, entity: row.entity, outcome: row.upper + 1 })));
    expect(widthsOf(predictor.predict(panel, at(199)))[0]).toBeGreaterThan(width); // the radii have moved
    expect(predictor.issue(panel, at(199))).toEqual(issued[29]); // what was issued has not
  });

  it('gives a session intervals that later outcomes do not touch', () => {
    const honest = live(createLivePredictor(bundle), SESSIONS, always(false));
    const turned = live(createLivePredictor(bundle), SESSIONS, (row, session) => (session >= 185 ? row.upper + 1 : row.value));
    const differs = SESSIONS.filter((_, i) => JSON.stringify(widthsOf(honest[i])) !== JSON.stringify(widthsOf(turned[i])));
    expect(differs[0]).toBe(185 + HORIZON); // the outcome of session 185 is known there and not before
    expect(differs).toHaveLength(200 - 185 - HORIZON);
  });

  it('comes to the same radii when outcomes arrive late, in one call or twice', () => {
    const outcome = (row: PredictedRow, session: number): number => (session % 3 === 0 ? row.upper + 1 : row.value);
    const one = createLivePredictor(bundle);
    const rows = live(one, SESSIONS.slice(0, 8), outcome, 100).flat();
    const outcomes = predicted(rows).map((row) => ({ time: row.time, entity: row.entity, outcome: outcome(row, panel.sessions.indexOf(row.time)) }));
    const other = createLivePredictor(bundle, { state: throughText(one.state) });
    const report = one.update(outcomes);
    expect(report).toMatchObject({ accepted: outcomes.length, repeated: 0, unknown: 0, settledSessions: 8 });
    for (const known of [...outcomes].reverse()) other.update([known]);
    expect(other.state).toEqual(one.state);
    expect(one.update(outcomes)).toMatchObject({ accepted: 0, settledSessions: 0 });
    expect(other.state).toEqual(one.state);
    expect(one.update([{ time: panel.sessions[10], entity: 'nobody', outcome: 1 }]).accepted).toBe(0);
  });

  it('goes on from its state to the same bits', () => {
    const whole = createLivePredictor(bundle);
    const outcome = (row: PredictedRow, session: number): number => row.value + Math.sin(session) * 0.2;
    const rows = live(whole, SESSIONS, outcome);
    const first = createLivePredictor(bundle);
    live(first, SESSIONS.slice(0, 12), outcome);
    const second = createLivePredictor(bundle, { state: throughText(first.state) });
    // What was still waiting when the first one stopped.
    const waiting = rows.slice(12 - HORIZON, 12);
    SESSIONS.slice(12).forEach((session, i) => {
      const due = i < HORIZON ? waiting[i] : rows[12 + i - HORIZON];
      second.update(predicted(due).map((row) => ({ time: row.time, entity: row.entity, outcome: outcome(row, panel.sessions.indexOf(row.time)) })));
      expect(second.issue(panel, at(session))).toEqual(rows[12 + i]);
    });
    expect(JSON.stringify(toPlain(second.state as never))).toBe(JSON.stringify(toPlain(whole.state as never)));
  });

  it('refuses a state that is damaged or of another bundle, an adaptor beside a state, and a bundle without intervals', () => {
    const { state } = createLivePredictor(bundle);
    const code = (act: () => unknown, expected: string): void => expect(act).toThrow(expect.toSatisfy((error: unknown) => isQuantwrightError(error, expected as never)));
    code(() => createLivePredictor(bundle, { state: { ...state, floor: -1 } }), 'ERR_SCHEMA');
    code(() => createLivePredictor(bundle, { state: { ...state, floor: state.floor + 1 } }), 'ERR_DOMAIN');
    code(() => createLivePredictor(bundle, { state, adapt: quantileTracker() }), 'ERR_DOMAIN');
    code(() => createLivePredictor(bundle, { radius: 1 } as never), 'ERR_UNKNOWN_NAME');
    const bare = makeBundle({ ...bundle, manifest: { ...bundle.manifest, uncertainty: null, direction: null } }, bundle.digest);
    code(() => createLivePredictor(bare), 'ERR_UNSUPPORTED');
    const predictor = createLivePredictor(bundle);
    predictor.issue(panel, at(190));
    code(() => predictor.issue(panel, at(189)), 'ERR_DOMAIN');
    code(() => predictor.update([{ time: 'yesterday', entity: 'A', outcome: 0 }]), 'ERR_DOMAIN');
  });
});
