import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { randomStream } from '../../src/core/random.ts';
import { checkDrift, checkDriftSync } from '../../src/shift-detection/check-drift.ts';
import { checkDriftReference } from '../../src/shift-detection/check-drift-reference.ts';
import { driftThresholds } from '../../src/shift-detection/drift-thresholds.ts';
import { buildDriftReferenceSync, mergeDriftReferences } from '../../src/shift-detection/reference.ts';
import type { DriftReference } from '../../src/shift-detection/reference.ts';

const random = randomStream(5, 'drift tests');
const normals = (n: number, shift = 0): Float64Array => Float64Array.from({ length: n }, () => random.normal() + shift);
const named = (columns: readonly ArrayLike<unknown>[]): { names: string[]; columns: readonly ArrayLike<unknown>[] } => ({ names: columns.map((_, j) => `f${j}`), columns });
const reference = buildDriftReferenceSync(named([normals(1000)]));
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return isQuantwrightError(error) ? error.code : error;
  }
  return null;
};

describe('checkDrift, false alarms', () => {
  it('alarms on identical data of 30 rows in at most the stated 5 % of 2,000 draws; the limit 0.1 alone does in most', () => {
    let [alarms, bareAlarms] = [0, 0];
    for (let draw = 0; draw < 2000; draw++) {
      const { level, rows } = checkDriftSync(buildDriftReferenceSync(named([normals(300)])), named([normals(30)]));
      if (level !== 'stable') alarms++;
      if (rows[0].psi > 0.1) bareAlarms++;
    }
    expect(alarms).toBeLessThanOrEqual(2000 * 0.05 + 3 * Math.sqrt(2000 * 0.05 * 0.95));
    expect(alarms).toBeGreaterThan(10); // the test has teeth: it is not that nothing can alarm
    expect(bareAlarms).toBeGreaterThan(1400);
  });

  it('alarms on any of ten unchanged features in at most 5 % of checks, by either control', () => {
    for (const falseDiscovery of ['benjamini-hochberg', 'benjamini-yekutieli'] as const) {
      let alarms = 0;
      for (let draw = 0; draw < 100; draw++) {
        const report = checkDriftSync(buildDriftReferenceSync(named(Array.from({ length: 10 }, () => normals(300)))), named(Array.from({ length: 10 }, () => normals(40))), { thresholds: { falseDiscovery, psi: { moderate: 0 } } });
        if (report.drifted.length > 0) alarms++;
      }
      expect(alarms).toBeLessThanOrEqual(100 * 0.05 + 3 * Math.sqrt(100 * 0.05 * 0.95));
    }
  });

  it('does not alarm on a trivial effect however many rows prove it', () => {
    const large = buildDriftReferenceSync(named([normals(100_000)]));
    const [row] = checkDriftSync(large, named([normals(100_000, 0.05)])).rows;
    expect(row).toMatchObject({ status: 'stable', reason: null });
    expect(row.pValue).toBeLessThan(1e-9);
    expect(row.psi).toBeGreaterThan(row.criticalValue);
  });

  it('takes rows of one session as dependent: a market-wide feature that persists does not alarm daily', () => {
    let [naive, blocked] = [0, 0];
    for (let draw = 0; draw < 60; draw++) {
      const [sessionCount, names] = [460, 10];
      let level = random.normal();
      const market = Float64Array.from({ length: sessionCount }, () => (level = 0.8 * level + 0.6 * random.normal()));
      const sessions = Float64Array.from({ length: sessionCount * names }, (_, row) => Math.floor(row / names));
      const column = Float64Array.from(sessions, (s) => market[s] + 0.3 * random.normal());
      const split = 400 * names;
      const later = { names: ['f0'], columns: [column.slice(split)] };
      if (checkDriftSync(buildDriftReferenceSync(named([column.slice(0, split)])), later).level !== 'stable') naive++;
      const dependent = buildDriftReferenceSync({ ...named([column.slice(0, split)]), sessions: sessions.slice(0, split) });
      const report = checkDriftSync(dependent, { ...later, sessions: sessions.slice(split) });
      if (report.level === 'moderate' || report.level === 'significant') blocked++;
      expect(report.rows[0].effectiveRows).toBeLessThan(200);
    }
    expect(naive).toBeGreaterThan(30);
    expect(blocked).toBeLessThanOrEqual(60 * 0.05 + 3 * Math.sqrt(60 * 0.05 * 0.95));
  });
});

