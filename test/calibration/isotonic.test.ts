import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyIsotonic, applyIsotonicBatch, fitIsotonic } from '../../src/calibration/isotonic.ts';
import { randomStream } from '../../src/core/random.ts';

interface IsotonicCase {
  readonly id: string;
  readonly input: { readonly x: number[]; readonly y: number[]; readonly w: number[] | null; readonly x_test: number[] };
  readonly params: { readonly out_of_bounds: 'clip' | 'nan'; readonly increasing?: boolean | 'auto'; readonly y_min?: number; readonly y_max?: number };
  readonly expected: { readonly x_thresholds: number[]; readonly y_thresholds: number[]; readonly increasing: boolean; readonly y_test: (number | 'NaN')[] };
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/isotonic.json', import.meta.url), 'utf8')) as { cases: IsotonicCase[] };
const TOLERANCE = 1e-9; // of the reference, absolute

describe('reference values (scikit-learn IsotonicRegression)', () => {
  it('has all fifteen cases', () => {
    expect(cases).toHaveLength(15);
  });

  it.each(cases.map((item) => [item.id, item] as const))('%s: knots, direction and predictions', (_id, { input, params, expected }) => {
    const fit = fitIsotonic(input.x, input.y, {
      outOfBounds: params.out_of_bounds,
      ...(input.w && { weights: input.w }),
      ...(params.increasing !== undefined && { increasing: params.increasing }),
      ...(params.y_min !== undefined && { yMin: params.y_min }),
      ...(params.y_max !== undefined && { yMax: params.y_max }),
    });
    expect(fit.increasing).toBe(expected.increasing);
    const near = (actual: ArrayLike<number>, wanted: readonly (number | 'NaN')[]): void => {
      expect(actual).toHaveLength(wanted.length);
      wanted.forEach((value, i) => (value === 'NaN' ? expect(actual[i]).toBeNaN() : expect(Math.abs(actual[i] - value)).toBeLessThan(TOLERANCE)));
    };
    near(fit.thresholds, expected.x_thresholds);
    near(fit.values, expected.y_thresholds);
    near(applyIsotonicBatch(fit, input.x_test), expected.y_test);
  });
});

describe('worked by hand', () => {
  it('pools 1, 0 to one half and is linear to the knots beside it', () => {
    const fit = fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1]);
    expect([...fit.thresholds]).toEqual([1, 2, 3, 4]);
    expect([...fit.values]).toEqual([0, 0.5, 0.5, 1]);
    expect(applyIsotonic(fit, 3.5)).toBe(0.75);
    expect([0, 9].map((s) => applyIsotonic(fit, s))).toEqual([0, 1]);
  });

  it('statistics 2: duplicate scores are averaged, weighted, before pooling', () => {
    // At 1: (1 * 1 + 0 * 3) / 4 = 1/4. At 2: 0, so both pool to 1/5. Pooled row by row in the order given, score 1 would keep two values.
    const fit = fitIsotonic([1, 1, 2], [1, 0, 0], { weights: [1, 3, 1] });
    expect([...fit.thresholds]).toEqual([1, 2]);
    expect([...fit.values]).toEqual([0.2, 0.2]);
    for (const labels of [[0, 1, 1], [1, 0, 1]]) expect([...fitIsotonic([1, 1, 2], labels).values]).toEqual([0.5, 1]);
  });

  it('statistics 2: its steps tie scores that differed', () => {
    const fit = fitIsotonic([1, 2, 3, 4], [0, 1, 0, 1]);
    expect(applyIsotonic(fit, 2.1)).toBe(applyIsotonic(fit, 2.9));
  });

  it('equal shares with different counts stay one block: 1 / 11 beside 4 / 44', () => {
    const scores = Array.from({ length: 55 }, (_, i) => i);
    const labels = scores.map((i) => (i === 0 || (i >= 11 && i < 15) ? 1 : 0));
    expect([...fitIsotonic(scores, labels).thresholds]).toEqual([0, 54]);
  });

  it('falls when told to, and by itself when Spearman is negative', () => {
    const [scores, labels] = [[1, 2, 3, 4], [1, 1, 0, 0]];
    expect([...fitIsotonic(scores, labels, { increasing: false }).values]).toEqual([1, 1, 0, 0]);
    expect(fitIsotonic(scores, labels, { increasing: 'auto' }).increasing).toBe(false);
    expect(fitIsotonic(scores, [0, 1, 0, 1], { increasing: 'auto' }).increasing).toBe(true);
    // Two rows of weight 0 would bring the correlation to 0.
    const more: [number[], number[]] = [[...scores, 9, 10], [...labels, 1, 1]];
    expect(fitIsotonic(...more, { increasing: 'auto', weights: [1, 1, 1, 1, 0, 0] }).increasing).toBe(false);
    expect(fitIsotonic(...more, { increasing: 'auto' }).increasing).toBe(true);
  });

  it('yMin and yMax bound the values and level what they cut', () => {
    const fit = fitIsotonic([1, 2, 3, 4], [0, 1, 2, 3], { yMin: 1, yMax: 2 });
    expect([...fit.thresholds]).toEqual([1, 2, 3, 4]);
    expect([...fit.values]).toEqual([1, 1, 2, 2]);
    expect([...fitIsotonic([1, 2, 3, 4], [0, 1, 2, 3], { yMax: 0 }).thresholds]).toEqual([1, 4]);
  });
});

