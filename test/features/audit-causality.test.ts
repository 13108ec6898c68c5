import { describe, expect, it } from 'vitest';
import { auditCausality, type BuildColumns, computeFeatures, computeLabel, forwardReturn, logReturn, marketBeta, momentum, rankByDate, realizedVol } from '../../src/features/index.ts';
import { type Panel, syntheticPanel, withColumns } from '../../src/panel/index.ts';

const panel = syntheticPanel({ entities: 6, sessions: 60, seed: 11, listedAndDelisted: 0.5 });
const close = (p: Panel): ArrayLike<number> => p.columns['close'];

/** The value of `column` of the same entity `ahead` sessions later (earlier when negative), NaN when there is none. */
function shifted(p: Panel, column: ArrayLike<number>, ahead: number): Float64Array {
  const rowAt = new Map<string, number>();
  for (let row = 0; row < p.rowCount; row++) rowAt.set(`${p.session[row]} ${p.entity[row]}`, row);
  return Float64Array.from({ length: p.rowCount }, (_, row) => {
    const other = rowAt.get(`${p.session[row] + ahead} ${p.entity[row]}`);
    return other === undefined ? NaN : column[other];
  });
}

const LEAKS: Record<string, (p: Panel) => ArrayLike<number>> = {
  'a label as a feature': (p) => computeLabel(p, forwardReturn({ sessions: 5 })).values,
  'a centred window': (p) => [-1, 0, 1].map((k) => shifted(p, close(p), k)).reduce((sum, x) => sum.map((v, i) => v + x[i] / 3), new Float64Array(p.rowCount)),
  'a full-sample z-score': (p) => {
    const values = Array.from(close(p));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
    return values.map((v) => (v - mean) / std);
  },
  "the next session's open used today": (p) => shifted(p, p.columns['open'], 1).map((open, row) => Math.log(open / close(p)[row])),
  'a column joined from the future': (p) => {
    // A block of ten sessions gets the volume of its last session: a month joined by its label.
    const volume = p.columns['volume'];
    const last = new Map<string, number>();
    for (let row = 0; row < p.rowCount; row++) last.set(`${Math.floor(p.session[row] / 10)} ${p.entity[row]}`, volume[row]);
    return Float64Array.from({ length: p.rowCount }, (_, row) => last.get(`${Math.floor(p.session[row] / 10)} ${p.entity[row]}`) as number);
  },
  'a universe known in advance': (p) => new Float64Array(p.rowCount).fill(p.entities.length),
};

describe('auditCausality catches', () => {
  it.each(Object.keys(LEAKS))('%s', (name) => {
    const honest = { momentum: momentum(10), beta: marketBeta(10) };
    const build: BuildColumns = (p) => ({ ...Object.fromEntries(Object.keys(honest).map((key, j) => [key, computeFeatures(p, honest).columns[j]])), leak: LEAKS[name](p) });
    const audit = auditCausality(panel, build, { seed: 5 });
    expect(audit.passed).toBe(false);
    expect(audit.offences.map(({ column }) => column)).toEqual(['leak']);
    const [offence] = audit.offences;
    expect(offence.time).toBe(panel.sessions[panel.session[offence.row]]);
    expect(offence.entity).toBe(panel.entities[panel.entity[offence.row]]);
    expect(offence.time).toBeLessThanOrEqual(offence.cutTime);
    expect(offence.count).toBeGreaterThan(0);
  });
  it('the first row that moved: a five-session label moves four sessions before the cut', () => {
    const audit = auditCausality(panel, (p) => ({ leak: LEAKS['a label as a feature'](p) }), { cuts: 1, seed: 2 });
    const cut = panel.sessions.indexOf(audit.cutTimes[0]);
    expect(panel.session[audit.offences[0].row]).toBe(cut - 4);
  });
});

describe('auditCausality passes', () => {
  it('features of the recipe', () => {
    const features = { momentum: momentum(20, { skip: 5 }), rank: rankByDate(logReturn(5)), vol: realizedVol(10) };
    const audit = auditCausality(panel, (p) => {
      const { names, columns } = computeFeatures(p, features);
      return Object.fromEntries(names.map((name, j) => [name, columns[j]]));
    });
    expect(audit).toMatchObject({ passed: true, offences: [], insensitive: [], columns: ['momentum', 'rank', 'vol'] });
    expect(audit.cutTimes).toHaveLength(5);
  });
  it('and lists what it could not test: data that does not come from the panel', () => {
    const outside = panel.columns['close'].slice();
    const audit = auditCausality(panel, (p) => ({ outside: outside.subarray(0, p.rowCount), inside: close(p) }));
    expect(audit).toMatchObject({ passed: true, insensitive: ['outside'] });
  });
  it('leaves 32-bit columns, zeros and missing values usable', () => {
    const odd = withColumns(panel, { flag: new Float32Array(panel.rowCount), hole: new Float64Array(panel.rowCount).fill(NaN) });
    expect(auditCausality(odd, (p) => ({ flag: p.columns['flag'], hole: p.columns['hole'] }))).toMatchObject({ passed: true, insensitive: ['hole'] });
  });
});

describe('auditCausality', () => {
  it('gives the same audit for the same seed', () => {
    const build: BuildColumns = (p) => ({ leak: LEAKS['a centred window'](p) });
    expect(auditCausality(panel, build, { seed: 9 })).toEqual(auditCausality(panel, build, { seed: 9 }));
  });
  it('counts a column that depends on the future for its existence', () => {
    const build: BuildColumns = (p) => (p.rowCount === panel.rowCount ? { a: close(p) } : ({} as Record<string, ArrayLike<number>>));
    const audit = auditCausality(panel, build);
    expect(audit.offences).toMatchObject([{ column: 'a', row: 0, change: 'truncated', after: NaN }]);
  });
  it('refuses a build of the wrong length, too few sessions and unknown options', () => {
    expect(() => auditCausality(panel, () => ({ a: [1] }))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => auditCausality(panel, () => ({ a: undefined as never }))).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => auditCausality(syntheticPanel({ entities: 2, sessions: 2, seed: 1 }), () => ({}))).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => auditCausality(panel, () => ({}), { cut: 3 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
