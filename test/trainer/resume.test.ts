import { beforeAll, describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { column } from '../../src/features/index.ts';
import { selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { ridge, walkForward } from '../../src/trainer/index.ts';
import type { Recipe, RecipeOptions, WalkForwardOptions, WalkForwardRun } from '../../src/trainer/index.ts';
import { smallPanel, smallRecipe } from '../support/small.ts';

const tiny = (options: Partial<RecipeOptions> = {}): Recipe => smallRecipe({ members: { ridge: ridge() }, selection: 'none', splits: { folds: 2 }, uncertainty: { groups: null, dispersions: {} }, ...options });
const outcomeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'resolved', (e: unknown) => (isQuantwrightError(e) ? `${e.code} ${e.message}` : String(e)));

const options = { refitEvery: 30, from: 160 };
let panel: Panel;
let run: WalkForwardRun;
beforeAll(async () => {
  panel = smallPanel({ entities: 12, sessions: 260 });
  run = await walkForward(panel, tiny(), options);
});

/** A resumed run and the indices of the segments it fitted anew. */
async function resume(on: Panel, recipe: Recipe, given: WalkForwardOptions): Promise<{ run: WalkForwardRun; refitted: number[] }> {
  const refitted: number[] = [];
  const resumed = await walkForward(on, recipe, { ...given, onCheckpoint: (soFar) => refitted.push(soFar.segments.length - 1) });
  return { run: resumed, refitted };
}

describe('walkForward and the recipe', () => {
  it('refits on all known rows when the recipe says so: trained through later, other predictions', async () => {
    const all = await walkForward(panel, tiny({ refit: 'all' }), options);
    expect(all.segments).toHaveLength(run.segments.length);
    all.segments.forEach((segment, k) => {
      const [before, now] = [run.segments[k].model?.trainedThrough ?? NaN, segment.model?.trainedThrough ?? NaN];
      expect(now).toBeGreaterThan(before);
      expect(now).toBeLessThanOrEqual(segment.availableAt);
    });
    expect(all.rows.map((row) => row.prediction)).not.toEqual(run.rows.map((row) => row.prediction));
    expect(all.rows).toHaveLength(run.rows.length);
  });

  it('refuses a calibration part that starts at a date: no segment could keep to it', async () => {
    expect(await outcomeOf(walkForward(panel, tiny({ splits: { folds: 2, calibration: '2015-09-01' } }), options))).toMatch(/^ERR_DOMAIN walkForward: recipe.splits.calibration must be a share.*got "2015-09-01"/);
  });

  it('counts rows abstained from by reason: those of a stretch that outlives its model have expired', async () => {
    const short = await walkForward(panel, tiny({ expiresAfterDays: 20 }), options);
    const expired = short.segments.flatMap((segment) => segment.predictions.filter((p) => p.time > segment.availableAt + 20 * 86_400_000));
    expect(expired.length).toBeGreaterThan(0);
    expect(short.summary.abstainedByReason).toEqual({ expired: expired.length });
    expect(short.summary.abstained).toBe(expired.length);
    expect(short.summary.rows + short.summary.abstained).toBe(run.summary.rows);
    expect(run.summary.abstainedByReason).toEqual({});
  });

  it('counts a row without features under its own reason', async () => {
    const gappy = withColumns(panel, { tilt: Float64Array.from(panel.session, (s, row) => (s >= 200 && panel.entity[row] === 3 ? NaN : Math.sin(row))) });
    const result = await walkForward(gappy, tiny({ features: { tilt: column('tilt', { causality: 'causal' }) } }), options);
    expect(result.summary.abstainedByReason).toEqual({ 'missing-features': 60 });
  });

  it('gives a segment it cannot fit a reason that begins with its code', async () => {
    const constant = withColumns(panel, { one: new Float64Array(panel.rowCount).fill(1) });
    const nothing = await walkForward(constant, tiny({ selection: {}, features: { one: column('one', { causality: 'causal' }) } }), { refitEvery: 60, from: 160 });
    expect(nothing.segments.map(({ status }) => status)).toEqual(['failed', 'failed']);
    for (const { reason } of nothing.segments) expect(reason).toMatch(/^no-features: every feature is constant/);
    const starved = await walkForward(panel, tiny(), { refitEvery: 250, from: 8 });
    expect(starved.segments[0].reason).toMatch(/^too-few-rows: /);
  });
});

describe('the first session', () => {
  it('must leave history: the panel\'s first is an error, as a date or as a count', async () => {
    const first = new Date(panel.sessions[0]).toISOString().slice(0, 10);
    expect(await outcomeOf(walkForward(panel, tiny(), { refitEvery: 30, from: first }))).toMatch(/^ERR_DOMAIN walkForward: from must leave at least one session of history/);
    expect(await outcomeOf(walkForward(panel, tiny(), { refitEvery: 30, from: '1990-01-01' }))).toMatch(/^ERR_DOMAIN walkForward: from must leave/);
    expect(await outcomeOf(walkForward(panel, tiny(), { refitEvery: 30, from: 0 }))).toMatch(/^ERR_DOMAIN walkForward: from must be an integer >= 1, got 0/);
  });

  it('of a resumed run is the previous one\'s by default, also when a quarter of the grown panel lies later', async () => {
    const grown = smallPanel({ entities: 6, sessions: 1040 });
    const before = selectSessions(grown, { to: grown.sessions[999] });
    const recipe = tiny({ weights: { recencyHalfLifeSessions: 40 } });
    const previous = await walkForward(before, recipe, { refitEvery: 300 });
    expect(previous.segments.map((s) => s.firstTime)).toEqual([252, 552, 852].map((s) => grown.sessions[s]));
    const fresh = await walkForward(grown, recipe, { refitEvery: 300 });
    expect(fresh.segments[0].firstTime).toBe(grown.sessions[260]);
    const resumed = await resume(grown, recipe, { refitEvery: 300, previous });
    expect(resumed.run.segments.map((s) => s.firstTime)).toEqual(previous.segments.map((s) => s.firstTime));
    expect(resumed.refitted).toEqual([2]); // the one that was not complete
    expect(resumed.run.rows.slice(0, 3)).toEqual(previous.rows.slice(0, 3));
    expect(resumed.run.rows).toEqual((await walkForward(grown, recipe, { refitEvery: 300, from: 252 })).rows);
  });
});

describe('what a resumed run takes over', () => {
  it('all of a complete run: nothing is fitted again', async () => {
    const again = await resume(panel, tiny(), { ...options, previous: run });
    expect(again.refitted).toEqual([]);
    expect(again.run.rows).toEqual(run.rows);
    expect(again.run.summary).toEqual(run.summary);
  });

  it('nothing of a run whose segments do not start at index 0', async () => {
    const again = await resume(panel, tiny(), { ...options, previous: { ...run, segments: run.segments.slice(1) } });
    expect(again.refitted).toEqual([0, 1, 2, 3]);
    expect(again.run.rows).toEqual(run.rows);
  });

  it('only the segments before a hole', async () => {
    const again = await resume(panel, tiny(), { ...options, previous: { ...run, segments: run.segments.filter((segment) => segment.index !== 1) } });
    expect(again.refitted).toEqual([1, 2, 3]);
    expect(again.run.rows).toEqual(run.rows);
  });

  it('not a last segment that was cut short by the end of its panel', async () => {
    const previous = await walkForward(selectSessions(panel, { to: panel.sessions[200] }), tiny(), options);
    expect(previous.segments.map((segment) => segment.sessions)).toEqual([30, 11]);
    const again = await resume(panel, tiny(), { ...options, previous });
    expect(again.refitted).toEqual([1, 2, 3]);
    expect(again.run.rows).toEqual(run.rows);
  });
});
