import { describe, expect, it } from 'vitest';
import { fitBeta } from '../../src/calibration/beta.ts';
import { applyCalibratorBatch, CALIBRATOR_METHODS } from '../../src/calibration/calibrator.ts';
import type { CalibratorFit } from '../../src/calibration/calibrator.ts';
import { fitCalibratorSync } from '../../src/calibration/choose.ts';
import { calibrationDrift } from '../../src/calibration/drift.ts';
import { fitIsotonic } from '../../src/calibration/isotonic.ts';
import { logit } from '../../src/calibration/logit.ts';
import { fitPlatt } from '../../src/calibration/platt.ts';
import { fitSmoothIsotonic } from '../../src/calibration/smooth-isotonic.ts';
import { fitTemperature } from '../../src/calibration/temperature.ts';
import { fitVennAbers, vennAbersInterval } from '../../src/calibration/venn-abers.ts';
import { brierScore, logLoss } from '../../src/metrics/probability.ts';
import { areaUnderCurve, expected, expectedVennAbers, fitLabels, fitScores, laterLabels, laterScores } from './real-calibration.ts';

const fitLogits = fitScores.map(logit);
const laterLogits = laterScores.map(logit);
const brier = (fit: CalibratorFit, scores: readonly number[]): number => brierScore(laterLabels, applyCalibratorBatch(fit, scores));

describe('the real task (us120, event: 5-day variance in the top 30 %), expected values of scikit-learn and of a second route', () => {
  it('raw probabilities', () => {
    expect(brierScore(laterLabels, laterScores)).toBeCloseTo(expected.raw.brier, 10);
    expect(areaUnderCurve(laterScores, [...laterLabels])).toBeCloseTo(expected.raw.auc, 10);
  });

  it('Platt on the logit', () => {
    const fit = fitPlatt(fitLogits, fitLabels);
    expect(Math.abs(-fit.slope - expected.platt_sklearn_on_logit.a)).toBeLessThan(1e-6);
    expect(Math.abs(-fit.intercept - expected.platt_sklearn_on_logit.b)).toBeLessThan(1e-6);
    expect(brier(fit, laterLogits)).toBeCloseTo(expected.platt_sklearn_on_logit.brier, 7);
    expect(logLoss(laterLabels, applyCalibratorBatch(fit, laterLogits))).toBeCloseTo(expected.platt_sklearn_on_logit.logloss, 7);
  });

  it('isotonic: knots, Brier score, and an AUC that ties have lowered', () => {
    const fit = fitIsotonic(fitScores, fitLabels);
    const p = applyCalibratorBatch(fit, laterScores);
    expect(fit.thresholds).toHaveLength(expected.isotonic.n_thresholds);
    expect(brier(fit, laterScores)).toBeCloseTo(expected.isotonic.brier, 10);
    expect(areaUnderCurve(p, [...laterLabels])).toBeCloseTo(expected.isotonic.auc, 10);
    expect(p.reduce((a, b) => a + b) / p.length).toBeCloseTo(expected.isotonic.mean_p, 10);
  });

  it('temperature and beta', () => {
    const temperature = fitTemperature(fitLogits, fitLabels);
    expect(temperature.temperature).toBeCloseTo(expected.temperature.T, 6);
    expect(brier(temperature, laterLogits)).toBeCloseTo(expected.temperature.brier, 7);
    const beta = fitBeta(fitScores, fitLabels);
    for (const key of ['a', 'b', 'c'] as const) expect(Math.abs(beta[key] - expected.beta[key])).toBeLessThan(1e-4);
    expect(brier(beta, laterScores)).toBeCloseTo(expected.beta.brier, 6);
  });

  it('Venn-Abers: p0, p1 and their merger of the first 20 rows', () => {
    const fit = fitVennAbers(fitScores, fitLabels);
    expectedVennAbers.forEach(([p0, p1, p], i) => {
      const { lower, upper, probability } = vennAbersInterval(fit, laterScores[i]);
      [lower - p0, upper - p1, probability - p].forEach((gap) => expect(Math.abs(gap)).toBeLessThan(1e-12));
    });
  });

  it('statistics 2: the AUC that isotonic loses through ties, the strictly monotone curve keeps', () => {
    const before = areaUnderCurve(laterScores, [...laterLabels]);
    expect(areaUnderCurve(applyCalibratorBatch(fitIsotonic(fitScores, fitLabels), laterScores), [...laterLabels])).toBeLessThan(before - 0.001);
    expect(areaUnderCurve(applyCalibratorBatch(fitSmoothIsotonic(fitScores, fitLabels), laterScores), [...laterLabels])).toBe(before);
  });

  it.each([['in row order', {}], ['with the 5 sessions its labels overlap', { horizon: 5 }]])('the chosen calibrator is within 0.001 Brier of the best single method: %s', (_name, options) => {
    const fit = fitCalibratorSync(fitScores, fitLabels, { scale: 'probability', ...options });
    const single = CALIBRATOR_METHODS.map((method) => brier(fitCalibratorSync(fitScores, fitLabels, { scale: 'probability', methods: [method] }), laterScores));
    expect(brier(fit, laterScores)).toBeLessThan(Math.min(...single) + 0.001);
    expect(Math.min(...single)).toBeCloseTo(expected.platt_sklearn_on_logit.brier, 6); // none of ours does better than the best of the reference
    expect(fit.candidates).toHaveLength(8);
  });

  it('later rows show that the raw probabilities drifted and the chosen ones less', () => {
    const fit = fitCalibratorSync(fitScores, fitLabels, { scale: 'probability' });
    const [raw, chosen] = [calibrationDrift(null, laterScores, laterLabels), calibrationDrift(fit, laterScores, laterLabels)];
    expect(raw.status).toBe('drifted');
    expect(raw.brier).toBeCloseTo(expected.raw.brier, 10);
    expect([chosen.meanShift < raw.meanShift, chosen.expectedCalibrationError < raw.expectedCalibrationError, chosen.brier < chosen.baseRateBrier]).toEqual([true, true, true]);
  });
});
