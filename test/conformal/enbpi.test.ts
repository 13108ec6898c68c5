import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enbpiInterval, fitEnbpi, updateEnbpi } from '../../src/conformal/enbpi.ts';
import type { EnbpiFit } from '../../src/conformal/enbpi.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { olsModel } from './ols.ts';
import { casesOf, expectClose } from './reference.ts';

describe('references of MAPIE 0.9.2 with explicit bootstrap samples', () => {
  it.each(casesOf('enbpi').map((c) => [c.id, c] as const))('%s: out-of-bag residuals, point, interval, and after three outcomes', (_, item) => {
    const { alpha } = item.params;
    const { y, y_test: yTest } = item.input;
    const [x, xTest, trainingRows] = [item.input.X, item.input.X_test, item.input.bootstrap_train_idx] as unknown as number[][][];
    const expected = item.expected as unknown as Record<string, number[][]>;
    const models = trainingRows.map((bag) => olsModel(x, y, bag));
    const fit = fitEnbpi({ outcomes: y, predictions: models.map((model) => x.map(model)), trainingRows }, { alpha });
    expectClose(fit.residuals, (item.expected.oob_scores as number[]).filter((v) => v === v));
    expect(fit.missingRows).toBe((item.expected.oob_scores as number[]).filter((v) => v !== v).length);

    const intervals = xTest.map((row) => enbpiInterval(fit, models.map((model) => model(row))));
    expectClose(intervals.map((i) => i.point), item.expected.point as number[]);
    for (const name of ['intervals', 'intervals_opt_beta']) { // MAPIE's search over beta ends where it began in every case
      expectClose(intervals.map((i) => i.lower), expected[name].map((i) => i[0]));
      expectClose(intervals.map((i) => i.upper), expected[name].map((i) => i[1]));
    }

    const updated = updateEnbpi(fit, [0, 1, 2].map((t) => yTest[t] - intervals[t].point));
    const later = xTest.slice(3).map((row) => enbpiInterval(updated, models.map((model) => model(row))));
    expectClose(later.map((i) => i.lower), expected.after_partial_fit3.map((i) => i[0]));
    expectClose(later.map((i) => i.upper), expected.after_partial_fit3.map((i) => i[1]));
  });
});

const fitOf = (residuals: number[], alpha: number, tails: 'equal' | 'shortest' = 'equal'): EnbpiFit => {
  // Two models that predict 0 everywhere; the second saw nothing, so every row is out of its bag.
  const zeros = residuals.map(() => 0);
  return fitEnbpi({ outcomes: residuals, predictions: [zeros, zeros], trainingRows: [residuals.map((_, i) => i), []] }, { alpha, tails });
};

