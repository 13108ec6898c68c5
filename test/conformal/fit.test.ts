import fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { conformalInterval, conformalIntervals, fitConformal, fitGroupCuts, groupOf, groupsOf, splitConformal } from '../../src/conformal/index.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

const residualsOf = (input: Record<string, number[]>): number[] => input.y_cal.map((y, i) => y - input.pred_cal[i]);

describe('reference values of MAPIE and crepes', () => {
  it.each(casesOf('split').map((item) => [item.id, item] as const))('split and normalised %s', (_id, { input, params, expected }) => {
    const split = splitConformal(residualsOf(input), params);
    expectClose([split.overallRadius], [expected.q as number]);
    const plain = conformalIntervals(split, input.pred_test);
    expectClose(plain.lower, expected.lo as number[]);
    expectClose(plain.upper, expected.hi as number[]);

    const normalized = fitConformal({ residuals: residualsOf(input), dispersion: input.sigma_cal }, { ...params, dispersionFloor: 0 });
    expectClose(normalized.radii, [expected.q_norm as number]);
    const scaled = conformalIntervals(normalized, input.pred_test, { dispersion: input.sigma_test });
    expectClose(scaled.lower, expected.lo_norm as number[]);
    expectClose(scaled.upper, expected.hi_norm as number[]);
  });

  it.each(casesOf('asym_mondrian_cqr').map((item) => [item.id, item] as const))('Mondrian %s', (_id, { input, params, expected }) => {
    const groups = input.bins_cal;
    const fit = fitConformal({ residuals: residualsOf(input), groups, groupCount: Math.max(...groups) + 1 }, params);
    const intervals = conformalIntervals(fit, input.pred_test, { groups: input.bins_test });
    expectClose(input.bins_test.map((g) => fit.radii[g]), expected.mondrian_q as number[]);
    expectClose(intervals.lower, expected.mondrian_lo as number[]);
    expectClose(intervals.upper, expected.mondrian_hi as number[]);
  });

  it('has seen every case of the two kinds', () => {
    expect([casesOf('split').length, casesOf('asym_mondrian_cqr').length]).toEqual([8, 5]);
  });
});

describe('worked by hand', () => {
  // |r| / d = 1 1 1 2 | 3 1 1 1; alpha 0.5: each group of four takes its third score, all eight the fifth.
  const rows = { residuals: [1, -2, 3, 8, -3, 2, -5, 7], dispersion: [1, 2, 3, 4, 1, 2, 5, 7], groups: [0, 0, 0, 0, 1, 1, 1, 1], groupCount: 2 };
  const fit = fitConformal(rows, { alpha: 0.5, dispersionFloor: 0.5 });

  it('takes one order statistic per group, one over all rows, one of the raw residuals', () => {
    expect(fit).toMatchObject({ score: 'normalized', overallRadius: 1, overallCount: 8, absoluteRadius: 3, absoluteCount: 8, missingRows: 0, dispersionFloor: 0.5 });
    expect([...fit.radii]).toEqual([1, 1]);
    expect([...fit.counts]).toEqual([4, 4]);
  });

  it('multiplies the radius by the dispersion of the row', () => {
    expect(conformalInterval(fit, 10, { dispersion: 3, group: 1 })).toEqual({ lower: 7, upper: 13, basis: 'group' });
  });

  it('uses the overall radius for a row without a group, and says so', () => {
    for (const group of [-1, NaN]) expect(conformalInterval(fit, 10, { dispersion: 2, group })).toEqual({ lower: 8, upper: 12, basis: 'overall' });
  });

  it('uses the radius of the raw residuals for a row without a dispersion, and says so', () => {
    for (const dispersion of [NaN, 0, -1, Infinity]) expect(conformalInterval(fit, 10, { dispersion, group: 0 })).toEqual({ lower: 7, upper: 13, basis: 'absolute' });
  });

  it('raises a dispersion below the floor to the floor', () => {
    expect(conformalInterval(fit, 10, { dispersion: 1e-9, group: 0 })).toEqual({ lower: 9.5, upper: 10.5, basis: 'group' });
  });

  it('gives NaN bounds for a prediction that is not a number', () => {
    for (const prediction of [NaN, Infinity]) expect(conformalInterval(fit, prediction, { dispersion: 1, group: 0 })).toEqual({ lower: NaN, upper: NaN, basis: 'group' });
  });

  it('counts what each interval of a batch rests on', () => {
    const { basisCounts } = conformalIntervals(fit, [1, 2, 3, 4], { dispersion: [1, 1, NaN, 1], groups: [0, -1, 0, 1] });
    expect(basisCounts).toEqual({ group: 2, overall: 1, absolute: 1 });
  });

  it('prints itself', () => {
    expect(inspect(fit)).toBe('conformal 50 %, normalized, radii [1, 1] of [4, 4] rows');
  });
});

