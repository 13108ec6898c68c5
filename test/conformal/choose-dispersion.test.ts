import { describe, expect, it } from 'vitest';
import { chooseDispersion } from '../../src/conformal/index.ts';
import { randomStream } from '../../src/core/random.ts';

/** Sessions of ten names whose true volatility follows the name; scales of several qualities. */
function market(sessionCount: number): { residuals: Float64Array; sessions: Float64Array; truth: Float64Array; noise: Float64Array } {
  const random = randomStream(5, 'market');
  const n = sessionCount * 10;
  const truth = Float64Array.from({ length: n }, (_, i) => 0.2 + (i % 10));
  return {
    truth,
    residuals: truth.map((v) => v * random.normal()),
    sessions: Float64Array.from({ length: n }, (_, i) => Math.floor(i / 10) * 86_400_000),
    noise: Float64Array.from({ length: n }, () => Math.exp(2 * random.normal())),
  };
}

describe('chooseDispersion', () => {
  it('takes the scale that follows the error, over noise and over none', () => {
    const { residuals, sessions, truth, noise } = market(100);
    const choice = chooseDispersion({ residuals, candidates: { noise, truth }, sessions });
    expect(choice).toMatchObject({ name: 'truth', reason: 'lowest-winkler' });
    expect(choice.table.map((row) => row.name)).toEqual(['constant', 'noise', 'truth']);
    expect(choice.table.map((row) => row.rows)).toEqual([800, 800, 800]);
  });

  it('keeps a constant scale where no candidate helps', () => {
    const { sessions, noise } = market(100);
    const residuals = Float64Array.from({ length: 1000 }, randomStream(6, 'r').normal);
    expect(chooseDispersion({ residuals, candidates: { noise }, sessions }).name).toBe('constant');
  });

  it('judges a session by earlier sessions only, worked by hand', () => {
    // One row per session, |r| = 1 1 1 1 | 2 2 2 2 ...; alpha 0.5. Each block of four is judged with the radius of the blocks before it.
    const residuals = [1, 2, 3, 4, 5].flatMap((size) => [size, -size, size, -size]);
    const sessions = residuals.map((_, i) => i);
    const [constant] = chooseDispersion({ residuals, candidates: {}, sessions }, { alpha: 0.5 }).table;
    // Radii: rank 3 of 4 = 1; rank 5 of 8 = 2; rank 7 of 12 = 2; rank 9 of 16 = 3. Misses: 1, 1, 2, 2. Score: width + 4 * miss.
    expect(constant).toEqual({ name: 'constant', winkler: (2 + 4 + 4 + 4 + 4 + 8 + 6 + 8) / 4, coverage: 0, meanWidth: (2 + 4 + 4 + 6) / 4, rows: 16 });
  });

  it('leaves out gapSessions before the rows that are judged', () => {
    const residuals = [1, 2, 3, 4, 5].flatMap((size) => [size, -size, size, -size]);
    const sessions = residuals.map((_, i) => i);
    const [constant] = chooseDispersion({ residuals, candidates: {}, sessions }, { alpha: 0.5, gapSessions: 2 }).table;
    // Rows before: 2, 6, 10, 14. Radii: rank 2 of 2 = 1; rank 4 of 6 = 1; rank 6 of 10 = 2; rank 8 of 14 = 2. Misses 1, 2, 2, 3.
    expect(constant.meanWidth).toBe((2 + 2 + 4 + 4) / 4);
    expect(constant.winkler).toBe((2 + 4 + 2 + 8 + 4 + 8 + 4 + 12) / 4);
  });

  it('does not depend on the order of the rows', () => {
    const { residuals, sessions, truth, noise } = market(40);
    const order = randomStream(7, 'order').permutation(residuals.length);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(order, (i) => values[i]);
    const a = chooseDispersion({ residuals, candidates: { truth, noise }, sessions });
    const b = chooseDispersion({ residuals: pick(residuals), candidates: { truth: pick(truth), noise: pick(noise) }, sessions: pick(sessions) });
    expect(b.name).toBe(a.name);
    b.table.forEach((row, i) => {
      expect(row.winkler).toBeCloseTo(a.table[i].winkler, 9); // the same sum in another order
      expect(row.coverage).toBe(a.table[i].coverage);
    });
  });

  it('survives rows without a scale: they are judged on the raw radius', () => {
    const { residuals, sessions, truth } = market(100);
    const holes = truth.map((v, i) => (i % 7 === 0 ? [NaN, 0, -1][i % 3] : v));
    const choice = chooseDispersion({ residuals, candidates: { holes }, sessions });
    expect(choice.name).toBe('holes');
    expect(choice.table.every((row) => Number.isFinite(row.winkler) && row.rows === 800)).toBe(true);
  });

  it('skips rows without an outcome', () => {
    const { residuals, sessions, truth } = market(50);
    residuals.fill(NaN, 490);
    expect(chooseDispersion({ residuals, candidates: { truth }, sessions }).table[0].rows).toBe(390);
  });

  it('says when nothing could be judged', () => {
    const few = chooseDispersion({ residuals: [1, 2, 3], candidates: { a: [1, 1, 1] }, sessions: [0, 1, 2] });
    expect(few).toMatchObject({ name: 'constant', reason: 'too-few-rows' });
    expect(few.table[0]).toEqual({ name: 'constant', winkler: NaN, coverage: NaN, meanWidth: NaN, rows: 0 });
    expect(chooseDispersion({ residuals: [], candidates: {}, sessions: [] }).reason).toBe('too-few-rows');
  });

  it('refuses a taken name, a missing session, unequal lengths and unknown keys', () => {
    const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));
    bad(() => chooseDispersion({ residuals: [1], candidates: { constant: [1] }, sessions: [0] }), 'ERR_DOMAIN');
    bad(() => chooseDispersion({ residuals: [1], candidates: {}, sessions: [NaN] }), 'ERR_DOMAIN');
    bad(() => chooseDispersion({ residuals: [1, 2], candidates: { a: [1] }, sessions: [0, 1] }), 'ERR_SHAPE');
    bad(() => chooseDispersion({ residuals: [1], candidates: {}, sessions: [0], groups: [0] } as never), 'ERR_UNKNOWN_NAME');
    bad(() => chooseDispersion({ residuals: [1], candidates: {}, sessions: [0] }, { alpha: 0 }), 'ERR_DOMAIN');
    bad(() => chooseDispersion({ residuals: [1], candidates: {}, sessions: [0] }, { gapSessions: -1 }), 'ERR_DOMAIN');
  });
});
