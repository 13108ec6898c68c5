import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashUniform } from '../../src/core/hash.ts';
import { brierDecomposition } from '../../src/metrics/brier-decomposition.ts';
import { calibrationError } from '../../src/metrics/calibration-error.ts';
import { brierScore } from '../../src/metrics/probability.ts';
import { reliabilityCurve } from '../../src/metrics/reliability-curve.ts';
import { REFERENCE_TOLERANCE, referenceCases, relativeError } from './reference.ts';

interface Curve {
  readonly true: readonly number[];
  readonly pred: readonly number[];
}

const cases = referenceCases('prob_metrics.json', 'binary').map(([id, { input, params, expected }]) => {
  const more = expected as unknown as { cal_uniform: Curve; cal_quantile: Curve; murphy: Record<'reliability' | 'resolution' | 'uncertainty', number> };
  return [id, { y: input['y'], p: input['p'], bins: params['bins'], expected: { ...more, ece: expected['ece'], mce: expected['mce'], mass: expected['ece_equal_mass'], brier: expected['brier'] } }] as const;
});

/** Independent outcomes of probabilities spread evenly over [0, 1], or those bent by `bend`. */
function sample(seed: number, n: number, bend: (p: number) => number = (p) => p): { y: Float64Array; p: Float64Array } {
  const p = Float64Array.from({ length: n }, (_, i) => hashUniform(seed, 1, i));
  return { p, y: p.map((value, i) => Number(hashUniform(seed, 2, i) < bend(value))) };
}

const rows = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 20 }).map((k) => k / 20), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 40 });

