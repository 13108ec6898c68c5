/** Random forests through the learner port. */
import type { Task } from '../../core/drive.ts';
import { modelCodecs } from '../codecs.ts';
import { binMatrixTask, selectBinnedFeatures } from '../gbdt/binned-matrix.ts';
import type { BinnedMatrix } from '../gbdt/binned-matrix.ts';
import type { GbdtModel } from '../gbdt/model.ts';
import type { Learner } from '../types.ts';
import { forestTask } from './fit.ts';
import { checkForestLearnerOptions } from './options.ts';
import type { ForestLearnerOptions } from './options.ts';

/** A forest; bins are shared with the booster's and among all fits of a run. */
export const forestLearner: Learner<GbdtModel, ForestLearnerOptions> = {
  kind: 'forest',
  ...modelCodecs.forest,
  *fit(set, options, context) {
    checkForestLearnerOptions('forest', options);
    const { maxBin = 255, categoricalFeatures = [], ...rest } = options;
    const make = (rows: Uint32Array): Task<BinnedMatrix> => binMatrixTask(set.matrix, { rows, maxBin, categoricalFeatures });
    const whole = yield* context.prepare === undefined ? make(set.rows) : context.prepare(JSON.stringify(['gbdt bins', maxBin, categoricalFeatures, 0]), make);
    const fit = yield* forestTask(selectBinnedFeatures(whole, set.features), set.target, { ...rest, rows: set.rows, seed: context.seed, ...(set.weights === undefined ? {} : { weights: set.weights }) });
    return fit.model;
  },
};