describe('checkDrift, power', () => {
  it('alarms on a total shift; the replaced check dropped what lay outside and found 0', () => {
    for (const shift of [100, -100, 1e12]) {
      const report = checkDriftSync(reference, named([normals(30, shift)]));
      expect(report).toMatchObject({ level: 'significant', drifted: ['f0'], driftedShare: 1 });
      expect(report.rows[0].ks).toBeGreaterThanOrEqual(0.98);
      expect(report.rows[0].wasserstein / Math.abs(shift)).toBeCloseTo(1, 1);
    }
    expect(checkDriftSync(reference, named([new Float64Array(30).fill(Infinity)])).rows[0]).toMatchObject({ status: 'significant', wasserstein: NaN });
  });

  it('stays finite with empty bins, of which the replaced check made +Infinity', () => {
    const report = checkDriftSync(reference, named([Float64Array.from({ length: 200 }, () => 0.001)]));
    expect(report.level).toBe('significant');
    expect(report.rows[0].psi).toBeGreaterThan(1);
    expect(report.rows[0].psi).toBeLessThan(20);
  });

  it('inspects the feature of the smallest scale like any other: nothing depends on units', () => {
    const columns = Array.from({ length: 30 }, () => normals(500));
    const later = columns.map((_, j) => normals(200, j === 7 ? 5 : 0));
    const scaled = (all: readonly Float64Array[], scale: number): readonly Float64Array[] => all.map((column, j) => (j === 7 ? column.map((x) => x * scale) : column));
    const plain = checkDriftSync(buildDriftReferenceSync(named(columns)), named(later));
    const tiny = checkDriftSync(buildDriftReferenceSync(named(scaled(columns, 2 ** -40))), named(scaled(later, 2 ** -40)));
    expect(tiny.drifted).toEqual(['f7']);
    expect(tiny.rows.map(({ feature, psi, ks, pValue }) => [feature, psi, ks, pValue])).toEqual(plain.rows.map(({ feature, psi, ks, pValue }) => [feature, psi, ks, pValue]));
  });

  it('names one broken feature among 30, puts it first, and is not averaged out of the alarm', () => {
    const columns = Array.from({ length: 30 }, () => normals(1000));
    const importances = columns.map((_, j) => (j === 19 ? 0.29 : 0.71 / 29));
    const report = checkDriftSync(buildDriftReferenceSync({ ...named(columns), importances }), named(columns.map((_, j) => normals(60, j === 19 ? 1.5 : 0))));
    expect(report).toMatchObject({ level: 'significant', drifted: ['f19'], assessed: 30, driftedShare: 1 / 30 });
    expect(report.rows[0]).toMatchObject({ feature: 'f19', status: 'significant', cause: 'values' });
    expect(report.driftedImportance).toBeCloseTo(0.29, 12);
    expect(report.reasons).toEqual([{ code: 'values', level: 'significant', feature: 'f19', value: report.rows[0].psi, threshold: 0.25 }]);
    const mean = report.rows.reduce((sum, { psi }) => sum + psi, 0) / 30;
    expect(report.weightedPsi).toBeGreaterThan(mean);
    expect(report.weightedPsi).toBeCloseTo(report.rows.reduce((sum, { psi, importance }) => sum + psi * (importance as number), 0), 12);
  });

  it('turns significant when a large share of importance has drifted, though each feature only moderately', () => {
    const columns = [normals(5000), normals(5000), normals(5000), normals(5000)];
    const built = buildDriftReferenceSync({ ...named(columns), importances: [5, 1, 1, 1] });
    const later = named([normals(5000, 0.4), normals(5000), normals(5000), normals(5000)]);
    expect(checkDriftSync(built, later)).toMatchObject({ level: 'significant', driftedShare: 0.25, driftedImportance: 5 / 8, reasons: [{ code: 'drifted-share', threshold: 0.3 }, { code: 'values', level: 'moderate', feature: 'f0' }] });
    expect(checkDriftSync(built, later, { thresholds: { driftedShare: 0.7 } }).level).toBe('moderate');
  });

  it('sees a missing rate that rises, falls or becomes all; the replaced check saw none', () => {
    const holes = (share: number, n: number): Float64Array => normals(n).map((x) => (random.uniform() < share ? NaN : x));
    const gappy = buildDriftReferenceSync(named([holes(0.3, 2000), holes(0, 2000)]));
    const report = checkDriftSync(gappy, named([holes(0, 500), holes(0.1, 500)]));
    expect(report.rows.map(({ feature, status, cause }) => [feature, status, cause]).sort()).toEqual([['f0', 'significant', 'missing-rate'], ['f1', 'moderate', 'missing-rate']]);
    expect(report.reasons.find(({ feature }) => feature === 'f0')).toMatchObject({ code: 'missing-rate', threshold: 0.2 });
    const gone = checkDriftSync(gappy, named([holes(1, 40), holes(1, 40)]));
    expect(gone.level).toBe('significant');
    expect(gone.rows[0]).toMatchObject({ status: 'significant', cause: 'missing-rate', reason: 'too-few-values', psi: NaN });
    expect(checkDriftSync(gappy, named([holes(0.3, 500), holes(0, 500)])).level).toBe('stable');
  });

  it('sees new categories and changed shares of old ones, but not new identifiers where each was new before', () => {
    const draw = (weights: Readonly<Record<string, number>>, n: number): string[] => Array.from({ length: n }, () => {
      const at = random.uniform();
      const keys = Object.keys(weights);
      return keys.find((_, i) => at < keys.slice(0, i + 1).reduce((sum, key) => sum + weights[key], 0)) ?? 'a';
    });
    const built = buildDriftReferenceSync({ names: ['g'], columns: [draw({ a: 0.5, b: 0.3, c: 0.2 }, 2000)], categorical: ['g'] });
    const level = (weights: Readonly<Record<string, number>>): unknown => checkDriftSync(built, { names: ['g'], columns: [draw(weights, 300)] }).rows[0];
    expect(level({ a: 0.5, b: 0.3, c: 0.2 })).toMatchObject({ status: 'stable', newCategories: 0, ks: NaN });
    expect(level({ a: 0.47, b: 0.28, c: 0.19, new: 0.06 })).toMatchObject({ status: 'moderate', cause: 'new-categories' });
    expect(level({ a: 0.1, b: 0.3, c: 0.6 })).toMatchObject({ status: 'significant', cause: 'values' });
    const ids = (from: number, n: number): string[] => Array.from({ length: n }, (_, i) => `id${from + i}`);
    const unique = buildDriftReferenceSync({ names: ['g'], columns: [ids(0, 40)], categorical: ['g'] });
    expect(checkDriftSync(unique, { names: ['g'], columns: [ids(100, 40)] }).rows[0]).toMatchObject({ status: 'not-assessable', reason: 'too-few-values' });
    const one = buildDriftReferenceSync({ names: ['g'], columns: [Array.from({ length: 100 }, () => 'a')], categorical: ['g'] });
    expect(checkDriftSync(one, { names: ['g'], columns: [Array.from({ length: 40 }, () => 'a')] }).rows[0]).toMatchObject({ status: 'stable', psi: 0, criticalValue: NaN });
    expect(checkDriftSync(one, { names: ['g'], columns: [Array.from({ length: 40 }, () => 'b')] }).rows[0]).toMatchObject({ status: 'significant', cause: 'new-categories', reason: 'too-few-values', newCategories: 1 });
  });

  it('reports vanished and new columns, at the level the thresholds give them', () => {
    const both = buildDriftReferenceSync({ names: ['kept', 'gone'], columns: [normals(200), normals(200)] });
    const later = { names: ['added', 'kept'], columns: [normals(100), normals(100)] };
    const report = checkDriftSync(both, later);
    expect(report).toMatchObject({ level: 'significant', vanished: ['gone'], added: ['added'], assessed: 1, drifted: [] });
    expect(report.reasons.map(({ code, feature, level }) => [code, feature, level])).toEqual([['vanished-column', 'gone', 'significant'], ['new-column', 'added', 'moderate']]);
    expect(report.rows.find(({ feature }) => feature === 'gone')).toMatchObject({ status: 'not-assessable', reason: 'vanished-column' });
    expect(checkDriftSync(both, later, { thresholds: { vanishedColumn: 'stable', newColumn: 'stable' } })).toMatchObject({ level: 'stable', reasons: [] });
  });
});

