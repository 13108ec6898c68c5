/** Ridge and elastic net through the learner port. */
import { requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { QuantwrightError } from '../../core/errors.ts';
import { standardDeviation } from '../../core/stats.ts';
import type { Learner } from '../types.ts';
import { modelCodecs } from '../codecs.ts';
import { fitElasticNetTask } from './elastic-net.ts';
import type { LinearModel } from './model.ts';
import { prepareRowsTask } from './prepare.ts';
import { fitRidgeTask } from './ridge.ts';

export interface RidgeOptions {
  /** Penalty on coefficients of standardised features, >= 0. @default 100 */
  readonly alpha?: number;
  /** Share of each feature's values clipped at either end, in [0, 0.5). @default 0.005 */
  readonly clipQuantile?: number;
}

export interface ElasticNetOptions {
  /** Penalty with features *and target* in standard deviations, so that it means the same on returns and on volatilities, >= 0. @default 0.01 */
  readonly alpha?: number;
  /** Share of the L1 penalty, in [0, 1]. @default 0.5 */
  readonly l1Ratio?: number;
  /** @default 0.005 */
  readonly clipQuantile?: number;
}

const clipOf = (fn: string, value = 0.005): number => requireNumber(fn, 'clipQuantile', value, { min: 0, max: 0.499 });

/** Checks a recipe's options. */
export function checkRidgeOptions(fn: string, options: RidgeOptions): void {
  requireKnownKeys(fn, options, ['alpha', 'clipQuantile']);
  requireNumber(fn, 'alpha', options.alpha ?? 100, { min: 0 });
  clipOf(fn, options.clipQuantile);
}

/** Checks a recipe's options. */
export function checkElasticNetOptions(fn: string, options: ElasticNetOptions): void {
  requireKnownKeys(fn, options, ['alpha', 'l1Ratio', 'clipQuantile']);
  requireNumber(fn, 'alpha', options.alpha ?? 0.01, { min: 0 });
  requireNumber(fn, 'l1Ratio', options.l1Ratio ?? 0.5, { min: 0, max: 1 });
  clipOf(fn, options.clipQuantile);
}

/** Ridge on standardised, clipped features; missing values at their training median. */
export const ridgeLearner: Learner<LinearModel, RidgeOptions> = {
  kind: 'ridge',
  ...modelCodecs.ridge,
  *fit(set, options) {
    checkRidgeOptions('ridge', options);
    const { preprocessing, z, y, weights } = yield* prepareRowsTask(set, clipOf('ridge', options.clipQuantile));
    const fit = yield* fitRidgeTask(z, y, { alpha: options.alpha ?? 100, ...(weights === undefined ? {} : { weights }) });
    return Object.freeze({ kind: 'ridge', ...preprocessing, ...fit });
  },
};

/** Elastic net in standardised units of features and target. */
export const elasticNetLearner: Learner<LinearModel, ElasticNetOptions> = {
  kind: 'elastic-net',
  ...modelCodecs['elastic-net'],
  *fit(set, options) {
    checkElasticNetOptions('elastic-net', options);
    const { preprocessing, z, y, weights } = yield* prepareRowsTask(set, clipOf('elastic-net', options.clipQuantile));
    const scale = standardDeviation(y, 0) || 1;
    const fit = yield* fitElasticNetTask(z, y.map((v) => v / scale), { alpha: options.alpha ?? 0.01, l1Ratio: options.l1Ratio ?? 0.5, tolerance: 1e-10, ...(weights === undefined ? {} : { weights }) });
    if (!fit.converged) throw new QuantwrightError('ERR_CONVERGENCE', `elastic-net: fit must converge, got a duality gap of ${fit.dualityGap} after ${fit.iterations} sweeps`);
    return Object.freeze({ kind: 'elastic-net', ...preprocessing, coefficients: fit.coefficients.map((b) => b * scale), intercept: fit.intercept * scale });
  },
};
