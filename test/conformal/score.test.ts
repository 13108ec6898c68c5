import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conformalRadius } from '../../src/conformal/radius.ts';
import { isTwoTailed, lowerScore, requireScore, scoreInterval, tailAlpha, upperScore } from '../../src/conformal/score.ts';
import type { ConformalScore, ScoreRow } from '../../src/conformal/score.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

const SCORES: ConformalScore[] = [{ kind: 'absolute' }, { kind: 'signed' }, { kind: 'normalized' }, { kind: 'gamma' }, { kind: 'cqr', symmetric: true }, { kind: 'cqr', symmetric: false }];
const named = SCORES.map((score) => [score.kind === 'cqr' ? `cqr symmetric ${score.symmetric}` : score.kind, score] as const);

/** Split conformal of any score: the two radii from calibration rows, then the interval of each test row. */
function splitIntervals(score: ConformalScore, rows: ScoreRow[], y: number[], tests: ScoreRow[], alpha: number): { lower: number; upper: number }[] {
  const below = conformalRadius(rows.map((row, i) => lowerScore(score, row, y[i])), tailAlpha(score, alpha));
  const above = conformalRadius(rows.map((row, i) => upperScore(score, row, y[i])), tailAlpha(score, alpha));
  return tests.map((row) => scoreInterval(score, row, below, above));
}

describe('references of MAPIE 0.9.2 and crepes 0.8.0', () => {
  it.each(casesOf('split').map((c) => [c.id, c] as const))('%s: absolute and normalised', (_, { input, params, expected }) => {
    const rows = input.y_cal.map((_y, i) => ({ prediction: input.pred_cal[i], dispersion: input.sigma_cal[i] }));
    const tests = input.pred_test.map((prediction, i) => ({ prediction, dispersion: input.sigma_test[i] }));
    for (const [kind, suffix] of [['absolute', ''], ['normalized', '_norm']] as const) {
      const intervals = splitIntervals({ kind }, rows, input.y_cal, tests, params.alpha);
      expectClose(intervals.map((i) => i.lower), expected[`lo${suffix}`] as number[]);
      expectClose(intervals.map((i) => i.upper), expected[`hi${suffix}`] as number[]);
      expectClose([conformalRadius(rows.map((row, i) => upperScore({ kind }, row, input.y_cal[i])), params.alpha)], [expected[`q${suffix}`] as number]);
    }
  });

  it.each(casesOf('asym_mondrian_cqr').map((c) => [c.id, c] as const))('%s: signed, gamma, CQR of both kinds, and absolute in Mondrian groups', (_, { input, params, expected }) => {
    const rows = input.y_cal.map((_y, i) => ({ prediction: input.pred_cal[i], lower: input.q_lo_cal[i], upper: input.q_hi_cal[i] }));
    const tests = input.pred_test.map((prediction, i) => ({ prediction, lower: input.q_lo_test[i], upper: input.q_hi_test[i] }));
    const check = (score: ConformalScore, name: string): void => {
      const intervals = splitIntervals(score, rows, input.y_cal, tests, params.alpha);
      expectClose(intervals.map((i) => i.lower), expected[`${name}_lo`] as number[]);
      expectClose(intervals.map((i) => i.upper), expected[`${name}_hi`] as number[]);
    };
    check({ kind: 'signed' }, 'asym');
    check({ kind: 'gamma' }, 'gamma');
    check({ kind: 'cqr', symmetric: true }, 'cqr');
    check({ kind: 'cqr', symmetric: false }, 'cqr_asym');
    expectClose([conformalRadius(rows.map((row, i) => upperScore({ kind: 'cqr', symmetric: true }, row, input.y_cal[i])), params.alpha)], [expected.cqr_q as number]);
    const mapie = expected.mapie_cqr_asym as unknown as number[][];
    const own = splitIntervals({ kind: 'cqr', symmetric: false }, rows, input.y_cal, tests, params.alpha);
    own.forEach((interval, i) => {
      expectClose([interval.lower, interval.upper], mapie[i]);
    });
    const radii = [0, 1, 2].map((g) => conformalRadius(rows.flatMap((row, i) => (input.bins_cal[i] === g ? [upperScore({ kind: 'absolute' }, row, input.y_cal[i])] : [])), params.alpha));
    const grouped = tests.map((row, i) => scoreInterval({ kind: 'absolute' }, row, radii[input.bins_test[i]], radii[input.bins_test[i]]));
    expectClose(input.bins_test.map((g) => radii[g]), expected.mondrian_q as number[]);
    expectClose(grouped.map((i) => i.lower), expected.mondrian_lo as number[]);
    expectClose(grouped.map((i) => i.upper), expected.mondrian_hi as number[]);
  });
});

