/** Gradient boosting through the learner port. */
import { mapProgress } from '../../core/drive.ts';
import type { Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { modelCodecs } from '../codecs.ts';
import type { Learner } from '../types.ts';
import { averageGbdtModels } from './average.ts';
import { binMatrixTask, selectBinnedFeatures } from './binned-matrix.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import { gbdtTask } from './fit.ts';
import type { GbdtModel } from './model.ts';
import { checkGbdtLearnerOptions } from './options.ts';
import type { GbdtLearnerOptions } from './options.ts';

/** Boosted trees; bins are shared by all fits of a run. */
export const gbdtLearner: Learner<GbdtModel, GbdtLearnerOptions> = {
  kind: 'gbdt',
  ...modelCodecs.gbdt,
  *fit(set, options, context) {
    checkGbdtLearnerOptions('gbdt', options);
    if (options.objective === 'softmax') throw new DomainError('gbdt: objective must have one output in a recipe, got "softmax"');
    const { maxBin = 255, bags = 1, categoricalFeatures = [], ...rest } = options;
    const ranking = rest.objective === 'lambdarank' || rest.objective === 'xendcg';
    const models: GbdtModel[] = [];
    for (let bag = 0; bag < bags; bag++) {
      const make = (rows: Uint32Array): Task<BinnedMatrix> => binMatrixTask(set.matrix, { rows, maxBin, categoricalFeatures, ...(bag === 0 ? {} : { jitter: bag }) });
      const whole = yield* context.prepare === undefined ? make(set.rows) : context.prepare(JSON.stringify(['gbdt bins', maxBin, categoricalFeatures, bag]), make);
      const fitOptions = { ...rest, rows: set.rows, seed: (context.seed + bag) % 4294967296, ...(set.weights === undefined ? {} : { weights: set.weights }), ...(ranking && set.groups !== undefined ? { groups: set.groups } : {}) };
      const fit = gbdtTask(selectBinnedFeatures(whole, set.features), set.target, fitOptions);
      models.push((yield* mapProgress(fit, (progress) => ({ ...progress, done: bag * progress.total + progress.done, total: bags * progress.total }))).model);
    }
    return bags === 1 ? models[0] : averageGbdtModels(models);
  },
};
