/** One matrix of bins, five fits: the mean, the tails, the order within a session, a relation we know the sign of, and a forest. */
import { computeFeatures, computeLabel, forwardReturn, logReturn, momentum, quantileBuckets, realizedVol } from 'quantwright/features';
import { binMatrix, fitForest, fitGbdt, gbdtImportance, predictGbdt } from 'quantwright/learners';
import type { GbdtModel, GbdtOptions } from 'quantwright/learners';
import { informationCoefficient } from 'quantwright/metrics';
import { syntheticPanel } from 'quantwright/panel';
import { holdoutSplit } from 'quantwright/validation';

const bars = syntheticPanel({ entities: 60, sessions: 600, signal: 0.15, seed: 11 });
const { names, columns } = computeFeatures(bars, { month: logReturn(21), week: logReturn(5), momentum: momentum(60, { skip: 5 }), vol: realizedVol(21) });
const matrix = { rowCount: bars.rowCount, names, columns };
const returns = computeLabel(bars, forwardReturn({ sessions: 5, minus: 'date-mean' }));
const buckets = computeLabel(bars, quantileBuckets({ sessions: 5, buckets: 5 })).values;

// Train, watch and test rows, in this order of time; rows whose label reaches into the next part are dropped.
const { development, calibration, test } = holdoutSplit({ session: bars.session, endSession: returns.endSession, sessionCount: bars.sessions.length }, { calibration: 0.15, test: 0.25 });
const bins = binMatrix(matrix, { rows: development });

const watch = { rows: calibration, rounds: 30 };
const train = async (target: Float64Array, options: GbdtOptions): Promise<GbdtModel> => (await fitGbdt(bins, target, { rows: development, numIterations: 300, earlyStopping: watch, ...options })).model;
const fits: Record<string, GbdtModel> = {
  'squared loss': await train(returns.values, {}),
  'falls with last week, by constraint': await train(returns.values, { monotoneConstraints: { week: -1 } }),
  'order within the session (lambdarank)': await train(buckets, { objective: 'lambdarank', groups: bars.session }),
  'random forest': (await fitForest(bins, returns.values, { rows: development })).model,
};
console.table(
  Object.fromEntries(
    Object.entries(fits).map(([name, model]) => {
      const score = informationCoefficient(predictGbdt(model, matrix, { rows: test }), Float64Array.from(test, (row) => returns.values[row]), Float64Array.from(test, (row) => bars.session[row]));
      const gain = gbdtImportance(model, 'gain');
      return [name, { trees: model.treeStart.length - 1, 'test IC': +score.mean.toFixed(3), 'standard error': +score.standardError.toFixed(3), 'most used': names[gain.indexOf(Math.max(...gain))] }];
    }),
  ),
);

const [low, high] = [await train(returns.values, { objective: 'quantile', alpha: 0.05 }), await train(returns.values, { objective: 'quantile', alpha: 0.95 })].map((model) => predictGbdt(model, matrix, { rows: test }));
const inside = test.filter((row, i) => returns.values[row] >= low[i] && returns.values[row] <= high[i]).length / test.length;
console.log(`5 % and 95 % quantiles hold ${(100 * inside).toFixed(1)} % of test returns.`);
console.log('Notice that every fit reads the same bins, and that quantile trees promise nothing: conformal intervals do.');
