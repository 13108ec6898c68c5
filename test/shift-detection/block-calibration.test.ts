import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { blockCalibrate, blockCalibrateSync, simulateThresholdSync } from '../../src/shift-detection/block-calibration.ts';
import { cusumRunLength } from '../../src/shift-detection/cusum-run-length.ts';
import { Cusum } from '../../src/shift-detection/cusum.ts';
import type { DetectorStatus } from '../../src/shift-detection/detector.ts';
import { PageHinkley } from '../../src/shift-detection/page-hinkley.ts';

const cusum = (threshold: number): Cusum => new Cusum({ mean: 0, standardDeviation: 1, threshold });
const normals = (seed: number, n: number): Float64Array => {
  const random = randomStream(seed, 'block calibration');
  return Float64Array.from({ length: n }, random.normal);
};
const autoregressive = (seed: number, n: number, phi: number): Float64Array => {
  let x = 0;
  return normals(seed, n).map((z) => (x = phi * x + z));
};

describe('simulateThreshold', () => {
  it('finds the threshold that the integral equation gives for a CUSUM', () => {
    const { threshold, runLength, standardError, status, replicates } = simulateThresholdSync(cusum, { targetRunLength: 100, replicates: 1200 });
    expect(status).toBe('ok');
    expect(replicates).toBe(1200);
    expect(Math.abs(runLength / 100 - 1)).toBeLessThan(0.01);
    expect(standardError / runLength).toBeCloseTo(0.0296, 3); // 1 / sqrt(0.95 * 1200)
    expect(Math.abs(cusumRunLength({ threshold }) / 100 - 1)).toBeLessThan(0.09); // three standard errors
  });

  it('controls Page-Hinkley, which has no run length to compute', () => {
    const factory = (threshold: number): PageHinkley => new PageHinkley({ threshold, delta: 0.25 });
    const { threshold } = simulateThresholdSync(factory, { targetRunLength: 200, replicates: 400 });
    let total = 0;
    const runs = 300;
    for (let r = 0; r < runs; r++) {
      const random = randomStream(r, 'page-hinkley runs');
      const chart = factory(threshold);
      do total++;
      while (!chart.update(random.normal()).alarm);
    }
    expect(Math.abs(total / runs / 200 - 1)).toBeLessThan(0.2);
  });

  it('a run ends when the statistic first exceeds the threshold: worked by hand', () => {
    // The statistic is the number of the update, so the run length at h is floor(h) + 1.
    const counter = (): { update(): DetectorStatus } => {
      let t = 0;
      return { update: () => ({ alarm: false, level: 'none', phase: 'monitoring', index: t, statistic: ++t, threshold: 0, direction: null, onset: null }) };
    };
    const { threshold, runLength } = simulateThresholdSync(counter, { targetRunLength: 7, replicates: 20 });
    expect(runLength).toBe(7);
    expect(threshold).toBeCloseTo(6, 9);
  });

  it('warm-up values cannot alarm', () => {
    const { threshold } = simulateThresholdSync((h) => new Cusum({ mean: 0, standardDeviation: 1, threshold: h, minimumSamples: 50 }), { targetRunLength: 60, replicates: 100 });
    expect(threshold).toBeLessThan(2.5); // 3.4 without
    expect(simulateThresholdSync((h) => new Cusum({ mean: 0, standardDeviation: 1, threshold: h, minimumSamples: 50 }), { targetRunLength: 40, replicates: 20 })).toMatchObject({
      status: 'not-assessable', reason: 'unreachable', threshold: NaN,
    });
  });
});

describe('blockCalibrate', () => {
  it('on independent values comes near the integral equation', () => {
    const { threshold } = blockCalibrateSync(normals(3, 3000), cusum, { targetRunLength: 100, blockLength: 1, replicates: 400 });
    expect(Math.abs(cusumRunLength({ threshold }) / 100 - 1)).toBeLessThan(0.2);
  });

  it('blocks keep the dependence that the plain threshold takes for drift', () => {
    const reference = autoregressive(4, 2000, 0.6);
    const sd = 1 / Math.sqrt(1 - 0.36);
    const runLengthAt = (threshold: number): number => {
      let total = 0;
      for (let r = 0; r < 100; r++) {
        const chart = cusum(threshold);
        for (const value of autoregressive(1000 + r, 1000, 0.6)) {
          total++;
          if (chart.update(value / sd).alarm) break;
        }
      }
      return total / 100;
    };
    const target = { targetRunLength: 100, replicates: 200 };
    expect(runLengthAt(simulateThresholdSync(cusum, target).threshold)).toBeLessThan(35);
    const { threshold, blockLength } = blockCalibrateSync(reference, cusum, target);
    expect(blockLength).toBe(45); // sqrt(2000)
    expect(Math.abs(runLengthAt(threshold) / 100 - 1)).toBeLessThan(0.35);
  });

  it('is unmoved by scale and offset of the reference, and repeats itself to the bit', async () => {
    const reference = normals(5, 300);
    const options = { targetRunLength: 50, replicates: 100, seed: 9 };
    const first = blockCalibrateSync(reference, cusum, options);
    expect(blockCalibrateSync(reference.map((v) => 1024 * v), cusum, options).threshold).toBe(first.threshold);
    expect(blockCalibrateSync(reference.map((v) => 3 - 0.01 * -v), cusum, options).threshold).toBeCloseTo(first.threshold, 9);
    expect(await blockCalibrate(reference, cusum, options)).toEqual(first);
    expect(blockCalibrateSync(reference, cusum, { ...options, seed: 10 }).threshold).not.toBe(first.threshold);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('leaves missing values out and bounds values at `clip`', () => {
    const reference = normals(6, 300);
    const options = { targetRunLength: 50, replicates: 100, blockLength: 1 };
    const holes = Array.from(reference).flatMap((v, i) => (i % 10 === 0 ? [NaN, v] : [v]));
    expect(blockCalibrateSync(holes, cusum, options)).toEqual(blockCalibrateSync(reference, cusum, options));
    const outlier = reference.slice();
    outlier[7] = 8;
    expect(blockCalibrateSync(outlier, cusum, { ...options, clip: 2 }).threshold).toBeLessThan(blockCalibrateSync(outlier, cusum, options).threshold - 0.2);
  });

  it('says why there is no threshold', () => {
    const options = { targetRunLength: 50 };
    for (const [reference, reason] of [[[], 'too-few'], [[1], 'too-few'], [new Array(200).fill(NaN), 'too-few'], [new Array(200).fill(3), 'constant']] as const) {
      expect(blockCalibrateSync(reference, cusum, options)).toMatchObject({ status: 'not-assessable', reason, threshold: NaN });
    }
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(blockCalibrate(normals(7, 100), cusum, { targetRunLength: 1000, signal: controller.signal })).rejects.toThrow('enough');
  });

  it.each([{ targetRunLength: 1 }, { targetRunLength: 50, blockLength: 0 }, { targetRunLength: 50, replicates: 3 }, { targetRunLength: 50, clip: 0.5 }, { targetRunLength: 50, seed: 0.5 }])('refuses %j', (options) => {
    expect(() => blockCalibrateSync(normals(8, 100), cusum, options)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
