/** A learner of your own in the ensemble and in the bundle: a rule of thumb with one fitted number. */
import type { Learner, ModelBase } from 'quantwright/learners';
import { forwardReturn, logReturn, momentum, rankByDate, realizedVol } from 'quantwright/features';
import { syntheticPanel } from 'quantwright/panel';
import { createPredictor, predictionTable } from 'quantwright/predictor';
import { defineRecipe, gbdt, ridge, trainEnsemble } from 'quantwright/trainer';

interface Reversal extends ModelBase {
  readonly kind: 'reversal';
  readonly slope: number;
}

/** Predicts slope * (rank of the last week's return), slope by least squares. */
const reversal: Learner<Reversal> = {
  kind: 'reversal',
  *fit({ matrix, rows, target }) {
    const rev = matrix.columns[matrix.names.indexOf('rev')];
    let [xy, xx] = [0, 0];
    for (const row of rows) if (Number.isFinite(rev[row])) [xy, xx] = [xy + rev[row] * target[row], xx + rev[row] ** 2];
    yield { phase: 'reversal', done: 1, total: 1 };
    return { kind: 'reversal', featureNames: ['rev'], slope: xx > 0 ? xy / xx : 0 };
  },
  predict: (model, matrix, rows) => {
    const rev = matrix.columns[matrix.names.indexOf('rev')];
    return Float64Array.from(rows ?? rev.keys(), (row) => (Number.isFinite(rev[row]) ? model.slope * rev[row] : 0));
  },
  importance: () => Float64Array.of(1),
  encode: (model) => ({ plain: { slope: model.slope }, tensors: {} }),
  decode: ({ plain }) => ({ kind: 'reversal', featureNames: ['rev'], slope: Number((plain as { slope: number }).slope) }),
};

const bars = syntheticPanel({ entities: 40, sessions: 600, signal: 0.08, seed: 3 });
const recipe = defineRecipe({
  family: 'with-own-learner',
  features: { mom: momentum(60, { skip: 5 }), vol: realizedVol(21), rev: rankByDate(logReturn(5)) },
  label: forwardReturn({ sessions: 5, minus: 'date-mean' }),
  members: { gbdt: gbdt(), ridge: ridge(), reversal: { learner: 'reversal', options: {} } },
  selection: 'none', // the rule needs its column in every fold
  seed: 3,
});
const outcome = await trainEnsemble(bars, recipe, { learners: { reversal } });
console.log(outcome);
console.log('weights', outcome.weights);
if (outcome.status === 'accepted') console.table(predictionTable(createPredictor(outcome.bundle, { codecs: { reversal } }).predictLast(bars).slice(0, 3)));
console.log('Notice that out-of-fold error alone decided how much of your rule the ensemble takes.');