describe('engine 4 defects', () => {
  it('engine 4: a group too small for its promise is infinite, never its largest score', () => {
    const residuals = [...new Array<number>(20).fill(1), 0.1, 0.2];
    const groups = residuals.map((_, i) => (i < 20 ? 0 : 1));
    const fit = fitConformal({ residuals, groups, groupCount: 3 }, { alpha: 0.1 });
    expect([...fit.radii]).toEqual([1, Infinity, Infinity]);
    expect([...fit.counts]).toEqual([20, 2, 0]);
    expect(conformalInterval(fit, 0, { group: 1 })).toEqual({ lower: -Infinity, upper: Infinity, basis: 'group' });
  });

  it('engine 4: fewer than ten rows are a wide interval, not an exception', () => {
    expect(splitConformal([0.1, 0.2]).overallRadius).toBe(Infinity);
    expect(splitConformal([]).overallRadius).toBe(Infinity);
  });

  it('engine 4: widths follow the dispersion of the row, so they carry information', () => {
    const fit = fitConformal({ residuals: [1, 2, 3], dispersion: [1, 1, 1] }, { alpha: 0.5 });
    const width = (dispersion: number): number => conformalInterval(fit, 0, { dispersion }).upper;
    expect(width(4)).toBe(2 * width(2));
  });

  it('engine 4: one row has the same interval inside any batch', () => {
    const random = randomStream(3, 'batch');
    const residuals = Float64Array.from({ length: 200 }, random.normal);
    const dispersion = Float64Array.from({ length: 200 }, () => 0.5 + random.uniform());
    const groups = Int32Array.from({ length: 200 }, () => random.integer(3));
    const fit = fitConformal({ residuals, dispersion, groups, groupCount: 3 });
    const batch = conformalIntervals(fit, residuals, { dispersion, groups });
    for (let i = 0; i < 200; i++) {
      expect(conformalInterval(fit, residuals[i], { dispersion: dispersion[i], group: groups[i] })).toMatchObject({ lower: batch.lower[i], upper: batch.upper[i] });
    }
  });

  it('engine 4: a higher coverage target is wider', () => {
    const residuals = Float64Array.from({ length: 500 }, randomStream(4, 'r').normal);
    expect(splitConformal(residuals, { alpha: 0.05 }).overallRadius).toBeGreaterThan(splitConformal(residuals, { alpha: 0.2 }).overallRadius);
  });
});

