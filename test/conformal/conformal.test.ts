import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aci } from '../../src/conformal/adaptive/aci.ts';
import { adaptScores } from '../../src/conformal/adaptive/adapt-scores.ts';
import { dtaci } from '../../src/conformal/adaptive/dtaci.ts';
import { quantileTracker } from '../../src/conformal/adaptive/quantile-tracker.ts';
import { rolling } from '../../src/conformal/adaptive/rolling.ts';
import { conformal } from '../../src/conformal/conformal.ts';
import type { AdaptiveConformal } from '../../src/conformal/conformal.ts';
import type { AdaptiveConformalOptions } from '../../src/conformal/conformal-options.ts';
import { restoreConformal } from '../../src/conformal/restore.ts';
import { fitConformal } from '../../src/conformal/fit.ts';
import { conformalIntervals } from '../../src/conformal/interval.ts';
import { canonicalJson, fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';

const SESSIONS = 60;
const NAMES = ['A', 'B', 'C', 'D'];

/** A seeded panel of 4 names; a name is missing now and then, and so is an outcome. */
function panel(seed = 1, sessions = SESSIONS) {
  const random = randomStream(seed, 'panel');
  const keys = Array.from({ length: sessions * NAMES.length }, (_, i) => [Math.floor(i / NAMES.length), i % NAMES.length]).filter(() => random.uniform() > 0.1);
  const dispersion = keys.map(() => (random.uniform() < 0.05 ? NaN : 0.5 + random.uniform()));
  return {
    sessions: keys.map(([session]) => 100 + 3 * session), // codes with gaps, as dates have
    entities: keys.map(([, name]) => NAMES[name]),
    predictions: keys.map(() => random.normal() / 4),
    dispersion,
    groups: keys.map(() => (random.uniform() < 0.05 ? -1 : random.integer(2))),
    outcomes: keys.map((_, i) => (random.uniform() < 0.03 ? NaN : (dispersion[i] || 1) * random.normal())),
  };
}
type Panel = ReturnType<typeof panel>;

function pick(rows: Panel, keep: (i: number) => boolean): Panel {
  return Object.fromEntries(Object.entries(rows).map(([key, values]) => [key, (values as unknown[]).filter((_, i) => keep(i))])) as Panel;
}

const sessionsOf = (rows: Panel): number[] => [...new Set(rows.sessions)];
const issueOf = (rows: Panel, session: number) => {
  const { entities, predictions, dispersion, groups } = pick(rows, (i) => rows.sessions[i] === session);
  return { session, entities, predictions, dispersion, groups };
};
const outcomesOf = ({ sessions, entities, outcomes }: Panel) => ({ sessions, entities, outcomes });
const textOf = (c: AdaptiveConformal): string => canonicalJson(c.state);

const ADAPTORS = { none: null, rolling: rolling({ window: 20 }), aci: aci({ window: 20 }), dtaci: dtaci({ window: 20 }), tracker: quantileTracker({ integrator: {} }), nexcp: rolling({ window: 20, decay: 0.9 }) };
const OPTIONS: AdaptiveConformalOptions = { alpha: 0.2, score: 'normalized', groups: 2, horizon: 3, coverageSessions: 10 };
const cases = Object.entries(ADAPTORS).map(([name, adapt]) => [name, { ...OPTIONS, adapt }] as const);

function calibrated(options: AdaptiveConformalOptions): AdaptiveConformal {
  const c = conformal(options);
  const { entities: _, ...rows } = panel(7);
  c.calibrate(rows);
  return c;
}

describe('worked by hand', () => {
  // |residual| 1 2 3 4 at alpha 0.4: the ceil(5 * 0.6) = 3rd.
  const start = () => {
    const c = conformal({ alpha: 0.4, adapt: aci({ gamma: 0.1, window: 4 }) });
    c.calibrate({ predictions: [0, 0, 0, 0], outcomes: [1, -2, 3, -4] });
    return c;
  };

  it('issues on the calibrated radius, then moves the level and the window with the outcome', () => {
    const c = start();
    expect(c.issue({ session: 1, predictions: [10] })).toMatchObject({ lower: Float64Array.of(7), upper: Float64Array.of(13), alphas: Float64Array.of(0.4) });
    expect(c.update({ sessions: [1], outcomes: [18] })).toEqual({ accepted: 1, repeated: 0, conflicting: 0, late: 0, unknown: 0, settledSessions: 1 });
    // Missed: level 0.4 - 0.1 * 0.6 = 0.34; window 2 3 4 8: the ceil(5 * 0.66) = 4th.
    expect(c.interval({ prediction: 0 })).toEqual({ lower: -8, upper: 8, basis: 'group', alpha: expect.closeTo(0.34, 12) as number });
    expect(c.coverage).toMatchObject({ coverage: 0, n: 1, sessions: 1, worst: null, reason: 'too-few-sessions' });
  });

  it('a session of many rows is one step, by the share of its rows that missed', () => {
    const c = start();
    c.issue({ session: 1, entities: ['A', 'B', 'C', 'D'], predictions: [0, 0, 0, 0] });
    c.update({ sessions: [1, 1, 1, 1], entities: ['A', 'B', 'C', 'D'], outcomes: [1, 1, 1, 9] }); // one of four
    expect(c.interval({ prediction: 0 }).alpha).toBeCloseTo(0.4 + 0.1 * (0.4 - 0.25), 12);
    expect(c.update({ sessions: [], entities: [], outcomes: [] }).settledSessions).toBe(0);
  });

  it('keeps the worst run of sessions', () => {
    const c = conformal({ alpha: 0.5, coverageSessions: 2 });
    c.calibrate({ predictions: [0], outcomes: [1] });
    for (const [session, outcome] of [[1, 0], [2, 5], [3, 5], [4, 0]]) {
      c.issue({ session, predictions: [0] });
      c.update({ sessions: [session], outcomes: [outcome] });
    }
    expect(c.coverage).toMatchObject({ coverage: 0.5, n: 4, worst: { coverage: 0, n: 2, firstSession: 2, lastSession: 3 }, reason: null, shareInfinite: 0 });
  });

  it('of equally bad runs keeps the first', () => {
    const c = conformal({ alpha: 0.5, coverageSessions: 2 });
    c.calibrate({ predictions: [0], outcomes: [1] });
    c.replaySync({ sessions: [1, 2, 3, 4, 5], predictions: [0, 0, 0, 0, 0], outcomes: [5, 0, 5, 0, 0] });
    expect(c.coverage.worst).toEqual({ coverage: 0.5, n: 2, firstSession: 1, lastSession: 2 });
  });

  it('signed scores: each tail has its own level, at half of alpha', () => {
    const c = conformal({ alpha: 0.5, score: 'signed', adapt: aci({ gamma: 0.1 }) });
    c.calibrate({ predictions: [0, 0, 0, 0, 0, 0, 0], outcomes: [-3, -2, -1, 0, 1, 2, 30] }); // the ceil(8 * 0.75) = 6th on both sides
    expect(c.issue({ session: 1, predictions: [0] })).toMatchObject({ lower: Float64Array.of(-2), upper: Float64Array.of(2) });
    c.update({ sessions: [1], outcomes: [7] }); // above: the upper level falls by 0.075, the lower rises by 0.025
    expect(c.interval({ prediction: 0 }).alpha).toBeCloseTo(0.5 - 0.075 + 0.025, 12);
    expect(c.interval({ prediction: 0 })).toMatchObject({ lower: -2, upper: 30 }); // ceil(9 * 0.825) = 8th of -3 ... 7 30, ceil(9 * 0.725) = 7th of -30 -7 -2 -1 0 1 2 3
  });

  it('CQR reads predicted quantiles', () => {
    const c = conformal({ alpha: 0.5, score: 'cqr' });
    c.calibrate({ lower: [0, 0, 0], upper: [1, 1, 1], outcomes: [0.5, 1.25, 3] }); // scores -0.5, 0.25, 2
    expect(c.interval({ lower: 4, upper: 6 })).toMatchObject({ lower: 3.75, upper: 6.25 });
  });
});

describe('static', () => {
  it('without an adaptor gives the intervals of fitConformal, bit for bit, whatever comes in', () => {
    const { entities: _, sessions, ...rows } = panel(7);
    const c = calibrated({ ...OPTIONS, adapt: null, overlap: 1 });
    const fit = fitConformal({ residuals: rows.outcomes.map((y, i) => y - rows.predictions[i]), dispersion: rows.dispersion, groups: rows.groups, groupCount: 2 }, { alpha: 0.2 });
    c.replaySync(panel(3));
    const { predictions, dispersion, groups } = panel(9);
    const expected = conformalIntervals(fit, predictions, { dispersion, groups });
    expect(c.intervals({ predictions, dispersion, groups })).toMatchObject(expected);
  });

  it.each([null, quantileTracker()])('starts from a fit as from its rows', (adapt) => {
    const { entities: _, sessions, ...rows } = panel(7);
    const fromRows = calibrated({ ...OPTIONS, adapt, overlap: 1 });
    const fromFit = conformal({ ...OPTIONS, adapt, overlap: 1 });
    fromFit.startFrom(fitConformal({ residuals: rows.outcomes.map((y, i) => y - rows.predictions[i]), dispersion: rows.dispersion, groups: rows.groups, groupCount: 2 }, { alpha: 0.2 }));
    const live = panel(4);
    expect(fromFit.replaySync(live)).toEqual(fromRows.replaySync(live));
    expect(textOf(fromFit)).toBe(textOf(fromRows));
  });

  it('a tracker of a group with too few rows starts at the radius of all rows; a static one stays infinite', () => {
    const rows = { predictions: new Array<number>(20).fill(0), outcomes: Array.from({ length: 20 }, (_, i) => i), groups: Array.from({ length: 20 }, (_, i) => (i < 19 ? 0 : 1)) };
    const upper = (adapt: AdaptiveConformalOptions['adapt']): number => {
      const c = conformal({ groups: 2, adapt });
      c.calibrate(rows);
      return c.interval({ prediction: 0, group: 1 }).upper;
    };
    expect(upper(quantileTracker())).toBe(18);
    expect(upper(null)).toBe(Infinity);
  });
});

describe('streaming', () => {
  it.each(cases)('%s: outcomes of all sessions at once, one session at a time, row by row and out of order leave the same bits', (_name, options) => {
    const rows = panel();
    const codes = sessionsOf(rows).slice(0, 6); // all inside the horizon and the patience
    const part = pick(rows, (i) => codes.includes(rows.sessions[i]));
    const run = (deliver: (c: AdaptiveConformal) => void): string => {
      const c = calibrated(options);
      for (const session of codes) c.issue(issueOf(rows, session));
      deliver(c);
      return textOf(c);
    };
    const atOnce = run((c) => {
      const report = c.update(outcomesOf(part));
      expect(report).toMatchObject({ accepted: part.outcomes.length, settledSessions: 6 });
    });
    const bySession = run((c) => {
      for (const session of codes) expect(c.update(outcomesOf(pick(part, (i) => part.sessions[i] === session))).settledSessions).toBe(1);
    });
    const byRow = (order: readonly number[]): string => run((c) => {
      for (const i of order) c.update(outcomesOf(pick(part, (k) => k === i)));
    });
    const indices = part.outcomes.map((_, i) => i);
    expect(bySession).toBe(atOnce);
    expect(byRow(indices)).toBe(atOnce);
    expect(byRow([...indices].reverse())).toBe(atOnce);
    expect(byRow([...randomStream(2, 'order').permutation(indices.length)])).toBe(atOnce);
  });

  it.each(cases)('%s: a replay is the loop of update and issue', (_name, options) => {
    const rows = panel();
    const codes = sessionsOf(rows);
    const loop = calibrated(options);
    const upper = codes.flatMap((session, s) => {
      if (s >= 3) loop.update(outcomesOf(pick(rows, (i) => rows.sessions[i] === codes[s - 3])));
      return [...loop.issue(issueOf(rows, session)).upper];
    });
    const replayed = calibrated(options);
    expect([...replayed.replaySync(rows).upper]).toEqual(upper);
    expect(textOf(replayed)).toBe(textOf(loop));
  });

  it('a replay takes rows in any order and answers in theirs', async () => {
    const rows = panel();
    const order = randomStream(3, 'rows').permutation(rows.outcomes.length);
    const shuffled = Object.fromEntries(Object.entries(rows).map(([key, values]) => [key, Array.from(order, (i) => (values as unknown[])[i])])) as Panel;
    const straight = calibrated({ ...OPTIONS, adapt: aci({ window: 20 }) }).replaySync(rows);
    const out = await calibrated({ ...OPTIONS, adapt: aci({ window: 20 }) }).replay(shuffled);
    expect([...out.lower]).toEqual(Array.from(order, (i) => straight.lower[i]));
    expect(out.basisCounts).toEqual(straight.basisCounts);
  });

  it('one row a session is adaptScores', () => {
    const random = randomStream(8, 'one');
    const y = Float64Array.from({ length: 300 }, random.normal);
    const c = conformal({ adapt: aci({ window: 50 }), horizon: 4, dispersionFloor: 0 });
    c.calibrate({ predictions: new Float64Array(50), outcomes: y.subarray(0, 50) });
    const { upper, alphas } = c.replaySync({ sessions: y.subarray(50).map((_, i) => i), predictions: new Float64Array(250), outcomes: y.subarray(50) });
    const { radii, levels } = adaptScores(y.map(Math.abs), { adapt: aci({ window: 50 }), calibration: 50, horizon: 4 });
    expect(upper).toEqual(radii);
    expect(alphas).toEqual(levels);
  });
});

describe('no look-ahead', () => {
  it.each(cases.filter(([name]) => name !== 'none'))('%s: the intervals of a session depend only on outcomes known when it was issued', (_name, options) => {
    const rows = panel();
    const codes = sessionsOf(rows);
    const before = calibrated(options).replaySync(rows);
    fc.assert(fc.property(fc.integer({ min: 0, max: rows.outcomes.length - 1 }), fc.constantFrom(50, -50, NaN), (changed, value) => {
      const after = calibrated(options).replaySync({ ...rows, outcomes: rows.outcomes.map((y, i) => (i === changed ? value : y)) });
      const at = codes.indexOf(rows.sessions[changed]);
      rows.sessions.forEach((session, i) => {
        if (codes.indexOf(session) < at + 3) expect([after.lower[i], after.upper[i], after.alphas[i]]).toEqual([before.lower[i], before.upper[i], before.alphas[i]]);
      });
    }), { numRuns: 8, seed: 1 });
  });

  it('an outcome that is known changes the interval of the session it is known for', () => {
    const rows = panel();
    const [first] = sessionsOf(rows);
    const adapt = aci({ window: 20, gamma: 0.1 });
    const before = calibrated({ ...OPTIONS, adapt }).replaySync(rows);
    const after = calibrated({ ...OPTIONS, adapt }).replaySync({ ...rows, outcomes: rows.outcomes.map((y, i) => (rows.sessions[i] === first ? 50 : y)) });
    const codes = sessionsOf(rows);
    expect(rows.sessions.findIndex((_, i) => before.alphas[i] !== after.alphas[i])).toBe(rows.sessions.indexOf(codes[3]));
  });

  it('a session keeps the radii of its first issue, whatever comes in between', () => {
    const c = conformal({ alpha: 0.4, adapt: aci({ window: 4 }) });
    c.calibrate({ predictions: [0, 0, 0, 0], outcomes: [1, 2, 3, 4] });
    c.issue({ session: 1, predictions: [0] });
    c.issue({ session: 2, entities: ['A'], predictions: [0] });
    c.update({ sessions: [1], outcomes: [9] });
    expect(c.issue({ session: 2, entities: ['B'], predictions: [0] })).toMatchObject({ upper: Float64Array.of(3), alphas: Float64Array.of(0.4) });
    expect(c.interval({ prediction: 0 }).upper).not.toBe(3);
  });
});

describe('outcomes by key', () => {
  const ready = (horizon = 2) => {
    const c = conformal({ alpha: 0.4, adapt: aci({ window: 4 }), horizon, overlap: 1 });
    c.calibrate({ predictions: [0, 0, 0, 0], outcomes: [1, 2, 3, 4] });
    for (const session of [1, 2, 3]) c.issue({ session, entities: ['A', 'B'], predictions: [0, 0] });
    return c;
  };

  it('the same outcome twice changes nothing, before and after its session is settled', () => {
    const c = ready();
    const some = { sessions: [1, 1], entities: ['A', 'B'], outcomes: [9, NaN] };
    c.update({ sessions: [1], entities: ['A'], outcomes: [9] });
    const half = textOf(c);
    expect(c.update({ sessions: [1], entities: ['A'], outcomes: [9] })).toMatchObject({ accepted: 0, repeated: 1, settledSessions: 0 });
    expect(textOf(c)).toBe(half);
    expect(c.update(some)).toMatchObject({ accepted: 1, repeated: 1, settledSessions: 1 });
    const settled = textOf(c);
    expect(c.update(some)).toMatchObject({ accepted: 0, repeated: 2, settledSessions: 0 });
    expect(textOf(c)).toBe(settled);
  });

  it('a conflicting outcome is counted and the first stays', () => {
    const c = ready();
    c.update({ sessions: [1], entities: ['A'], outcomes: [9] });
    const before = textOf(c);
    expect(c.update({ sessions: [1, 1], entities: ['A', 'A'], outcomes: [8, NaN] })).toMatchObject({ conflicting: 2, accepted: 0 });
    expect(textOf(c)).toBe(before);
  });

  it('an outcome of a row never issued is unknown, of a session that left the book late', () => {
    const c = ready();
    expect(c.update({ sessions: [1, 77], entities: ['Z', 'A'], outcomes: [1, 1] })).toMatchObject({ unknown: 2 });
    c.update({ sessions: [1, 1], entities: ['A', 'B'], outcomes: [1, 1] });
    for (const session of [4, 5]) c.issue({ session, entities: ['A'], predictions: [0] });
    expect(c.update({ sessions: [1], entities: ['A'], outcomes: [1] })).toMatchObject({ late: 1 });
  });

  it('a later session waits for an earlier one, until the patience is over; then those that are in have to do', () => {
    const c = ready(2); // settled without the missing row once 2 + 2 sessions have been issued after it
    expect(c.update({ sessions: [1, 2, 2], entities: ['A', 'A', 'B'], outcomes: [9, 1, 1] }).settledSessions).toBe(0);
    c.issue({ session: 4, entities: ['A'], predictions: [0] });
    expect(c.coverage.n).toBe(0);
    const { alphas } = c.issue({ session: 5, entities: ['A'], predictions: [0] }); // settles 1 with one row of two, then 2
    expect(alphas[0]).toBeCloseTo(0.4 + 0.02 * (0.4 - 1) + 0.02 * 0.4, 12);
    expect(c.coverage).toMatchObject({ n: 3, missing: 1, sessions: 2 });
    expect(c.update({ sessions: [1], entities: ['B'], outcomes: [1] })).toMatchObject({ late: 1 });
  });

  it('a NaN outcome is known to be missing: counted, no score, no step', () => {
    const c = ready();
    expect(c.update({ sessions: [1, 1], entities: ['A', 'B'], outcomes: [NaN, NaN] })).toMatchObject({ accepted: 2, settledSessions: 1 });
    expect(c.coverage).toMatchObject({ n: 0, missing: 2, sessions: 0, coverage: NaN });
    expect(c.interval({ prediction: 0 })).toMatchObject({ alpha: 0.4, upper: 3 });
  });
});

describe('groups', () => {
  it('adapt apart: misses of one group leave the other as it was', () => {
    const c = conformal({ alpha: 0.4, groups: 2, adapt: aci({ window: 4, gamma: 0.1 }) });
    c.calibrate({ predictions: new Array<number>(8).fill(0), outcomes: [1, 2, 3, 4, 10, 20, 30, 40], groups: [0, 0, 0, 0, 1, 1, 1, 1] });
    c.issue({ session: 1, predictions: [0], groups: [0] });
    c.update({ sessions: [1], outcomes: [99] });
    expect(c.interval({ prediction: 0, group: 1 })).toMatchObject({ upper: 30, alpha: 0.4, basis: 'group' });
    expect(c.interval({ prediction: 0, group: 0 }).alpha).toBeCloseTo(0.34, 12);
    expect(c.interval({ prediction: 0, group: -1 })).toMatchObject({ basis: 'overall', alpha: expect.closeTo(0.34, 12) as number });
    expect(c.coverage.byGroup).toEqual([{ group: 0, coverage: 0, n: 1 }, { group: 1, coverage: NaN, n: 0 }]);
  });

  it('a group below minimumGroupRows is infinite until it has them; all rows together are not held to it', () => {
    const c = conformal({ alpha: 0.5, groups: 2, adapt: rolling(), minimumGroupRows: 3 });
    c.calibrate({ predictions: [0, 0, 0, 0, 0], outcomes: [1, 1, 1, 1, 1], groups: [0, 0, 0, 1, 1] });
    expect([0, 1, -1].map((group) => c.interval({ prediction: 0, group }).upper)).toEqual([1, Infinity, 1]);
    c.issue({ session: 1, predictions: [0], groups: [1] });
    c.update({ sessions: [1], outcomes: [2] });
    expect(c.interval({ prediction: 0, group: 1 }).upper).toBe(1);
    expect(c.coverage).toMatchObject({ coverage: 1, shareInfinite: 1 });
  });

  it('a group keeps its own last sessions, however long ago they were', () => {
    const c = conformal({ alpha: 0.5, groups: 2, adapt: rolling({ window: 3 }) });
    c.calibrate({ predictions: [0, 0, 0], outcomes: [5, 5, 5], groups: [1, 1, 1] });
    c.replaySync({ sessions: Array.from({ length: 50 }, (_, i) => i), predictions: new Array<number>(50).fill(0), groups: new Array<number>(50).fill(0), outcomes: new Array<number>(50).fill(1) });
    expect(c.interval({ prediction: 0, group: 1 }).upper).toBe(5);
  });

  it('a row without a dispersion is served by |residual|, and the radius adapts there too', () => {
    const c = conformal({ alpha: 0.4, score: 'normalized', adapt: aci({ window: 4, gamma: 0.1 }), dispersionFloor: 0 });
    c.calibrate({ predictions: [0, 0, 0, 0], dispersion: [1, 1, 1, 2], outcomes: [1, 2, 3, 8] });
    expect(c.interval({ prediction: 0, dispersion: NaN })).toEqual({ lower: -3, upper: 3, basis: 'absolute', alpha: 0.4 });
    c.issue({ session: 1, predictions: [0], dispersion: [NaN] });
    c.update({ sessions: [1], outcomes: [9] });
    expect(c.interval({ prediction: 0, dispersion: 0 })).toMatchObject({ upper: 9, basis: 'absolute' });
    expect(c.interval({ prediction: 0, dispersion: 1 })).toMatchObject({ upper: 3, alpha: 0.4, basis: 'group' });
    expect(c.coverage).toMatchObject({ n: 1, coverage: 0 });
  });
});

describe('coverage', () => {
  it('holds on exchangeable rows with late outcomes, and in each group', () => {
    const random = randomStream(11, 'iid');
    const n = 6000;
    const groups = Array.from({ length: n }, () => random.integer(2));
    const c = conformal({ alpha: 0.1, groups: 2, adapt: aci({ gamma: 0.01, window: 300 }), horizon: 5, overlap: 1 });
    const part = (from: number, to: number) => ({ sessions: groups.slice(from, to).map((_, i) => Math.floor((from + i) / 3)), predictions: new Float64Array(to - from), groups: groups.slice(from, to), outcomes: Float64Array.from(groups.slice(from, to), (g) => (g + 1) * random.normal()) });
    c.calibrate(part(0, 900));
    c.replaySync(part(900, n));
    const { coverage, byGroup, n: rows } = c.coverage;
    const error = 4 * Math.sqrt(0.09 / rows); // four standard errors of independent rows
    expect(Math.abs(coverage - 0.9)).toBeLessThan(error);
    for (const group of byGroup) expect(Math.abs(group.coverage - 0.9)).toBeLessThan(1.5 * error);
  });

  it('of an adversary is still alpha in the long run, with infinite and empty intervals counted', () => {
    const c = conformal({ alpha: 0.1, adapt: aci({ gamma: 0.2, window: 30 }) });
    c.calibrate({ predictions: new Float64Array(30), outcomes: Float64Array.from({ length: 30 }, (_, i) => i / 30) });
    for (let t = 0; t < 400; t++) {
      const { upper } = c.issue({ session: t, predictions: [0] });
      c.update({ sessions: [t], outcomes: [upper[0] < 0 ? 0 : Number.isFinite(upper[0]) ? upper[0] * 2 + 1 : 0] }); // outside whenever it can be
    }
    expect(Math.abs(c.coverage.coverage - 0.9)).toBeLessThan(0.02);
    expect(c.coverage.shareInfinite).toBeGreaterThan(0.8);
  });

  it('counts empty intervals, which lie on neither side', () => {
    const c = conformal({ alpha: 0.5, adapt: aci({ gamma: 1, window: 10 }) });
    c.calibrate({ predictions: [0, 0, 0], outcomes: [1, 1, 1] });
    c.issue({ session: 1, predictions: [0] });
    c.update({ sessions: [1], outcomes: [0] }); // level 0.5 + 1 * 0.5 = 1
    const { lower, upper } = c.issue({ session: 2, predictions: [3] });
    expect([lower[0], upper[0]]).toEqual([Infinity, -Infinity]);
    c.update({ sessions: [2], outcomes: [3] });
    expect(c.coverage).toMatchObject({ coverage: 0.5, shareEmpty: 0.5 });
  });

  it('leaves rows without a prediction out', () => {
    const c = conformal({ alpha: 0.5, adapt: rolling() });
    c.calibrate({ predictions: [0, NaN, 0], outcomes: [1, 50, 3] });
    const { lower } = c.issue({ session: 1, predictions: [NaN] });
    expect(lower[0]).toBeNaN();
    c.update({ sessions: [1], outcomes: [1] });
    expect(c.coverage).toMatchObject({ n: 0, missing: 1 });
    expect(c.interval({ prediction: 0 }).upper).toBe(3); // ceil(3 * 0.5) = 2nd of 1 3
  });
});

describe('state', () => {
  const throughCodec = (c: AdaptiveConformal): AdaptiveConformal => restoreConformal(fromPlain(JSON.parse(JSON.stringify(toPlain(c.state)))));

  it.each(cases)('%s: goes through the plain codec at any moment and continues to the same bits', (_name, options) => {
    const rows = panel();
    const codes = sessionsOf(rows);
    const straight = calibrated(options);
    let resumed = calibrated(options);
    for (const [s, session] of codes.entries()) {
      for (const c of [straight, resumed]) {
        if (s >= 4) c.update(outcomesOf(pick(rows, (i) => rows.sessions[i] === codes[s - 4] && (s % 3 > 0 || rows.entities[i] !== 'B'))));
        c.issue(issueOf(rows, session));
      }
      if (s % 5 === 0) {
        resumed = throughCodec(resumed);
        expect(textOf(resumed)).toBe(textOf(straight));
      }
    }
    expect(textOf(resumed)).toBe(textOf(straight));
    expect(resumed.coverage).toEqual(straight.coverage);
  });

  it.each(['absolute', 'signed', 'gamma', 'cqr', { kind: 'cqr', symmetric: false }] as const)('score %j: comes back as it was', (score) => {
    const random = randomStream(4, 'score');
    const y = Array.from({ length: 80 }, () => 3 + random.normal());
    const forecasts = typeof score === 'object' || score === 'cqr' ? { lower: y.map(() => 2), upper: y.map(() => 4) } : { predictions: y.map(() => 3) };
    const c = conformal({ alpha: 0.2, score, adapt: aci({ window: 30 }) });
    c.replaySync({ ...forecasts, sessions: y.map((_, i) => i), outcomes: y });
    expect(c.coverage.coverage).toBeGreaterThan(0.7);
    const back = throughCodec(c);
    expect(textOf(back)).toBe(textOf(c));
    expect(back.intervals(forecasts)).toEqual(c.intervals(forecasts));
  });

  it('is frozen data of its own: nothing later changes it', () => {
    const c = calibrated({ ...OPTIONS, adapt: aci({ window: 20 }) });
    const state = c.state;
    const text = canonicalJson(state);
    c.replaySync(panel());
    expect(canonicalJson(state)).toBe(text);
    expect(Object.isFrozen(state)).toBe(true);
  });

  it('costs 8 bytes a score: a window of 500 is 5.4 kB of JSON, a tracker none', () => {
    const size = (adapt: AdaptiveConformalOptions['adapt']): number => {
      const c = conformal({ adapt });
      c.calibrate({ predictions: new Float64Array(900), outcomes: Float64Array.from({ length: 900 }, randomStream(6, 'y').normal) });
      return JSON.stringify(toPlain(c.state)).length;
    };
    expect(size(aci({ window: 500 }))).toBeLessThan(6300);
    expect(size(quantileTracker())).toBeLessThan(1000);
  });

  const stateOf = () => {
    const c = calibrated({ ...OPTIONS, adapt: aci({ window: 20 }) });
    c.replaySync(panel());
    return structuredClone(c.state) as never as Record<string, never>;
  };

  it.each([
    ['not an object', () => null],
    ['a key too many', () => ({ ...stateOf(), extra: 1 })],
    ['a key too few', () => (({ book: _, ...rest }) => rest)(stateOf())],
    ['another kind', () => ({ ...stateOf(), kind: 'conformal' })],
    ['a floor of NaN', () => ({ ...stateOf(), floor: NaN })],
    ['settings out of range', () => edited((s) => { s.settings = { ...s.settings, alpha: 2 }; })],
    ['unknown settings', () => edited((s) => { s.settings = { ...s.settings, extra: 2 }; })],
    ['an adaptor that runs code', () => edited((s) => { s.settings = { ...s.settings, adapt: { kind: 'constructor' } }; })],
    ['a tail too few', () => edited((s) => { s.tails.pop(); })],
    ['the state of another adaptor', () => edited((s) => { s.tails[0].adaptor = { radius: 1 }; })],
    ['a level of NaN', () => edited((s) => { s.tails[0].adaptor.level = NaN; })],
    ['a NaN score', () => edited((s) => { s.tails[0].window.scores[0] = NaN; })],
    ['more scores than sessions hold', () => edited((s) => { s.tails[0].window.sessionRows[0]++; })],
    ['more sessions than the window', () => edited((s) => { s.tails[0].window = { scores: new Float64Array(21), sessionRows: null }; })],
    ['no window', () => edited((s) => { s.tails[0].window = null; })],
    ['sessions out of order', () => edited((s) => { s.book.reverse(); })],
    ['a session before the closed ones', () => edited((s) => { s.closedThrough = 1e9; })],
    ['an entity twice', () => edited((s) => { s.book[0].entities[0] = s.book[0].entities[1]; })],
    ['an entity that is no text', () => edited((s) => { s.book[0].entities[0] = 7; })],
    ['a group that does not exist', () => edited((s) => { s.book[0].groups[0] = 2; })],
    ['rows of different lengths', () => edited((s) => { s.book[0].outcomes = new Float64Array(1); })],
    ['a radius of NaN', () => edited((s) => { s.book[0].radii[0] = NaN; })],
    ['a flag that is not one', () => edited((s) => { s.book[0].known[0] = 2; })],
    ['values the score does not read', () => edited((s) => { s.book[0].values = { lower: new Float64Array(4) }; })],
    ['a negative count', () => edited((s) => { s.coverage.n = -1; })],
    ['counts of other groups', () => edited((s) => { s.coverage.groupN.push(0); })],
    ['a window of other lengths', () => edited((s) => { s.coverage.last.n.pop(); })],
  ])('refuses %s', (_name, make) => {
    expect(() => restoreConformal(make())).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });

  // biome-ignore lint/suspicious/noExplicitAny: damage of any kind
  function edited(change: (state: any) => void): unknown {
    const state = { ...stateOf() };
    change(state);
    return state;
  }
});

describe('mistakes', () => {
  const c = () => calibrated({ ...OPTIONS, adapt: aci({ window: 20 }) });
  const one = { entities: ['A'], predictions: [0], dispersion: [1], groups: [0] };

  it.each([
    ['alpha', () => conformal({ alpha: 0 })],
    ['score.kind', () => conformal({ score: 'squared' as never })],
    ['groups', () => conformal({ groups: 0 })],
    ['horizon', () => conformal({ horizon: 0 })],
    ['overlap', () => conformal({ overlap: 1.5 })],
    ['patience', () => conformal({ patience: -1 })],
    ['adapt', () => conformal({ adapt: 'aci' as never })],
    ['dispersionFloor', () => conformal({ dispersionFloor: -1 })],
    ['dispersion', () => c().interval({ prediction: 1, group: 0 })],
    ['groups', () => c().interval({ prediction: 1, dispersion: 1 })],
    ['group', () => c().interval({ prediction: 1, dispersion: 1, group: 2 })],
    ['predictions', () => conformal().calibrate({ outcomes: [1] })],
    ['lower', () => conformal({ score: 'cqr' }).interval({ prediction: 1 })],
    ['sessions', () => conformal().calibrate({ predictions: [1], outcomes: [1], sessions: [NaN] })],
    ['session', () => c().issue({ ...one, session: NaN })],
    ['entities', () => conformal().issue({ session: 1, predictions: [1, 2] })],
    ['session', () => { const d = c(); d.issue({ ...one, session: 5 }); d.issue({ ...one, session: 4 }); }],
    ['entity "A"', () => { const d = c(); d.issue({ ...one, session: 5 }); d.issue({ ...one, session: 5, predictions: [1] }); }],
    ['fit', () => conformal({ alpha: 0.2 }).startFrom(fitConformal({ residuals: [1] }))],
    ['adapt', () => conformal({ adapt: aci() }).startFrom(fitConformal({ residuals: [1] }))],
  ])('%s is named by a DomainError', (name, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining(`${name} must`) as string }));
  });

  it('arrays of different lengths are a ShapeError', () => {
    for (const call of [
      () => c().issue({ ...one, session: 1, predictions: [1, 2] }),
      () => c().update({ sessions: [1], entities: [], outcomes: [1] }),
      () => c().replaySync({ ...panel(), outcomes: [] }),
    ]) expect(call).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  it('a row issued again the same changes nothing and gets the same interval', () => {
    const d = c();
    const first = d.issue({ ...one, session: 5 });
    const text = textOf(d);
    expect(d.issue({ ...one, session: 5 })).toEqual(first);
    expect(textOf(d)).toBe(text);
  });

  it('a refused call leaves everything as it was', () => {
    const d = c();
    d.issue({ ...one, session: 5 });
    const text = textOf(d);
    expect(() => d.issue({ session: 5, entities: ['B', 'A'], predictions: [1, 9], dispersion: [1, 1], groups: [0, 0] })).toThrow();
    expect(textOf(d)).toBe(text);
  });
});
