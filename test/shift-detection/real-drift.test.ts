import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Adwin, Cusum, kolmogorovSmirnov, PageHinkley, populationStabilityIndex } from '../../src/shift-detection/index.ts';
import type { DetectorStatus } from '../../src/shift-detection/index.ts';
import task from './fixtures/real_drift.json' with { type: 'json' };

/** Dates and log returns of a column of closes kept beside the conformal tests. */
function series(file: string): { dates: string[]; returns: Float64Array } {
  const text = gunzipSync(readFileSync(new URL(`../conformal/fixtures/${file}`, import.meta.url))).toString();
  const rows = text.trim().split('\n').slice(1).map((line) => line.split(','));
  return { dates: rows.slice(1).map(([date]) => date), returns: Float64Array.from({ length: rows.length - 1 }, (_, i) => Math.log(Number(rows[i + 1][1])) - Math.log(Number(rows[i][1]))) };
}

const { detections } = task;

describe('dates that river and numpy give on the S&P 500, 1990 to 2022', () => {
  const { dates, returns } = series('spx_vix_close_1990_2022.csv.gz');
  const size = returns.map((r) => Math.round(Math.abs(r) * 1e8) / 1e6); // percent
  const alarms = (detector: { updateMany(values: ArrayLike<number>): readonly DetectorStatus[] }): DetectorStatus[] => [...detector.updateMany(size)];
  const datesOf = (found: readonly DetectorStatus[]): string[] => found.map(({ index }) => dates[index]);

  it('ADWIN at its defaults and at delta 1e-4', () => {
    expect(datesOf(alarms(new Adwin()))).toEqual(detections.adwin_default_abs_ret_pct);
    expect(datesOf(alarms(new Adwin({ delta: 1e-4 })))).toEqual(detections['adwin_delta1e-4']);
  });

  it('Page-Hinkley at its defaults and at threshold 20', () => {
    expect(datesOf(alarms(new PageHinkley()))).toEqual(detections.page_hinkley_default);
    expect(datesOf(alarms(new PageHinkley({ threshold: 20 })))).toEqual(detections.page_hinkley_lambda20);
  });

  it('CUSUM against the first 500 values', () => {
    const reference = size.subarray(0, 500);
    const mean = reference.reduce((sum, x) => sum + x, 0) / 500;
    const standardDeviation = Math.sqrt(reference.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 499);
    const detector = new Cusum({ mean, standardDeviation, slack: 0.5, threshold: 8 });
    const found = detector.updateMany(size).map(({ index, direction }) => `${dates[index]}${direction === 'up' ? '+' : '-'}`);
    const { n, first10, last5 } = detections['cusum_k0.5_h8_first500ref'];
    expect(found).toHaveLength(n);
    expect(found.slice(0, 10)).toEqual(first10);
    expect(found.slice(-5)).toEqual(last5);
  });

  it('Kolmogorov-Smirnov and PSI of blocks of 250 against the first 500 returns', () => {
    const reference = returns.subarray(0, 500);
    detections.ks_250_vs_first500.forEach(([date, statistic, pValue], b) => {
      const end = 500 + 250 * (b + 1);
      expect(dates[end - 1]).toBe(date);
      const block = returns.subarray(end - 250, end);
      const ks = kolmogorovSmirnov(reference, block, { method: 'asymptotic' });
      expect(ks.statistic).toBeCloseTo(statistic as number, 9);
      expect(Math.abs(ks.pValue - (pValue as number))).toBeLessThan(2e-4); // scipy's law of the one-sample statistic is approximated
      expect(populationStabilityIndex(reference, block, { bins: 10, floor: 1e-4 }).statistic).toBeCloseTo(detections.psi10_250_vs_first500[b][1] as number, 8);
    });
  });
});