describe('checkDrift, a defined status for every input', () => {
  const statusOf = (training: ArrayLike<unknown>, later: ArrayLike<unknown>): readonly unknown[] => {
    const report = checkDriftSync(buildDriftReferenceSync(named([training])), named([later]));
    return [report.level, report.rows[0].status, report.rows[0].reason];
  };

  it('says not assessable, never stable or none, of too little and of degenerate references', () => {
    const some = normals(100);
    expect(statusOf(some, [])).toEqual(['not-assessable', 'not-assessable', 'too-few-rows']);
    expect(statusOf([], some)).toEqual(['not-assessable', 'not-assessable', 'too-few-rows']);
    expect(statusOf(some, [1])).toEqual(['not-assessable', 'not-assessable', 'too-few-rows']);
    expect(statusOf(some, normals(29))).toEqual(['not-assessable', 'not-assessable', 'too-few-rows']);
    expect(statusOf(some, normals(30))[1]).toBe('stable');
    expect(statusOf(new Float64Array(100).fill(3), some)).toEqual(['not-assessable', 'not-assessable', 'constant-reference']);
    expect(statusOf(new Float64Array(100).fill(NaN), new Float64Array(100).fill(NaN))).toEqual(['not-assessable', 'not-assessable', 'too-few-values']);
    expect(statusOf(some, new Float64Array(100).fill(3))).toEqual(['significant', 'significant', null]);
    expect(statusOf(some, Array.from({ length: 100 }, () => 'text'))).toEqual(['significant', 'significant', 'too-few-values']);
    expect(checkDriftSync(reference, named([])).level).toBe('significant'); // the column is gone
    const nothing = checkDriftSync(buildDriftReferenceSync(named([])), named([]));
    expect(nothing).toMatchObject({ level: 'not-assessable', driftedShare: NaN, rows: [], reasons: [{ code: 'nothing-assessable' }] });
  });

  it('has a binary feature assessed: one edge, two bins', () => {
    const flags = (share: number, n: number): number[] => Array.from({ length: n }, () => (random.uniform() < share ? 1 : 0));
    expect(statusOf(flags(0.6, 500), flags(0.6, 200))).toEqual(['stable', 'stable', null]);
    expect(statusOf(flags(0.6, 500), flags(0.1, 200))).toEqual(['significant', 'significant', null]);
    expect(statusOf(flags(0.004, 2000), flags(0.9, 40))).toEqual(['significant', 'significant', null]);
  });

  it('judges by its critical value and its limit together, and shows both', () => {
    for (let draw = 0; draw < 60; draw++) {
      const [row] = checkDriftSync(reference, named([normals(30 + draw * 5, (draw % 4) / 4)])).rows;
      if (row.status !== 'stable') expect([row.psi >= row.criticalValue, row.adjustedPValue <= 0.05, row.psi >= 0.1]).toEqual([true, true, true]);
      else expect(row.psi < Math.max(0.1, row.criticalValue) || row.adjustedPValue > 0.05).toBe(true);
    }
    // A third of 30 rows in one tenth: Pearson's p-value is 0.03, but the index is below what chance gives it in 5 %.
    const even = buildDriftReferenceSync(named([Float64Array.from({ length: 1000 }, (_, i) => i)]));
    const lumped = [...Array.from({ length: 10 }, (_, i) => i), ...Array.from({ length: 20 }, (_, i) => 110 + i * 45)];
    const [lump] = checkDriftSync(even, named([lumped])).rows;
    expect(lump).toMatchObject({ status: 'stable', reason: null });
    expect([lump.adjustedPValue <= 0.05, lump.psi >= 0.1, lump.psi < lump.criticalValue]).toEqual([true, true, true]);
    const critical = (n: number): number => checkDriftSync(reference, named([normals(n)])).rows[0].criticalValue;
    expect(critical(30)).toBeGreaterThan(0.25); // as few rows as these prove nothing below the customary limit
    expect(critical(10_000)).toBeLessThan(0.03);
  });

  it('gives rows counted as they came, merged, the report of all rows at once, and a stored reference the same', async () => {
    const parts = [normals(200), normals(300, 0.5), normals(100)];
    const whole = checkDriftSync(reference, named([Float64Array.from(parts.flatMap((part) => [...part]))]));
    const counted = parts.map((part) => buildDriftReferenceSync(named([part]), { like: reference })).reduce((a: DriftReference, b) => mergeDriftReferences(a, b));
    const close = ({ wasserstein: _w, ...row }: (typeof whole.rows)[number]): object => row; // sums of cells differ by rounding
    expect(checkDriftSync(reference, counted).rows.map(close)).toEqual(whole.rows.map(close));
    expect(checkDriftSync(reference, counted).rows[0].wasserstein).toBeCloseTo(whole.rows[0].wasserstein, 12);
    const stored = checkDriftReference(fromPlain(toPlain(reference)));
    expect(await checkDrift(stored, named([parts[1]]))).toEqual(checkDriftSync(reference, named([parts[1]])));
    expect(codeOf(() => checkDriftSync(reference, buildDriftReferenceSync(named([parts[0]]))))).toBe('ERR_DOMAIN');
  });

  it('finds columns by name, in any order and as Float32', () => {
    const two = buildDriftReferenceSync(named([normals(300), normals(300, 5)]));
    const [a, b] = [Float32Array.from(normals(100)), Float32Array.from(normals(100, 5))];
    expect(checkDriftSync(two, { names: ['f1', 'f0'], columns: [b, a], rowCount: 100 })).toEqual(checkDriftSync(two, named([Float64Array.from(a), Float64Array.from(b)])));
  });

  it('prints a table of the worst and is plain frozen data with its thresholds', () => {
    const columns = Array.from({ length: 20 }, () => normals(300));
    const report = checkDriftSync(buildDriftReferenceSync(named(columns)), { names: [...named(columns).names.slice(1), 'extra'], columns: columns.map(() => normals(80, 2)) });
    const text = (report as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]();
    expect(text).toContain('DriftReport: significant; 80 rows against 300\n19 of 19 assessed features drifted (100 %, by importance 100 %)\nvanished: f0\nnew: extra\n');
    expect(text).toMatch(/\nf\d+ +significant +values +\d/);
    expect(text).toContain('and 9 more');
    expect(report.thresholds).toEqual(driftThresholds());
    expect(fromPlain(toPlain(report))).toEqual({ ...report });
    expect(Object.isFrozen(report) && Object.isFrozen(report.rows) && report.rows.every((row) => Object.isFrozen(row))).toBe(true);
  });

  it('can be cancelled, reports progress, and refuses wrong input by code', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(checkDrift(reference, named([normals(50)]), { signal: stop.signal })).rejects.toThrow('enough');
    const phases = new Set<string>();
    await checkDrift(reference, named([normals(50)]), { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toEqual(['drift reference: f0', 'drift check']);
    expect(codeOf(() => checkDriftSync(reference, { names: ['f0'], columns: [] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => checkDriftSync(reference, named([normals(3)]), { thresholds: { alpha: 2 } }))).toBe('ERR_DOMAIN');
    expect(codeOf(() => checkDriftSync(reference, named([normals(3)]), { alpha: 0.1 } as never))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => checkDriftSync(reference, { ...named([normals(3)]), weights: [] } as never))).toBe('ERR_UNKNOWN_NAME');
  });
});
