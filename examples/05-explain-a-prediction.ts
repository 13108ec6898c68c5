/** Why does the model like this stock today? Shapley values of one prediction, and of all of them in one table. */
import { shapImportance, treeShap, treeShapInteractionsSync } from 'quantwright/explain';
import { computeFeatures, computeLabel, forwardReturn, logReturn, momentum, realizedVol } from 'quantwright/features';
import { binMatrix, fitGbdt, predictGbdt } from 'quantwright/learners';
import { syntheticPanel } from 'quantwright/panel';

const bars = syntheticPanel({ entities: 40, sessions: 500, signal: 0.15, seed: 4 });
const { names, columns } = computeFeatures(bars, { month: logReturn(21), week: logReturn(5), momentum: momentum(60, { skip: 5 }), vol: realizedVol(21) });
const { values: target } = computeLabel(bars, forwardReturn({ sessions: 5, minus: 'date-mean' }));
const matrix = { rowCount: bars.rowCount, names, columns };

const labelled = Uint32Array.from(bars.session.keys()).filter((row) => Number.isFinite(target[row]));
const { model } = await fitGbdt(binMatrix(matrix), target, { rows: labelled, numIterations: 60, numLeaves: 7 });

const today = Uint32Array.from(bars.session.keys()).filter((row) => bars.session[row] === bars.sessions.length - 1);
const predictions = predictGbdt(model, matrix, { rows: today });
const best = predictions.indexOf(Math.max(...predictions));
const shap = await treeShap(model, matrix, { rows: today });

const basisPoints = (x: number): number => Math.round(x * 1e5) / 10;
const reasons = names.map((feature, f) => ({ feature, value: +columns[f][today[best]].toFixed(4), 'adds (bp)': basisPoints(shap.values[best * names.length + f]) }));
reasons.sort((a, b) => Math.abs(b['adds (bp)']) - Math.abs(a['adds (bp)']));
console.log(`${bars.entities[bars.entity[today[best]]]}, next five sessions against the average stock:`);
console.table([{ feature: '(nothing known)', 'adds (bp)': basisPoints(shap.expected[0]) }, ...reasons, { feature: '= prediction', 'adds (bp)': basisPoints(predictions[best]) }]);

const pairs = treeShapInteractionsSync(model, matrix, { rows: [today[best]] }).values;
console.log('of which together (bp):');
console.table(Object.fromEntries(names.map((feature, f) => [feature, Object.fromEntries(names.map((other, g) => [other, basisPoints(pairs[f * names.length + g])]))])));

console.log('How far each feature moves the predictions of today, in log return:');
console.log(shapImportance(shap));
console.log('Notice that the parts add up to the prediction, and that they explain the model, not the market: a feature that is large here may still be noise.');