describe('fitEnbpi', () => {
  it('worked by hand: three models, three rows', () => {
    const fit = fitEnbpi({ outcomes: [1, 2, 3], predictions: [[0, 0, 0], [1, 1, 1], [4, 4, 4]], trainingRows: [[0, 0, 1], [1, 2], [1, 1, 0]] }, { alpha: 0.5 });
    // Out of bag: row 0 model 1; row 1 none; row 2 models 0 and 2.
    expect([...fit.residuals]).toEqual([0, 1]);
    expect(fit.missingRows).toBe(1);
    expect([...fit.modelWeights]).toEqual([0.25, 0.5, 0.25]);
    expect(enbpiInterval(fit, [0, 1, 4]).point).toBe(1.5);
    expect(enbpiInterval(fit, [0, 1, 4]).lower).toBe(-Infinity); // 0.25 * 3 < 1
  });

  it('takes the order statistics floor and ceil of (n + 1) alpha / 2', () => {
    const residuals = Array.from({ length: 19 }, (_, i) => i + 1);
    expect(enbpiInterval(fitOf(residuals, 0.2), [10, 10])).toMatchObject({ lower: 12, upper: 28 });
    expect(enbpiInterval(fitOf(residuals, 0.1), [10, 10])).toMatchObject({ lower: 11, upper: 29 });
    expect(enbpiInterval(fitOf(residuals, 0.09), [10, 10])).toMatchObject({ lower: -Infinity, upper: Infinity });
  });

  it('shortest tails leave out the long one: worked by hand', () => {
    const residuals = [0, 1, 2, 3, 4, 5, 6, 7, 50];
    expect(enbpiInterval(fitOf(residuals, 0.4), [0, 0])).toMatchObject({ lower: 1, upper: 7 }); // second and eighth of nine
    expect(enbpiInterval(fitOf(residuals, 0.4, 'shortest'), [0, 0])).toMatchObject({ lower: 0, upper: 6 }); // first to seventh: as many left out
    expect(enbpiInterval(fitOf(residuals, 0.1, 'shortest'), [0, 0])).toMatchObject({ lower: -Infinity, upper: Infinity });
  });

  const residualList = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 60 });

  it('shortest is never longer than equal and holds as many residuals as alpha asks', () => {
    fc.assert(fc.property(residualList, fc.integer({ min: 1, max: 99 }), (residuals, percent) => {
      const alpha = percent / 100;
      const [equal, shortest] = [enbpiInterval(fitOf(residuals, alpha), [0, 0]), enbpiInterval(fitOf(residuals, alpha, 'shortest'), [0, 0])];
      expect(shortest.upper - shortest.lower).toBeLessThanOrEqual(equal.upper - equal.lower);
      const inside = residuals.filter((r) => shortest.lower <= r && r <= shortest.upper).length;
      expect(inside).toBeGreaterThanOrEqual(Math.min(residuals.length, (1 - alpha) * (residuals.length + 1) - 1e-9));
    }));
  });

  it('narrows as alpha grows', () => {
    fc.assert(fc.property(residualList, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (residuals, a, b) => {
      const at = (percent: number): { lower: number; upper: number } => enbpiInterval(fitOf(residuals, percent / 100), [0, 0]);
      expect(at(Math.min(a, b)).lower).toBeLessThanOrEqual(at(Math.max(a, b)).lower);
      expect(at(Math.min(a, b)).upper).toBeGreaterThanOrEqual(at(Math.max(a, b)).upper);
    }));
  });

  it('covers exchangeable errors with probability at least 1 - alpha (2000 draws, 4 standard errors)', () => {
    const random = randomStream(9, 'enbpi');
    const [draws, alpha] = [2000, 0.2];
    let covered = 0;
    for (let r = 0; r < draws; r++) {
      const { lower, upper } = enbpiInterval(fitOf(Array.from({ length: 24 }, random.normal), alpha), [0, 0]);
      const y = random.normal();
      if (lower <= y && y <= upper) covered++;
    }
    expect(covered / draws).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws));
  });

  it('a prediction that is not finite gives NaN throughout; rows without an outcome are counted', () => {
    const fit = fitOf([1, 2, NaN], 0.6);
    expect(fit.missingRows).toBe(1);
    for (const bad of [NaN, Infinity]) expect(enbpiInterval(fit, [bad, 0])).toEqual({ point: NaN, lower: NaN, upper: NaN });
  });

  it('a fit whose every model saw every row answers NaN, not zero', () => {
    const fit = fitEnbpi({ outcomes: [1, 2], predictions: [[0, 0]], trainingRows: [[0, 1]] });
    expect(fit.missingRows).toBe(2);
    expect(enbpiInterval(fit, [5])).toEqual({ point: NaN, lower: NaN, upper: NaN });
  });

  it('refuses wrong shapes and rows that do not exist', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => fitEnbpi({ outcomes: [1], predictions: [[1]], trainingRows: [[1]] })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitEnbpi({ outcomes: [1], predictions: [[1, 2]], trainingRows: [[0]] })).toThrow(code('ERR_SHAPE'));
    expect(() => fitEnbpi({ outcomes: [1], predictions: [[1]], trainingRows: [] })).toThrow(code('ERR_SHAPE'));
    expect(() => fitEnbpi({ outcomes: [1], predictions: [[1]], trainingRows: [[0]] }, { tails: 'short' as never })).toThrow(code('ERR_DOMAIN'));
    expect(() => enbpiInterval(fitOf([1, 2], 0.5), [1])).toThrow(code('ERR_SHAPE'));
  });
});

describe('updateEnbpi', () => {
  it('slides: the oldest leave as the newest enter, missing ones are skipped', () => {
    const fit = fitOf([1, 2, 3, 4], 0.5);
    expect([...updateEnbpi(fit, [5, NaN, 6]).residuals]).toEqual([3, 4, 5, 6]);
    expect([...fit.residuals]).toEqual([1, 2, 3, 4]);
    expect([...updateEnbpi(fit, [5, 6, 7, 8, 9, 10]).residuals]).toEqual([7, 8, 9, 10]);
  });

  it('one by one equals all at once, through the plain codec', () => {
    const random = randomStream(10, 'stream');
    const start = fitOf(Array.from({ length: 30 }, random.normal), 0.1);
    const news = Array.from({ length: 45 }, random.normal);
    const stepwise = news.reduce<EnbpiFit>((fit, r) => updateEnbpi(fromPlain(toPlain(fit)) as EnbpiFit, [r]), start);
    expect(stepwise).toEqual(updateEnbpi(start, news));
    expect(Object.isFrozen(stepwise)).toBe(true);
  });
});