describe('missing and extreme rows', () => {
  it('leaves NaN residuals out and counts them', () => {
    const fit = fitConformal({ residuals: [1, NaN, 3, NaN, 2], dispersion: [1, 1, 1, NaN, 1] }, { alpha: 0.5 });
    expect(fit).toMatchObject({ overallRadius: 2, overallCount: 3, absoluteCount: 3, missingRows: 2 });
  });

  it('leaves rows without a dispersion to the raw radius', () => {
    const fit = fitConformal({ residuals: [1, 2, 3, 100, 100], dispersion: [1, 1, 1, NaN, 0] }, { alpha: 0.5 });
    expect(fit).toMatchObject({ overallCount: 3, overallRadius: 2, absoluteCount: 5, absoluteRadius: 3 });
  });

  it('one frozen price does not own the scores: the floor is the 1 % quantile of positive dispersions', () => {
    const dispersion = new Float64Array(1000).fill(0.02);
    dispersion[0] = 1e-12;
    const fit = fitConformal({ residuals: new Float64Array(1000).fill(0.01), dispersion });
    expect(fit.dispersionFloor).toBe(0.02);
    expect(fit.radii[0]).toBe(0.5);
  });

  it('without any dispersion the scaled radius promises nothing and the raw one holds', () => {
    const fit = fitConformal({ residuals: [1, 2, 3], dispersion: [NaN, NaN, NaN] }, { alpha: 0.5 });
    expect(fit).toMatchObject({ overallRadius: Infinity, absoluteRadius: 2, dispersionFloor: 0 });
    expect(conformalInterval(fit, 0, { dispersion: NaN })).toEqual({ lower: -2, upper: 2, basis: 'absolute' });
  });

  it('keeps rows without a group out of the groups and in the overall radius', () => {
    const fit = fitConformal({ residuals: [1, 1, 1, 9, 9, 9, 9], groups: [0, 0, 0, -1, NaN, -1, -1], groupCount: 1 }, { alpha: 0.5 });
    expect(fit).toMatchObject({ overallRadius: 9, overallCount: 7 });
    expect([...fit.radii]).toEqual([1]);
  });

  it('minimumGroupRows makes a thin group infinite', () => {
    const rows = { residuals: new Float64Array(30).fill(1), groups: Int32Array.from({ length: 30 }, (_, i) => (i < 10 ? 0 : 1)), groupCount: 2 };
    expect([...fitConformal(rows, { minimumGroupRows: 11 }).radii]).toEqual([Infinity, 1]);
    expect([...fitConformal(rows, { minimumGroupRows: 10 }).radii]).toEqual([1, 1]);
  });
});

describe('mistakes of the caller', () => {
  const bad = (run: () => unknown, code: string, message: RegExp): void => {
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as string }));
  };

  it('unequal lengths, codes out of range, groups without a count', () => {
    bad(() => fitConformal({ residuals: [1, 2], dispersion: [1] }), 'ERR_SHAPE', /residuals and dispersion/);
    bad(() => fitConformal({ residuals: [1, 2], groups: [0, 2], groupCount: 2 }), 'ERR_DOMAIN', /group must be an integer in \[0, 1\].*got 2/);
    bad(() => fitConformal({ residuals: [1, 2], groups: [0, 0.5], groupCount: 2 }), 'ERR_DOMAIN', /got 0.5/);
    bad(() => fitConformal({ residuals: [1], groups: [0] }), 'ERR_DOMAIN', /groupCount/);
    bad(() => conformalIntervals(splitConformal([1]), [1, 2], { groups: [0] }), 'ERR_SHAPE', /predictions and groups/);
  });

  it('unknown options name the nearest known one', () => {
    bad(() => splitConformal([1], { alfa: 0.1 } as never), 'ERR_UNKNOWN_NAME', /did you mean "alpha"/);
    bad(() => fitConformal({ residuals: [1], dispersions: [1] } as never), 'ERR_UNKNOWN_NAME', /did you mean "dispersion"/);
    bad(() => splitConformal([1], { alpha: 1.2 }), 'ERR_DOMAIN', /^splitConformal: alpha must lie in \(0, 1\), got 1.2$/);
    bad(() => fitConformal({ residuals: [1] }, { dispersionFloor: 0, minimumGroupRows: 0 }), 'ERR_DOMAIN', /minimumGroupRows/);
    bad(() => fitConformal({ residuals: [1], dispersion: [1] }, { dispersionFloor: -1 }), 'ERR_DOMAIN', /dispersionFloor/);
  });

  it('a forgotten dispersion or group is an error; a missing one is NaN or -1', () => {
    const scaled = fitConformal({ residuals: [1, 2, 3], dispersion: [1, 1, 1] }, { alpha: 0.5 });
    const grouped = fitConformal({ residuals: [1, 2], groups: [0, 1], groupCount: 2 }, { alpha: 0.5 });
    bad(() => conformalInterval(scaled, 0), 'ERR_DOMAIN', /dispersion must be given/);
    bad(() => conformalIntervals(scaled, [0]), 'ERR_DOMAIN', /dispersion must be given/);
    bad(() => conformalInterval(grouped, 0, { dispersion: 1 }), 'ERR_DOMAIN', /group must be given/);
    bad(() => conformalInterval(grouped, 0, { group: 2 }), 'ERR_DOMAIN', /group must be an integer in \[0, 1\]/);
  });
});