describe('scores by hand', () => {
  const row = { prediction: 10, dispersion: 2, lower: 8, upper: 11 };

  it.each([
    [{ kind: 'absolute' }, 4, 4],
    [{ kind: 'signed' }, -4, 4],
    [{ kind: 'normalized' }, 2, 2],
    [{ kind: 'gamma' }, -0.4, 0.4],
    [{ kind: 'cqr', symmetric: true }, 3, 3],
    [{ kind: 'cqr', symmetric: false }, -6, 3],
  ] as const)('%j of an outcome of 14: %d below, %d above', (score, below, above) => {
    expect(lowerScore(score, row, 14)).toBeCloseTo(below, 15);
    expect(upperScore(score, row, 14)).toBeCloseTo(above, 15);
  });

  it('a cqr score is negative inside the predicted quantiles: the interval may shrink', () => {
    expect(upperScore({ kind: 'cqr', symmetric: true }, row, 9)).toBe(-1);
    expect(scoreInterval({ kind: 'cqr', symmetric: true }, row, -1, -1)).toEqual({ lower: 9, upper: 10 });
  });

  it('a gamma score divides by the size of a negative prediction', () => {
    expect(upperScore({ kind: 'gamma' }, { prediction: -10 }, -6)).toBe(0.4);
    expect(scoreInterval({ kind: 'gamma' }, { prediction: -10 }, 0.4, 0.2)).toEqual({ lower: -14, upper: -8 });
  });

  it('two tails take alpha / 2 each', () => {
    expect(SCORES.map(isTwoTailed)).toEqual([false, true, false, true, false, true]);
    expect(SCORES.map((score) => tailAlpha(score, 0.1))).toEqual([0.1, 0.05, 0.1, 0.05, 0.1, 0.05]);
  });
});

