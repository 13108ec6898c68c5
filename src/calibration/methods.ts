/** How each method is fitted, and on how few rows it is not. */
import { fitBaseRate } from './base-rate.ts';
import { betaOfLogits } from './beta.ts';
import type { CalibratorMethod, ScoreScale, SingleCalibratorFit } from './calibrator.ts';
import { fitHistogram } from './histogram.ts';
import { fitIsotonic } from './isotonic.ts';
import { logit } from './logit.ts';
import { fitPlatt } from './platt.ts';
import { calibrationRows } from './rows.ts';
import { fitSmoothIsotonic } from './smooth-isotonic.ts';
import { fitTemperature } from './temperature.ts';
import { fitVennAbers } from './venn-abers.ts';

/**
 * Fewest rows a method may answer from; of the rarer label a twentieth of that.
 *
 * A sigmoid has two parameters and softened labels. scikit-learn's guide advises against isotonic regression on far fewer than 1000 rows;
 * methods that pool or smooth do with half.
 */
export const MINIMUM_ROWS: Readonly<Record<CalibratorMethod, number>> = {
  'base-rate': 0, temperature: 20, platt: 20, beta: 200, histogram: 500, 'smooth-isotonic': 500, 'venn-abers': 500, isotonic: 1000,
};

/** Fits one method to finite scores and labels of 0 and 1 on a declared scale. Labels rise with scores. */
export function fitMethod(method: CalibratorMethod, scale: ScoreScale, scores: Float64Array, labels: ArrayLike<number>, weights: Float64Array): SingleCalibratorFit {
  const onLogits = (): Float64Array => (scale === 'probability' ? scores.map(logit) : scores);
  switch (method) {
    case 'base-rate':
      return fitBaseRate(scores, labels, { weights });
    case 'temperature':
      return fitTemperature(onLogits(), labels, { weights });
    case 'platt':
      return fitPlatt(onLogits(), labels, { weights, increasing: true });
    case 'beta':
      return betaOfLogits(calibrationRows('fitCalibrator', onLogits(), labels, weights));
    case 'histogram':
      return fitHistogram(scores, labels, { weights });
    case 'smooth-isotonic':
      return fitSmoothIsotonic(scores, labels, { weights });
    case 'venn-abers':
      return fitVennAbers(scores, labels, { weights });
    case 'isotonic':
      return fitIsotonic(scores, labels, { weights, yMin: 0, yMax: 1 });
  }
}