describe('group cuts', () => {
  it('cuts at equal quantiles (R-7), a value at a cut belongs above it', () => {
    const cuts = fitGroupCuts([7, 1, 6, 2, 5, 3, 4]);
    expect([...cuts.cuts]).toEqual([3, 5]);
    expect(cuts.groupCount).toBe(3);
    expect([-Infinity, 2.9, 3, 4.9, 5, Infinity].map((v) => groupOf(cuts, v))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('a missing value has no group', () => {
    expect(groupOf(fitGroupCuts([1, 2, 3]), NaN)).toBe(-1);
    expect([...groupsOf(fitGroupCuts([1, 2, 3]), [1, NaN, 3])]).toEqual([0, -1, 2]);
  });

  it('leaves NaN and infinities out, and knows one group when nothing can be cut', () => {
    expect([...fitGroupCuts([NaN, 1, Infinity, 2, 3, -Infinity, 4, 5, 6, 7]).cuts]).toEqual([3, 5]);
    for (const values of [[], [NaN], [5, 5, 5, 5]]) {
      const cuts = fitGroupCuts(values);
      expect([cuts.groupCount, groupOf(cuts, 5), groupOf(cuts, -5)]).toEqual([1, 0, 0]);
    }
  });

  it('leaves no group without a calibration row', () => {
    const valueList = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ noNaN: true, min: -1e3, max: 1e3 })), { minLength: 1, maxLength: 40 });
    fc.assert(fc.property(valueList, fc.integer({ min: 1, max: 8 }), (values, count) => {
      const cuts = fitGroupCuts(values, count);
      expect(cuts.groupCount).toBeLessThanOrEqual(count);
      expect(new Set(values.map((v) => groupOf(cuts, v)))).toEqual(new Set(Array.from({ length: cuts.groupCount }, (_, g) => g)));
    }));
  });

  it('stores its cuts: the group of a value does not depend on what else is in a batch', () => {
    const cuts = fitGroupCuts([1, 2, 3, 4, 5, 6, 7]);
    expect(groupsOf(cuts, [100, 200, 300])).toEqual(Int32Array.of(2, 2, 2));
  });

  it.each([0, 2.5, 70_000, NaN])('refuses %s groups', (count) => {
    expect(() => fitGroupCuts([1], count)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});

describe('coverage of exchangeable rows', () => {
  // 300 calibration rows and 200 later ones, 400 times: the standard error of the mean coverage of a group stays below 0.0025,
  // of which the sampling of the calibration rows is the larger part (Beta with standard deviation about 0.03 for 100 rows).
  const TOLERANCE = 4 * 0.0025;
  const REPEATS = 400;
  const volatilities = [0.5, 1, 4];

  function simulate(make: (residuals: Float64Array, group: Int32Array, noisyScale: Float64Array) => Parameters<typeof fitConformal>[0]): { overall: number; byGroup: number[] } {
    const inside = [0, 0, 0];
    const seen = [0, 0, 0];
    const random = randomStream(2024, 'exchangeable');
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const group = Int32Array.from({ length: 500 }, () => random.integer(3));
      const residuals = Float64Array.from(group, (g) => volatilities[g] * random.studentT(4));
      const noisyScale = Float64Array.from(group, (g) => volatilities[g] * (0.5 + random.uniform()));
      const all = make(residuals, group, noisyScale);
      const part = (from: number, to: number): Parameters<typeof fitConformal>[0] => ({
        residuals: residuals.subarray(from, to),
        ...(all.dispersion && { dispersion: noisyScale.subarray(from, to) }),
        ...(all.groups && { groups: group.subarray(from, to), groupCount: 3 }),
      });
      const fit = fitConformal(part(0, 300), { alpha: 0.1 });
      const { lower, upper } = conformalIntervals(fit, new Float64Array(200), { ...(all.dispersion && { dispersion: noisyScale.subarray(300) }), ...(all.groups && { groups: group.subarray(300) }) });
      for (let i = 0; i < 200; i++) {
        const actual = residuals[300 + i];
        seen[group[300 + i]]++;
        if (actual >= lower[i] && actual <= upper[i]) inside[group[300 + i]]++;
      }
    }
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    return { overall: sum(inside) / sum(seen), byGroup: inside.map((k, g) => k / seen[g]) };
  }

  it('is at least 1 - alpha overall for absolute scores, but not within groups', () => {
    const { overall, byGroup } = simulate((residuals) => ({ residuals }));
    expect(overall).toBeGreaterThan(0.9 - TOLERANCE);
    expect(overall).toBeLessThan(0.9 + 1 / 301 + TOLERANCE);
    expect(byGroup[2]).toBeLessThan(0.8);
  });

  it('is at least 1 - alpha in every group for Mondrian groups', () => {
    const { byGroup } = simulate((residuals, groups) => ({ residuals, groups, groupCount: 3 }));
    for (const coverage of byGroup) {
      expect(coverage).toBeGreaterThan(0.9 - TOLERANCE);
      expect(coverage).toBeLessThan(0.9 + 2 / 100 + TOLERANCE);
    }
  });

  it('is at least 1 - alpha in every group for normalised scores in Mondrian groups', () => {
    const { byGroup } = simulate((residuals, groups, dispersion) => ({ residuals, groups, groupCount: 3, dispersion }));
    for (const coverage of byGroup) expect(coverage).toBeGreaterThan(0.9 - TOLERANCE);
  });
});

describe('properties', () => {
  const rowList = fc.array(fc.record({
    residual: fc.double({ min: -1e3, max: 1e3 }),
    dispersion: fc.double({ min: 1e-3, max: 1e3 }),
    group: fc.integer({ min: -1, max: 2 }),
  }), { maxLength: 60 });
  const unpack = (rows: readonly { residual: number; dispersion: number; group: number }[], scale = 1): Parameters<typeof fitConformal>[0] => ({
    residuals: rows.map((r) => r.residual * scale),
    dispersion: rows.map((r) => r.dispersion * scale),
    groups: rows.map((r) => r.group),
    groupCount: 3,
  });

  it('residuals and dispersions in another unit give the same radii', () => {
    fc.assert(fc.property(rowList, fc.integer({ min: -12, max: 12 }), (rows, exponent) => {
      const [a, b] = [fitConformal(unpack(rows)), fitConformal(unpack(rows, 2 ** exponent))];
      expect([...b.radii]).toEqual([...a.radii]);
      expect(b.absoluteRadius).toBe(a.absoluteRadius * 2 ** exponent);
    }));
  });

  it('the order of the rows does not matter', () => {
    fc.assert(fc.property(rowList, (rows) => {
      expect(fitConformal(unpack([...rows].reverse()))).toEqual(fitConformal(unpack(rows)));
    }));
  });

  it('intervals are nested in alpha and hold the prediction', () => {
    fc.assert(fc.property(rowList, fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: -1, max: 2 }), (rows, prediction, group) => {
      const [wide, narrow] = [0.1, 0.4].map((alpha) => conformalInterval(fitConformal(unpack(rows), { alpha }), prediction, { dispersion: 1, group }));
      expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
      expect(narrow.lower).toBeLessThanOrEqual(prediction);
      expect(prediction).toBeLessThanOrEqual(narrow.upper);
      expect(narrow.upper).toBeLessThanOrEqual(wide.upper);
    }));
  });

  it('splitConformal is fitConformal without groups and scales', () => {
    fc.assert(fc.property(fc.array(fc.double()), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (residuals, alpha) => {
      expect(splitConformal(residuals, { alpha })).toEqual(fitConformal({ residuals }, { alpha }));
    }));
  });
});