describe('missing and empty', () => {
  it('engine 3: NaN and infinite rows are left out and counted, not passed on', () => {
    const fit = fitIsotonic([1, NaN, 2, 3, Infinity, 4], [0, 1, 1, NaN, 0, 1], { weights: [1, 1, 1, 1, 1, 0] });
    expect(fit).toMatchObject({ n: 2, missingRows: 4 });
    expect([...fit.thresholds]).toEqual([1, 2]);
    expect(applyIsotonic(fit, NaN)).toBeNaN();
  });

  it('no row gives no knot, and NaN everywhere', () => {
    const fit = fitIsotonic([], []);
    expect([fit.n, fit.values.length, applyIsotonic(fit, 1)]).toEqual([0, 0, NaN]);
    expect(fitIsotonic([1], [NaN])).toMatchObject({ n: 0, missingRows: 1 });
  });

  it('one score gives one value', () => {
    expect([-1, 5, 9].map((s) => applyIsotonic(fitIsotonic([5, 5], [0, 1]), s))).toEqual([0.5, 0.5, 0.5]);
  });

  it('scores at the ends of the range of doubles do not overflow', () => {
    const fit = fitIsotonic([-1.7e308, 1.7e308], [0, 1]);
    expect(applyIsotonic(fit, 0)).toBe(0.5);
  });
});

describe('properties', () => {
  const score = fc.integer({ min: -20, max: 20 });
  const rows = fc.array(fc.tuple(score, fc.integer({ min: 0, max: 1 }), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 40 });
  const split = (list: readonly (readonly [number, number, number])[]): [number[], number[], number[]] => [list.map((r) => r[0]), list.map((r) => r[1]), list.map((r) => r[2])];

  it('lies in [0, 1] and is monotone, between knots too', () => {
    fc.assert(fc.property(rows, fc.double({ min: -30, max: 30, noNaN: true }), fc.double({ min: 0, max: 30, noNaN: true }), (list, at, step) => {
      const [x, y, w] = split(list);
      const fit = fitIsotonic(x, y, { weights: w });
      const [low, high] = [applyIsotonic(fit, at), applyIsotonic(fit, at + step)];
      expect(low >= 0 && low <= high && high <= 1).toBe(true);
    }));
  });

  it('a weight of w is the row w times', () => {
    fc.assert(fc.property(rows, (list) => {
      const [x, y, w] = split(list);
      const repeated = list.flatMap((row) => Array.from({ length: row[2] }, () => row));
      const [a, b] = [fitIsotonic(x, y, { weights: w }), fitIsotonic(repeated.map((r) => r[0]), repeated.map((r) => r[1]))];
      expect([a.thresholds, a.values]).toEqual([b.thresholds, b.values]);
    }));
  });

  it('the order of the rows is no matter', () => {
    fc.assert(fc.property(rows, fc.nat(1000), (list, seed) => {
      const [x, y, w] = split(list);
      const order = [...randomStream(seed, 'order').permutation(list.length)];
      const shuffled = fitIsotonic(order.map((i) => x[i]), order.map((i) => y[i]), { weights: order.map((i) => w[i]) });
      expect(shuffled).toEqual(fitIsotonic(x, y, { weights: w }));
    }));
  });

  it('is the min-max formula of isotonic regression', () => {
    fc.assert(fc.property(rows, (list) => {
      const [x, y, w] = split(list);
      const distinct = [...new Set(x)].sort((a, b) => a - b);
      const sums = distinct.map((s) => list.filter((r) => r[0] === s).reduce(([sy, sw], r) => [sy + r[1] * r[2], sw + r[2]], [0, 0]));
      const mean = (a: number, b: number): number => sums.slice(a, b + 1).reduce((t, r) => t + r[0], 0) / sums.slice(a, b + 1).reduce((t, r) => t + r[1], 0);
      const fit = fitIsotonic(x, y, { weights: w });
      distinct.forEach((s, k) => {
        const best = Math.max(...distinct.slice(0, k + 1).map((_, a) => Math.min(...distinct.slice(k).map((__, b) => mean(a, k + b)))));
        expect(Math.abs(applyIsotonic(fit, s) - best)).toBeLessThan(1e-12);
      });
    }), { numRuns: 50 });
  });

  it('mirrors: falling in the score is rising in its negative', () => {
    fc.assert(fc.property(rows, (list) => {
      const [x, y, w] = split(list);
      const falling = fitIsotonic(x, y, { weights: w, increasing: false });
      const rising = fitIsotonic(x.map((s) => -s), y, { weights: w });
      for (const s of x) expect(applyIsotonic(falling, s)).toBeCloseTo(applyIsotonic(rising, -s), 12);
    }));
  });
});

describe('mistakes of the caller', () => {
  const bad = (run: () => unknown, code: string): void => expect(run).toThrow(expect.objectContaining({ code }));

  it('unequal lengths, bad weights, bounds and options', () => {
    bad(() => fitIsotonic([1, 2], [1]), 'ERR_SHAPE');
    bad(() => fitIsotonic([1, 2], [1, 0], { weights: [1] }), 'ERR_SHAPE');
    for (const weight of [-1, NaN, Infinity]) bad(() => fitIsotonic([1, 2], [1, 0], { weights: [1, weight] }), 'ERR_DOMAIN');
    bad(() => fitIsotonic([1], [1], { yMin: 1, yMax: 0 }), 'ERR_DOMAIN');
    bad(() => fitIsotonic([1], [1], { yMin: NaN }), 'ERR_DOMAIN');
    bad(() => fitIsotonic([1], [1], { outOfBounds: 'raise' as never }), 'ERR_DOMAIN');
    bad(() => fitIsotonic([1], [1], { increasing: 'yes' as never }), 'ERR_DOMAIN');
    bad(() => fitIsotonic([1], [1], { weight: [1] } as never), 'ERR_UNKNOWN_NAME');
  });
});
