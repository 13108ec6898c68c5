/** Gradient boosting through the learner port. */
import { modelCodecs } from '../codecs.ts';
import type { Learner } from '../types.ts';
import { binMatrix, selectBinnedFeatures } from './binned-matrix.ts';
import { gbdtTask } from './fit.ts';
import type { GbdtModel } from './model.ts';
import { checkGbdtLearnerOptions } from './options.ts';
import type { GbdtLearnerOptions } from './options.ts';

/** Boosted trees; bin edges are shared by all fits of a run. */
export const gbdtLearner: Learner<GbdtModel, GbdtLearnerOptions> = {
  kind: 'gbdt',
  ...modelCodecs.gbdt,
  *fit(set, options, context) {
    checkGbdtLearnerOptions('gbdt', options);
    const { maxBin = 255, ...rest } = options;
    yield { phase: 'binning', done: 0, total: 1 };
    const make = (rows: Uint32Array) => binMatrix(set.matrix, { rows, maxBin });
    const whole = context.prepare === undefined ? make(set.rows) : context.prepare(`gbdt bins ${maxBin}`, make);
    yield { phase: 'binning', done: 1, total: 1 };
    const fit = yield* gbdtTask(selectBinnedFeatures(whole, set.features), set.target, { ...rest, rows: set.rows, seed: context.seed, ...(set.weights === undefined ? {} : { weights: set.weights }) });
    return fit.model;
  },
};
