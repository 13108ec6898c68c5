import { describe, expect, it } from 'vitest';
import { applyCalibrator, applyPlatt, checkCalibratorFit, checkPlattFit, directionConfidence, directionScore, fitDirectionCalibrator, fitPlatt } from '../../src/calibration/index.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { randomStream } from '../../src/core/random.ts';

/** Returns whose size follows a known volatility and whose mean is the prediction. */
function market(n: number, skill: number): { predictions: Float64Array; dispersion: Float64Array; outcomes: Float64Array } {
  const random = randomStream(21, 'direction');
  const dispersion = Float64Array.from({ length: n }, () => 0.005 + 0.05 * random.uniform());
  const predictions = dispersion.map((d) => 0.3 * d * random.normal());
  return { predictions, dispersion, outcomes: predictions.map((p, i) => skill * p + dispersion[i] * random.normal()) };
}

describe('directionScore', () => {
  it('is the prediction in units of its dispersion', () => {
    expect(directionScore(0.02, 0.04)).toBe(0.5);
    expect(directionScore(-3)).toBe(-3);
  });

  it('is missing when the dispersion is', () => {
    for (const dispersion of [NaN, 0, -1, Infinity]) expect(directionScore(0.02, dispersion)).toBeNaN();
    expect(directionScore(NaN, 1)).toBeNaN();
  });
});

