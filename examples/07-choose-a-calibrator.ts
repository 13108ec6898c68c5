/** Trees that are too sure of themselves, and the map from their scores to probabilities: which one, from how many rows, for how long. */
import { applyCalibratorBatch, calibrationDrift, fitCalibrator, fitHistogram, fitIsotonic, fitPlatt, fitSmoothIsotonic, fitTemperature, fitVennAbers, rollingCalibration } from 'quantwright/calibration';
import type { CalibratorFit } from 'quantwright/calibration';
import { areaUnderRoc, brierScore, calibrationError, logLoss, reliabilityCurve } from 'quantwright/metrics';
import { lastSessions, restlessStocks } from './us120-restless.ts';
import type { ScoredRows } from './us120-restless.ts';

const { calibration, later } = await restlessStocks();
const raw = later.scores.map((score) => 1 / (1 + Math.exp(-score)));

const METHODS: Record<string, (rows: ScoredRows) => CalibratorFit> = {
  platt: ({ scores, labels }) => fitPlatt(scores, labels, { increasing: true }),
  temperature: ({ scores, labels }) => fitTemperature(scores, labels),
  histogram: ({ scores, labels }) => fitHistogram(scores, labels),
  'smooth-isotonic': ({ scores, labels }) => fitSmoothIsotonic(scores, labels),
  'venn-abers': ({ scores, labels }) => fitVennAbers(scores, labels),
  isotonic: ({ scores, labels }) => fitIsotonic(scores, labels, { yMin: 0, yMax: 1 }),
};
const sizes = [2, 5, 20, 136]; // sessions of 120 names
const later4 = (loss: typeof brierScore, p: ArrayLike<number>): string => loss(later.labels, p).toFixed(4);
type Table = Record<string, Record<string, string>>;
const brier: Table = {};
const log: Table = {};
for (const count of sizes) {
  const rows = lastSessions(calibration, count);
  const chosen = await fitCalibrator(rows.scores, rows.labels, { scale: 'logit', sessions: rows.sessions, horizon: 5 });
  const column = `${rows.scores.length} rows`;
  const put = (name: string, p: ArrayLike<number>): void => {
    brier[name] = { ...brier[name], [column]: later4(brierScore, p) };
    log[name] = { ...log[name], [column]: later4(logLoss, p) };
  };
  put('no calibrator', raw);
  for (const [name, method] of Object.entries(METHODS)) put(name, applyCalibratorBatch(method(rows), later.scores));
  put('fitCalibrator', applyCalibratorBatch(chosen, later.scores));
  brier['it chose'] = { ...brier['it chose'], [column]: `${chosen.method} (${chosen.reason})` };
}
console.log(`Brier score on ${later.scores.length} later rows (0.2100 is the base rate), calibrated on the last rows before them:`);
console.table(brier);
console.log('Log loss of the same, where one certain mistake costs a lot:');
console.table(log);

// One fit for good, or a new one every ten sessions on the last 40 whose labels are known.
const all = await fitCalibrator(calibration.scores, calibration.labels, { scale: 'logit', sessions: calibration.sessions, horizon: 5 });
const joined = (key: keyof ScoredRows): Float64Array => Float64Array.from([...calibration[key], ...later[key]]);
const rolled = await rollingCalibration(joined('scores'), joined('labels'), { sessions: joined('sessions'), scale: 'logit', delay: 5, refitEvery: 10, windowSessions: 40 });
const served = { 'no calibrator': raw, 'one fit': applyCalibratorBatch(all, later.scores), 'rolling': rolled.probabilities.subarray(calibration.scores.length) };
console.log('Served for 313 sessions after the fit:');
console.table(Object.fromEntries(Object.entries(served).map(([name, p]) => {
  const { status, slope, slopeStandardError, meanShift } = calibrationDrift(null, p, later.labels, { sessions: later.sessions, horizon: 5 });
  return [name, {
    Brier: later4(brierScore, p), 'log loss': later4(logLoss, p), ECE: calibrationError(later.labels, p).expected.toFixed(4), AUC: areaUnderRoc(later.labels, p).value.toFixed(4),
    status, slope: `${slope.toFixed(2)} (se ${slopeStandardError.toFixed(2)})`, 'mean shift': meanShift.toFixed(3),
  }];
})));

const { bins } = reliabilityCurve(later.labels, served['rolling'], { binning: 'quantile', bands: 'bootstrap', sessions: later.sessions });
console.log('Reliability of the rolling one, tenths of the rows, bands from blocks of 20 sessions:');
console.table(bins.map(({ n, meanProbability, frequency, frequencyLower, frequencyUpper }) => ({ rows: n, said: meanProbability.toFixed(3), happened: frequency.toFixed(3), band: `${frequencyLower.toFixed(3)} to ${frequencyUpper.toFixed(3)}` })));
// Every 301st row, every 61st ... is a piece of all times and, with 120 names a session, of all names; every 60th holds two names.
const pieces = (every: number): ReturnType<typeof calibrationError>[] => Array.from({ length: every }, (_, k) => {
  const pick = (values: Float64Array): Float64Array => values.filter((__, i) => i % every === k);
  return calibrationError(pick(later.labels), pick(served['rolling']));
});
const mean = (values: readonly number[]): string => values.reduce((sum, value) => sum + value / values.length, 0).toFixed(5);
console.log('Calibration error of the same probabilities, measured on pieces of so many rows:');
console.table(Object.fromEntries([301, 61, 17, 60, 1].map((every) => {
  const found = pieces(every);
  return [`${Math.round(later.labels.length / every)} rows${every === 60 ? ' of two names' : ''}`, { 'mean ECE': mean(found.map((piece) => piece.expected)), 'mean square': mean(found.map((piece) => piece.meanSquare)), debiased: mean(found.map((piece) => piece.debiasedMeanSquare)) }];
})));
console.log('Notice that two parameters are enough, that isotonic regression on few rows is worse than no calibrator by log loss, and that what a score is worth changes: the last 20 sessions calibrate better than all 136, and a rolling fit best.');
