/** Law 1: ten leaks, each planted on purpose, each caught by an audit a user can run. */
import { beforeAll, describe, expect, it } from 'vitest';
import { auditCausality, computeLabel, forwardReturn } from '../../src/features/index.ts';
import { columnOf, inspectPanel, syntheticPanel } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { auditSplits, holdoutSplit, purgedKFold } from '../../src/validation/index.ts';
import type { LabelSpans } from '../../src/validation/index.ts';
import { smallPanel } from '../support/small.ts';

let panel: Panel;
let spans: LabelSpans;
beforeAll(() => {
  panel = smallPanel({ entities: 8, sessions: 120 });
  spans = { session: panel.session, endSession: computeLabel(panel, forwardReturn({ sessions: 5 })).endSession, sessionCount: panel.sessions.length };
});

/** Value of a column for the row's entity `ahead` sessions later, NaN outside. */
const shifted = (p: Panel, name: string, ahead: number): Float64Array => {
  const column = columnOf(p, name);
  const at = new Map(Array.from(column, (_, row) => [p.session[row] * p.entities.length + p.entity[row], row]));
  return Float64Array.from(column, (_, row) => column[at.get((p.session[row] + ahead) * p.entities.length + p.entity[row]) ?? -1] ?? NaN);
};

const caught = (build: (p: Panel) => Record<string, ArrayLike<number>>): readonly string[] => auditCausality(panel, build, { seed: 1 }).offences.map((o) => o.column);

describe('planted in the features, caught by auditCausality', () => {
  it('honest columns pass', () => {
    expect(auditCausality(panel, (p) => ({ close: columnOf(p, 'close'), lagged: shifted(p, 'close', -3) }), { seed: 1 }).passed).toBe(true);
  });
  it('1. the label as a feature', () => expect(caught((p) => ({ good: columnOf(p, 'close'), label: computeLabel(p, forwardReturn({ sessions: 5 })).values }))).toEqual(['label']));
  it('2. a centred window', () => expect(caught((p) => ({ centred: Float64Array.from(shifted(p, 'close', 1), (next, i) => (next + columnOf(p, 'close')[i] + shifted(p, 'close', -1)[i]) / 3) }))).toEqual(['centred']));
  it('3. a z-score over the whole sample', () => expect(caught((p) => {
    const close = columnOf(p, 'close');
    const mean = Float64Array.from(close).reduce((a, b) => a + b, 0) / close.length;
    return { z: Float64Array.from(close, (v) => v - mean) };
  })).toEqual(['z']));
  it('4. what is known only after the close of the same day: the next open', () => expect(caught((p) => ({ gap: Float64Array.from(shifted(p, 'open', 1), (open, i) => Math.log(open / columnOf(p, 'close')[i])) }))).toEqual(['gap']));
  it('5. a column joined from the future', () => expect(caught((p) => ({ joined: shifted(p, 'volume', 20) }))).toEqual(['joined']));
});

describe('planted in the splits, caught by auditSplits', () => {
  const kinds = (split: Record<string, Uint32Array>, embargoSessions = 0): readonly string[] => auditSplits(spans, [split], { embargoSessions }).offences.map((o) => o.kind);

  it('honest splits pass', () => {
    const { development, calibration, test } = holdoutSplit(spans, { calibration: 0.2, test: 0.2 });
    expect(kinds({ development, calibration, test })).toEqual([]);
    for (const { train, test: fold } of purgedKFold(spans, { folds: 5, embargoSessions: 3 })) expect(kinds({ train, test: fold }, 3)).toEqual([]);
  });
  it('6. a purge that is off by one', () => {
    const { development, test, boundaries } = holdoutSplit(spans, { calibration: 0, test: 0.2 });
    const touching = Uint32Array.from(panel.session.keys()).filter((row) => spans.endSession[row] === boundaries.testFrom);
    expect(kinds({ train: Uint32Array.from([...development, ...touching]).sort(), test })).toContain('overlap');
  });
  it('7. no embargo where one is demanded', () => {
    const [first] = purgedKFold(spans, { folds: 5, embargoSessions: 0 });
    expect(kinds({ train: first.train, test: first.test }, 3)).toContain('embargo');
  });
  it('8. early stopping on test rows', () => {
    const { development, test } = holdoutSplit(spans, { calibration: 0, test: 0.2 });
    expect(kinds({ train: development, earlyStopping: test.subarray(0, 10), test })).toContain('shared-row');
  });
  it('9. a calibrator fitted on training rows', () => {
    const { development, test } = holdoutSplit(spans, { calibration: 0, test: 0.2 });
    expect(kinds({ train: development, calibration: development.subarray(-50), test })).toContain('shared-row');
  });
});

describe('planted in the universe, caught by inspectPanel', () => {
  it('10. a universe known in advance: nobody comes, nobody goes', () => {
    expect(inspectPanel(panel).findings.map((f) => f.kind)).toContain('survivorship-suspect');
    const honest = syntheticPanel({ entities: 30, sessions: 300, signal: 0, seed: 2, listedAndDelisted: 0.4 });
    expect(inspectPanel(honest).findings.map((f) => f.kind)).not.toContain('survivorship-suspect');
  });
});