describe('fitDirectionCalibrator', () => {
  it('gives calibrated probabilities: in ten bins of P(up) the share of rises is within 4 standard errors', () => {
    const rows = market(20_000, 1);
    const fit = fitDirectionCalibrator(rows);
    expect(fit.method).toBe('platt');
    const p = rows.predictions.map((value, i) => applyPlatt(fit, directionScore(value, rows.dispersion[i])));
    const order = [...p.keys()].sort((a, b) => p[a] - p[b]);
    for (let bin = 0; bin < 10; bin++) {
      const members = order.slice(bin * 2000, (bin + 1) * 2000);
      const meanP = members.reduce((sum, i) => sum + p[i], 0) / 2000;
      const rises = members.filter((i) => rows.outcomes[i] > 0).length / 2000;
      expect(Math.abs(rises - meanP)).toBeLessThan(4 * Math.sqrt(0.25 / 2000));
    }
  });

  it('the same score function serves: a prediction in doubled units has the same probability', () => {
    const rows = market(500, 1);
    const fit = fitDirectionCalibrator(rows);
    expect(applyPlatt(fit, directionScore(2 * 0.01, 2 * 0.03))).toBe(applyPlatt(fit, directionScore(0.01, 0.03)));
  });

  it('is Platt scaling of the clamped scores', () => {
    const rows = market(1000, 1);
    const fit = fitDirectionCalibrator(rows);
    const scores = rows.predictions.map((value, i) => Math.min(Math.max(directionScore(value, rows.dispersion[i]), fit.lowestScore), fit.highestScore));
    expect(fit.slope).toBe(fitPlatt(scores, rows.outcomes.map((y) => (y > 0 ? 1 : 0))).slope);
    expect([...scores].filter((s) => s === fit.lowestScore || s === fit.highestScore)).toHaveLength(10);
  });

  it('a frozen price neither spoils the fit nor becomes certain', () => {
    const rows = market(1000, 1);
    const clean = fitDirectionCalibrator(rows);
    rows.dispersion[3] = 1e-12;
    const fit = fitDirectionCalibrator(rows);
    expect(Math.abs(fit.slope / clean.slope - 1)).toBeLessThan(0.05);
    expect(applyPlatt(fit, directionScore(0.01, 1e-12))).toBeLessThan(0.95);
  });

  it('does not turn a prediction round: rows that contradict it give the base rate and say so', () => {
    const fit = fitDirectionCalibrator(market(5000, -1));
    expect(fit).toMatchObject({ method: 'base-rate', reason: 'inverted', slope: 0 });
    expect(Math.abs(applyPlatt(fit, 1) - 0.5)).toBeLessThan(0.03);
  });

  it('counts an outcome of 0 as not up and leaves missing rows out', () => {
    const fit = fitDirectionCalibrator({ predictions: [1, 2, 3, NaN, 5, 6], dispersion: [1, 1, 1, 1, 0, 1], outcomes: [0, 0.1, NaN, 1, 1, -1] });
    expect(fit).toMatchObject({ n: 3, positives: 1, missingRows: 3 });
  });

  it('takes another threshold, for labels that are 0 or 1', () => {
    const [predictions, outcomes] = [[0.2, 0.4, 0.6, 0.9], [0, 1, 0, 1]];
    expect(fitDirectionCalibrator({ predictions, outcomes, threshold: 0.5 })).toEqual(fitDirectionCalibrator({ predictions, outcomes: outcomes.map((y) => y - 0.5) }));
    expect(fitDirectionCalibrator({ predictions, outcomes, threshold: 1 }).positives).toBe(0);
    expect(() => fitDirectionCalibrator({ predictions, outcomes, threshold: NaN })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('is defined without any usable row', () => {
    for (const rows of [{ predictions: [], outcomes: [] }, { predictions: [1, 2], dispersion: [NaN, NaN], outcomes: [1, -1] }]) {
      expect(fitDirectionCalibrator(rows)).toMatchObject({ method: 'base-rate', reason: 'too-few-rows', n: 0 });
    }
  });

  it('passes through text and the check', () => {
    const fit = fitDirectionCalibrator(market(300, 1));
    expect(Number.isFinite(fit.lowestScore)).toBe(true);
    expect(checkPlattFit(fromPlain(JSON.parse(JSON.stringify(toPlain(fit)))))).toEqual(fit);
  });

  it('refuses unequal lengths and unknown keys', () => {
    expect(() => fitDirectionCalibrator({ predictions: [1], outcomes: [1, 2] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    expect(() => fitDirectionCalibrator({ predictions: [1], outcomes: [1], dispersions: [1] } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('direction by choice', () => {
  const rows = market(3000, 1);

  it('the default is Platt as before, with or without saying so', () => {
    expect(fitDirectionCalibrator(rows, { method: 'platt' })).toEqual(fitDirectionCalibrator(rows));
    expect(fitDirectionCalibrator(rows).kind).toBe('platt');
  });

  it('auto chooses, and clamps scores at the same quantiles', () => {
    const [auto, platt] = [fitDirectionCalibrator(rows, { method: 'auto', horizon: 5 }), fitDirectionCalibrator(rows)];
    expect(auto).toMatchObject({ kind: 'chosen', scale: 'score', lowestScore: platt.lowestScore, highestScore: platt.highestScore });
    expect(auto.candidates.some((candidate) => candidate.loss < 0.25)).toBe(true);
    expect(applyCalibrator(auto, 1e9)).toBe(applyCalibrator(auto, platt.highestScore));
    if (auto.fit.kind === 'platt') expect([auto.fit.slope, auto.fit.intercept]).toEqual([platt.slope, platt.intercept]);
    expect(checkCalibratorFit(fromPlain(JSON.parse(JSON.stringify(toPlain(auto)))))).toEqual(auto);
  });

  it('one function serves both: confidence is the calibrator of the score', () => {
    const [auto, platt] = [fitDirectionCalibrator(rows, { method: 'auto' }), fitDirectionCalibrator(rows)];
    expect(directionConfidence(platt, 0.01, 0.02)).toBe(applyPlatt(platt, directionScore(0.01, 0.02)));
    expect(directionConfidence(auto, 0.01, 0.02)).toBe(applyCalibrator(auto, 0.5));
    expect(directionConfidence(platt, 0.01, 0)).toBeNaN();
    expect(directionConfidence(platt, 0.3)).toBe(applyPlatt(platt, 0.3));
  });

  it('auto is defined without any usable row and does not turn a prediction round', () => {
    expect(fitDirectionCalibrator({ predictions: [NaN], outcomes: [1] }, { method: 'auto' })).toMatchObject({ method: 'base-rate', reason: 'too-few-rows', n: 0, missingRows: 1 });
    expect(fitDirectionCalibrator(market(3000, -1), { method: 'auto' })).toMatchObject({ method: 'base-rate' });
  });

  it('options of the choice are refused without auto, unknown ones always', () => {
    const bad = (options: object, code: string): void => expect(() => fitDirectionCalibrator(rows, options as never)).toThrow(expect.objectContaining({ code }));
    bad({ horizon: 5 }, 'ERR_UNKNOWN_NAME');
    bad({ method: 'auto', scale: 'logit' }, 'ERR_UNKNOWN_NAME');
    bad({ method: 'best' }, 'ERR_DOMAIN');
  });
});