describe('calibrationError', () => {
  it('has 10 reference cases', () => {
    expect(cases).toHaveLength(10);
  });

  it.each(cases)('equals the reference case %s: ECE, MCE, equal-mass ECE', (_id, { y, p, bins, expected }) => {
    const width = calibrationError(y, p, { bins, minimumRows: 1 });
    const mass = calibrationError(y, p, { bins, binning: 'equal-mass', minimumRows: 1 });
    expect(relativeError(width.expected, expected.ece)).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(width.maximum, expected.mce)).toBeLessThan(REFERENCE_TOLERANCE);
    expect(relativeError(mass.expected, expected.mass)).toBeLessThan(REFERENCE_TOLERANCE);
  });

  it('by hand: gaps 0.3 and 0.1 in bins of 2 and 3 rows', () => {
    const found = calibrationError([0, 1, 1, 1, 0], [0.1, 0.3, 0.5, 0.7, 0.5], { bins: 2, minimumRows: 5 });
    expect(found.bins.map(({ lower, upper, n }) => [lower, upper, n])).toEqual([[0, 0.5, 2], [0.5, 1, 3]]);
    expect(found.expected).toBeCloseTo((2 * 0.3 + 3 * 0.1) / 5, 15);
    expect(found.maximum).toBeCloseTo(0.3, 15);
    expect(found.meanSquare).toBeCloseTo((2 * 0.09 + 3 * 0.01) / 5, 15);
    // Pairs of y - p: -0.1 * 0.7 in the first bin; 0.5 * 0.3, 0.5 * -0.5, 0.3 * -0.5 in the second.
    expect(found.debiasedMeanSquare).toBeCloseTo((2 * -0.07 + (3 * (0.15 - 0.25 - 0.15)) / 3) / 5, 15);
  });

  it('debiased equals Kumar, Liang and Ma: gap^2 - f (1 - f) / (n - 1), when a bin holds one probability', () => {
    const { debiasedMeanSquare } = calibrationError([1, 1, 0, 1], [0.6, 0.6, 0.6, 0.6], { bins: 1 });
    expect(debiasedMeanSquare).toBeCloseTo(0.15 ** 2 - (0.75 * 0.25) / 3, 15);
  });

  it('of perfect probabilities is far from 0 by chance alone, about sqrt(bins / n) / 3, and debiased it is 0 on average', () => {
    let [plain, debiased, below] = [0, 0, 0];
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const { y, p } = sample(run, 200);
      const found = calibrationError(y, p, { binning: 'equal-mass' });
      plain += found.expected / runs;
      debiased += found.debiasedMeanSquare / runs;
      if (found.debiasedMeanSquare < 0) below++;
    }
    expect(plain / Math.sqrt(10 / 200)).toBeGreaterThan(0.27);
    expect(plain / Math.sqrt(10 / 200)).toBeLessThan(0.36);
    expect(Math.abs(debiased)).toBeLessThan(5e-4); // the plain mean square is about 0.0083
    expect(below / runs).toBeGreaterThan(0.4);
  });

  it('debiased finds a real error of 0.1 at its size, from samples of 50', () => {
    let debiased = 0;
    for (let run = 0; run < 400; run++) {
      const { y, p } = sample(run, 50, (value) => 0.8 * value);
      debiased += calibrationError(y, p, { bins: 1 }).debiasedMeanSquare / 400;
    }
    expect(Math.abs(debiased - 0.01)).toBeLessThan(1.5e-3);
  });

  it('defect of the engine, section 3: a probability outside [0, 1] is an error, it does not vanish from the bins while it stays in N', () => {
    expect(() => calibrationError([0, 1], [0.2, 1.2])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'calibrationError: probability must lie in [0, 1], got 1.2 at row 1' }));
    expect(() => calibrationError([0, 1], [-0.001, 0.2])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    const { bins } = calibrationError([0, 1, 1], [0, 1, 0.5], { bins: 3, minimumRows: 1 });
    expect(bins.map(({ n }) => n)).toEqual([1, 1, 1]);
  });

  it('defect of the engine, section 3: too few rows are insufficient, not zeros that look perfect; no row is no-rows, not 0', () => {
    const [y, p] = [[0, 1, 1], [0.1, 0.9, 0.9]];
    expect(calibrationError(y, p)).toMatchObject({ expected: NaN, maximum: NaN, meanSquare: NaN, debiasedMeanSquare: NaN, reason: 'insufficient', n: 3 });
    expect(calibrationError([], [])).toMatchObject({ expected: NaN, reason: 'no-rows', n: 0, missing: 0 });
    expect(calibrationError([NaN, 1], [0.1, NaN])).toMatchObject({ expected: NaN, reason: 'no-rows', n: 0, missing: 2 });
    const twenty = sample(1, 20);
    expect(calibrationError(twenty.y, twenty.p).reason).toBeNull();
    expect(calibrationError(twenty.y.subarray(1), twenty.p.subarray(1)).reason).toBe('insufficient');
  });

  it('has no debiased value when every row is alone in its bin', () => {
    expect(calibrationError([0, 1], [0.1, 0.9], { bins: 2, minimumRows: 1 })).toMatchObject({ debiasedMeanSquare: NaN, reason: null });
    expect(calibrationError([0, 1], [0.1, 0.9], { bins: 2, minimumRows: 1 }).expected).toBeCloseTo(0.1, 15);
  });

  it('cuts equal-mass bins like numpy.array_split: the first ones hold a row more, ties stay in row order', () => {
    const { bins } = calibrationError([1, 0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5, 0.1], { bins: 3, binning: 'equal-mass', minimumRows: 1 });
    expect(bins.map(({ n, lower, upper, frequency }) => [n, lower, upper, frequency])).toEqual([[2, 0.1, 0.5, 1], [2, 0.5, 0.5, 0.5], [1, 0.5, 0.5, 0]]);
    const short = calibrationError([1], [0.5], { bins: 2, binning: 'equal-mass', minimumRows: 1 });
    expect(short.bins[1]).toEqual({ lower: NaN, upper: NaN, n: 0, meanProbability: NaN, frequency: NaN });
  });

  it('lies between 0 and its maximum, and bins hold every row, for any data', () => {
    fc.assert(fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.constantFrom('equal-width' as const, 'equal-mass' as const), (data, bins, binning) => {
      const found = calibrationError(data.map(([y]) => y), data.map(([, p]) => p), { bins, binning, minimumRows: 1 });
      expect(found.bins.reduce((sum, { n }) => sum + n, 0)).toBe(data.length);
      expect(found.expected).toBeLessThanOrEqual(found.maximum + 1e-12);
      expect(found.expected ** 2).toBeLessThanOrEqual(found.meanSquare + 1e-12);
    }));
  });

  it.each<[string, () => unknown, string]>([
    ['different lengths', () => calibrationError([1], [0.5, 0.5]), 'ERR_SHAPE'],
    ['an outcome of 0.5', () => calibrationError([0.5], [0.5]), 'ERR_DOMAIN'],
    ['no bins', () => calibrationError([1], [0.5], { bins: 0 }), 'ERR_DOMAIN'],
    ['an unknown binning', () => calibrationError([1], [0.5], { binning: 'uniform' as 'equal-mass' }), 'ERR_DOMAIN'],
    ['an unknown option', () => calibrationError([1], [0.5], { nBins: 5 } as object), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('reliabilityCurve', () => {
  it.each(cases)('equals calibration_curve of scikit-learn in case %s, uniform and quantile; scikit-learn drops the empty bins', (_id, { y, p, bins, expected }) => {
    for (const [binning, curve] of [['uniform', expected.cal_uniform], ['quantile', expected.cal_quantile]] as const) {
      const found = reliabilityCurve(y, p, { bins, binning });
      expect(found.bins).toHaveLength(bins);
      const occupied = found.bins.filter(({ n }) => n > 0);
      expect(occupied).toHaveLength(curve.true.length);
      occupied.forEach(({ frequency, meanProbability }, b) => {
        expect(relativeError(frequency, curve.true[b])).toBeLessThan(REFERENCE_TOLERANCE);
        expect(relativeError(meanProbability, curve.pred[b])).toBeLessThan(REFERENCE_TOLERANCE);
      });
    }
  });

  it("defect of the engine, section 3: an empty bin is there, with n 0 and its reason, and the NaN of its frequency means exactly that", () => {
    const { bins, reason } = reliabilityCurve([0, 1, 1, 1], [0.05, 0.95, 0.9, 0.99], { bins: 4, minimumRows: 4 });
    expect(reason).toBeNull();
    expect(bins.map(({ n }) => n)).toEqual([1, 0, 0, 3]);
    expect(bins[1]).toEqual({ lower: 0.25, upper: 0.5, n: 0, meanProbability: NaN, frequency: NaN, frequencyLower: NaN, frequencyUpper: NaN, reason: 'empty' });
    for (const bin of bins) expect(Number.isNaN(bin.frequency)).toBe(bin.reason === 'empty');
  });

  it("Wilson's band by hand: 3 of 10 at 95 % is [0.1078, 0.6032], and 0 of 10 still reaches 0.2775", () => {
    const [three] = reliabilityCurve([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], new Float64Array(10).fill(0.3), { bins: 1 }).bins;
    expect(three.frequencyLower).toBeCloseTo(0.10779, 5);
    expect(three.frequencyUpper).toBeCloseTo(0.60322, 5);
    const [none] = reliabilityCurve(new Float64Array(10), new Float64Array(10).fill(0.3), { bins: 1 }).bins;
    expect(none.frequencyLower).toBeCloseTo(0, 15);
    expect(none.frequencyUpper).toBeCloseTo(3.841459 / 13.841459, 6);
  });

  it("Wilson's band covers the truth about as often as it says, on independent rows", () => {
    let [inside, total] = [0, 0];
    for (let run = 0; run < 200; run++) {
      const level = [0.1, 0.5, 0.85][run % 3];
      const y = Float64Array.from({ length: 80 }, (_, i) => Number(hashUniform(run, 7, i) < level));
      const [bin] = reliabilityCurve(y, new Float64Array(80).fill(level), { bins: 1, confidence: 0.9 }).bins;
      total++;
      if (bin.frequencyLower <= level && level <= bin.frequencyUpper) inside++;
    }
    expect(inside / total).toBeGreaterThan(0.84);
    expect(inside / total).toBeLessThan(0.96);
  });

  it('the bootstrap of session blocks covers the truth when all names of a session share their outcome, where Wilson does not', () => {
    // 60 sessions of 20 names, all right or all wrong: 60 outcomes, not 1200.
    const sessions = Float64Array.from({ length: 1200 }, (_, i) => Math.floor(i / 20));
    const p = new Float64Array(1200).fill(0.5);
    let [wilson, bootstrap] = [0, 0];
    for (let run = 0; run < 100; run++) {
      const y = sessions.map((s) => Number(hashUniform(run, 3, s) < 0.5));
      const covers = (options: object): boolean => {
        const [bin] = reliabilityCurve(y, p, { bins: 1, ...options }).bins;
        return bin.frequencyLower <= 0.5 && 0.5 <= bin.frequencyUpper;
      };
      if (covers({})) wilson++;
      if (covers({ bands: 'bootstrap', sessions, blockSessions: 1, replicates: 200, seed: run })) bootstrap++;
    }
    expect(wilson).toBeLessThan(45);
    expect(bootstrap).toBeGreaterThan(85);
  });

  it('the bootstrap repeats with its seed, keeps the place of a missing row, and says where it cannot know', () => {
    const { y, p } = sample(5, 300);
    const sessions = Float64Array.from({ length: 300 }, (_, i) => i);
    const options = { bands: 'bootstrap', sessions, blockSessions: 10, bins: 5, replicates: 100 } as const;
    const first = reliabilityCurve(y, p, options);
    expect(reliabilityCurve(y, p, options)).toEqual(first);
    expect(reliabilityCurve(y, p, { ...options, seed: 1 })).not.toEqual(first);
    expect(reliabilityCurve([NaN, ...y], [0.5, ...p], { ...options, sessions: [0, ...sessions] }).bins).toEqual(first.bins);
    const few = reliabilityCurve([0, 1, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.9, 0.8], { bands: 'bootstrap', bins: 3, sessions: [0, 1, 2, 3, 0, 1], blockSessions: 1 });
    expect(few.bins.map(({ reason }) => reason)).toEqual(['too-few-blocks', 'too-few-blocks', 'too-few-blocks']);
    expect(few.bins[0]).toMatchObject({ frequency: 1 / 3, frequencyLower: NaN });
    const same = reliabilityCurve(new Float64Array(9).fill(1), new Float64Array(9).fill(0.9), { bands: 'bootstrap', bins: 1, sessions: [0, 1, 2, 3, 4, 5, 6, 7, 8], blockSessions: 1 });
    expect(same.bins[0]).toMatchObject({ frequency: 1, frequencyUpper: NaN, reason: 'one-class' }); // every draw is 1: a band of width 0 would look certain
  });

  it('defect of the engine, section 3: fewer rows than 2 per bin are insufficient, and the bins still show them', () => {
    const found = reliabilityCurve([0, 1], [0.1, 0.9]);
    expect(found).toMatchObject({ reason: 'insufficient', n: 2 });
    expect(found.bins.reduce((sum, { n }) => sum + n, 0)).toBe(2);
    expect(reliabilityCurve([], [])).toMatchObject({ reason: 'no-rows', n: 0 });
    expect(reliabilityCurve([], [], { binning: 'quantile' }).bins.every(({ reason }) => reason === 'empty')).toBe(true);
  });

  it('a bin holds its upper edge, the first its lower one too, unlike the bins of calibrationError', () => {
    const [y, p] = [[0, 0, 1, 1, 1], [0, 0.5, 0.5, 0.500001, 1]];
    expect(reliabilityCurve(y, p, { bins: 2 }).bins.map(({ n }) => n)).toEqual([3, 2]);
    expect(calibrationError(y, p, { bins: 2, minimumRows: 1 }).bins.map(({ n }) => n)).toEqual([1, 4]);
  });

  it.each<[string, () => unknown, string]>([
    ['a probability outside [0, 1]', () => reliabilityCurve([1], [1.5]), 'ERR_DOMAIN'],
    ['a bootstrap without sessions', () => reliabilityCurve([1], [0.5], { bands: 'bootstrap' }), 'ERR_DOMAIN'],
    ['sessions of another length', () => reliabilityCurve([1], [0.5], { bands: 'bootstrap', sessions: [1, 2] }), 'ERR_SHAPE'],
    ['a NaN session', () => reliabilityCurve([1], [0.5], { bands: 'bootstrap', sessions: [NaN] }), 'ERR_DOMAIN'],
    ['a confidence of 1', () => reliabilityCurve([1], [0.5], { confidence: 1 }), 'ERR_DOMAIN'],
    ['different lengths', () => reliabilityCurve([1], []), 'ERR_SHAPE'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('brierDecomposition', () => {
  it.each(cases)('equals the reference case %s: reliability, resolution, uncertainty by distinct values', (_id, { y, p, expected }) => {
    const found = brierDecomposition(y, p);
    for (const key of ['reliability', 'resolution', 'uncertainty'] as const) expect(relativeError(found[key], expected.murphy[key]), key).toBeLessThan(REFERENCE_TOLERANCE);
    expect(Math.abs(found.brier - (found.reliability - found.resolution + found.uncertainty))).toBeLessThan(1e-14);
    expect(found.withinVariance).toBe(0);
    expect(found.withinCovariance).toBe(0);
  });

  it('by hand, in one bin: all that is left of resolution is within', () => {
    const found = brierDecomposition([0, 1], [0.2, 0.6], { binning: 'equal-width', bins: 1 });
    expect(found.reliability).toBeCloseTo(0.01, 15);
    expect(found.resolution).toBe(0);
    expect(found.uncertainty).toBe(0.25);
    expect(found.withinVariance).toBeCloseTo(0.04, 15);
    expect(found.withinCovariance).toBeCloseTo(0.2, 15);
    expect(found.brier).toBeCloseTo(0.1, 15);
  });

  it('adds up exactly for any rows, weights and bins, to the Brier score', () => {
    fc.assert(fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.constantFrom('distinct' as const, 'equal-width' as const, 'equal-mass' as const), (data, bins, binning) => {
      const [y, p, weights] = [data.map((r) => r[0]), data.map((r) => r[1]), data.map((r) => r[2])];
      const found = brierDecomposition(y, p, { bins, binning, weights });
      const sum = found.reliability - found.resolution + found.uncertainty + found.withinVariance - found.withinCovariance;
      expect(Math.abs(sum - found.brier)).toBeLessThan(1e-13);
      expect(Math.abs(found.brier - brierScore(y, p, { weights }))).toBeLessThan(1e-13);
      expect(found.resolution).toBeLessThanOrEqual(found.uncertainty + 1e-13);
    }));
  });

  it('weights count as repeated rows', () => {
    const once = brierDecomposition([0, 1, 1], [0.2, 0.2, 0.9], { weights: [2, 1, 3] });
    const repeated = brierDecomposition([0, 0, 1, 1, 1, 1], [0.2, 0.2, 0.2, 0.9, 0.9, 0.9]);
    for (const key of ['brier', 'reliability', 'resolution', 'uncertainty'] as const) expect(once[key]).toBeCloseTo(repeated[key], 14);
    expect(once).toMatchObject({ groups: 2, n: 3 });
  });

  it('is NaN with a reason without a row, and refuses what is no probability', () => {
    expect(brierDecomposition([NaN], [0.5])).toMatchObject({ brier: NaN, reliability: NaN, resolution: NaN, uncertainty: NaN, withinVariance: NaN, withinCovariance: NaN, baseRate: NaN, reason: 'no-rows', n: 0, missing: 1 });
    expect(brierDecomposition([1], [0.5]).reason).toBeNull();
    expect(() => brierDecomposition([1], [-0.1])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => brierDecomposition([1], [0.1], { weights: [-1] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => brierDecomposition([1], [0.1, 0.2])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