describe('scoreInterval is the inverse of the scores', () => {
  const eighths = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min: min * 8, max: max * 8 }).map((v) => v / 8); // exact sums
  it.each(named)('%s: an outcome lies inside exactly when both scores are within the radii', (_, score) => {
    fc.assert(fc.property(eighths(-20, 20), fc.constantFrom(0.25, 1, 2, 4), eighths(0, 4), eighths(-50, 50), eighths(-6, 6), eighths(-6, 6), (prediction, dispersion, half, outcome, a, b) => {
      fc.pre(score.kind !== 'gamma' || [0.25, 1, 2, 4, 8, 16].includes(Math.abs(prediction))); // divisors that keep the score exact
      const row = { prediction, dispersion, lower: prediction - half, upper: prediction + half };
      const [below, above] = isTwoTailed(score) ? [a, b] : [a, a];
      const { lower, upper } = scoreInterval(score, row, below, above);
      expect(lower <= outcome && outcome <= upper).toBe(lowerScore(score, row, outcome) <= below && upperScore(score, row, outcome) <= above);
    }));
  });

  it.each(named)('%s: Infinity leaves both sides open, -Infinity leaves nothing', (_, score) => {
    const row = { prediction: 3, dispersion: 2, lower: 1, upper: 4 };
    expect(scoreInterval(score, row, Infinity, Infinity)).toEqual({ lower: -Infinity, upper: Infinity });
    expect(scoreInterval(score, row, -Infinity, -Infinity)).toEqual({ lower: Infinity, upper: -Infinity });
    expect(upperScore(score, row, Infinity)).toBe(Infinity);
    expect(lowerScore(score, row, -Infinity)).toBe(Infinity);
  });

  it.each(named)('%s: NaN in, NaN out, never half an interval', (_, score) => {
    const row = { prediction: 3, dispersion: 2, lower: 1, upper: 4 };
    expect(upperScore(score, row, NaN)).toBeNaN();
    expect(lowerScore(score, row, NaN)).toBeNaN();
    expect(scoreInterval(score, row, NaN, 1)).toEqual({ lower: NaN, upper: NaN });
    for (const lacking of [{}, { prediction: NaN, dispersion: NaN, lower: NaN, upper: NaN }, { prediction: Infinity, dispersion: 0, lower: 1, upper: Infinity }]) {
      expect(upperScore(score, lacking, 1)).toBeNaN();
      expect(lowerScore(score, lacking, 1)).toBeNaN();
      expect(scoreInterval(score, lacking, 1, 1)).toEqual({ lower: NaN, upper: NaN });
    }
  });

  it('a dispersion of zero, below zero or infinite and a gamma prediction of zero are missing', () => {
    for (const dispersion of [0, -1, Infinity, NaN]) expect(upperScore({ kind: 'normalized' }, { prediction: 1, dispersion }, 2)).toBeNaN();
    for (const prediction of [0, -0]) expect(scoreInterval({ kind: 'gamma' }, { prediction }, 1, 1)).toEqual({ lower: NaN, upper: NaN });
  });
});

describe('guarantee', () => {
  it.each(named)('%s: covers an exchangeable row with probability at least 1 - alpha (1500 draws, 4 standard errors)', (_, score) => {
    const random = randomStream(7, 'score-coverage');
    const draws = 1500;
    for (const [n, alpha] of [[39, 0.1], [24, 0.2]]) {
      let covered = 0;
      for (let r = 0; r < draws; r++) {
        const rows = Array.from({ length: n + 1 }, () => {
          const prediction = 5 + random.uniform();
          const dispersion = 0.5 + random.uniform();
          return { prediction, dispersion, lower: prediction - 0.3, upper: prediction + 0.8 * dispersion };
        });
        const y = rows.map((row) => row.prediction + row.dispersion * (random.studentT(3) + 0.2));
        const [{ lower, upper }] = splitIntervals(score, rows.slice(0, n), y.slice(0, n), [rows[n]], alpha);
        if (lower <= y[n] && y[n] <= upper) covered++;
      }
      expect(covered / draws).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws));
    }
  });

  it('engine 4: normalised widths follow the row, absolute ones are constant', () => {
    const rows = [1, 2, 3, 4].map((dispersion) => ({ prediction: 0, dispersion }));
    const widths = (score: ConformalScore): number[] => rows.map((row) => scoreInterval(score, row, 1.5, 1.5)).map((i) => i.upper - i.lower);
    expect(widths({ kind: 'normalized' })).toEqual([3, 6, 9, 12]);
    expect(widths({ kind: 'absolute' })).toEqual([3, 3, 3, 3]);
  });
});

describe('requireScore', () => {
  it.each(named)('%s: keeps the score, frozen, through the plain codec', (_, score) => {
    const kept = requireScore('f', fromPlain(toPlain(score)) as ConformalScore);
    expect(kept).toEqual(score);
    expect(Object.isFrozen(kept)).toBe(true);
  });

  it.each([[{ kind: 'squared' }], [{ kind: 'cqr' }], [{ kind: 'cqr', symmetric: 1 }], [undefined], [null], ['absolute']])('refuses %j', (score) => {
    expect(() => requireScore('f', score as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('refuses an option the kind does not have', () => {
    expect(() => requireScore('f', { kind: 'absolute', symmetric: true } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
