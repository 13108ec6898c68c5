/** Gradient boosting through the learner port. */
import type { Task } from '../../core/drive.ts';
import { modelCodecs } from '../codecs.ts';
import type { Learner } from '../types.ts';
import { binMatrixTask, selectBinnedFeatures } from './binned-matrix.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
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
    const make = (rows: Uint32Array): Task<BinnedMatrix> => binMatrixTask(set.matrix, { rows, maxBin });
    const whole = yield* context.prepare === undefined ? make(set.rows) : context.prepare(`gbdt bins ${maxBin}`, make);
    const fit = yield* gbdtTask(selectBinnedFeatures(whole, set.features), set.target, { ...rest, rows: set.rows, seed: context.seed, ...(set.weights === undefined ? {} : { weights: set.weights }) });
    return fit.model;
  },
};
