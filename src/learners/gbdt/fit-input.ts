/** The arguments of a fit, checked once: the kernels do not look again. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, show } from '../../core/assert.ts';
import { DomainError, QuantwrightError } from '../../core/errors.ts';
import { requireBinned } from './binned-matrix.ts';
import type { BinnedMatrix } from './binned-matrix.ts';
import type { GbdtModel } from './model.ts';
import { objectiveOf } from './objective/objective-of.ts';
import type { Objective, ObjectiveData } from './objective/types.ts';
import { gbdtSettings } from './options.ts';
import type { GbdtOptions, GbdtSettings } from './options.ts';

/** What a fit works with. */
export interface FitInput {
  readonly fn: string;
  readonly binned: BinnedMatrix;
  readonly settings: GbdtSettings;
  readonly objective: Objective;
  /** Labels, weights and queries of the training rows. */
  readonly data: ObjectiveData;
  /** The same of the early-stopping rows, unweighted. */
  readonly watched: ObjectiveData | undefined;
  readonly patience: number;
  /** Shape (outputs); undefined: the constants that fit best. */
  readonly baseScores: Float64Array | undefined;
  readonly initialMargins: Float64Array | undefined;
  readonly initialModel: GbdtModel | undefined;
}

/** @throws DomainError for rows, labels, weights or options out of range; ShapeError for lengths that disagree; `ERR_UNKNOWN_NAME` for an unknown option or feature */
export function checkFit(fn: string, binned: BinnedMatrix, target: ArrayLike<number>, options: GbdtOptions): FitInput {
  requireBinned(fn, binned);
  const settings = gbdtSettings(fn, options, binned.names);
  const objective = objectiveOf(fn, options, settings.seed);
  const { earlyStopping, initialModel, baseScore } = options;
  if (earlyStopping !== undefined) requireKnownKeys(`${fn}.earlyStopping`, earlyStopping, ['rows', 'rounds']);
  if (earlyStopping !== undefined && settings.boosting === 'dart') throw new DomainError(`${fn}: earlyStopping must be left out with boosting "dart", whose earlier trees change later, got it`);
  const constrained = binned.names.findIndex((_, f) => (settings.monotone?.[f] ?? 0) !== 0 && binned.categories[f] !== undefined);
  if (constrained >= 0) throw new DomainError(`${fn}: monotoneConstraints must be of numeric features, got categorical ${show(binned.names[constrained])}`);
  const rows = rowsOf(fn, 'rows', binned, options.rows);
  const watchedRows = earlyStopping === undefined ? undefined : rowsOf(fn, 'earlyStopping.rows', binned, earlyStopping.rows);
  requireSameLength(fn, { 'rows of the matrix': { length: binned.rowCount }, target });
  for (const set of [rows, watchedRows]) checkLabels(fn, target, objective, set);
  const ranking = objective.name === 'lambdarank' || objective.name === 'xendcg';
  const groups = groupsOf(fn, binned, options.groups, ranking, rows, watchedRows);
  if (initialModel !== undefined) checkInitial(fn, initialModel, binned, objective, baseScore);
  const labels = new Float64Array(target);
  return {
    fn,
    binned,
    settings,
    objective,
    data: { labels, weights: options.weights === undefined ? undefined : weightsOf(fn, binned, options.weights, rows), groups, rows },
    watched: watchedRows === undefined ? undefined : { labels, weights: undefined, groups, rows: watchedRows },
    patience: earlyStopping === undefined ? 0 : requireInteger(fn, 'earlyStopping.rounds', earlyStopping.rounds, { min: 1 }),
    baseScores: initialModel === undefined ? baseScoresOf(fn, baseScore, objective.outputs) : initialModel.baseScores,
    initialMargins: options.initialMargins === undefined ? undefined : marginsOf(fn, options.initialMargins, objective.outputs * binned.rowCount),
    initialModel,
  };
}

function rowsOf(fn: string, name: string, binned: BinnedMatrix, rows: ArrayLike<number> | undefined): Uint32Array {
  if (rows === undefined) {
    if (binned.rowCount === 0) throw new DomainError(`${fn}: ${name} must hold at least one row, got 0`);
    const all = new Uint32Array(binned.rowCount);
    for (let i = 0; i < all.length; i++) all[i] = i;
    return all;
  }
  if (rows.length === 0) throw new DomainError(`${fn}: ${name} must hold at least one row, got 0`);
  for (let i = 0; i < rows.length; i++) if (!Number.isInteger(rows[i]) || rows[i] < 0 || rows[i] >= binned.rowCount) throw new DomainError(`${fn}: ${name}[${i}] must be a row in [0, ${binned.rowCount - 1}], got ${rows[i]}`);
  const sorted = Uint32Array.from(rows).sort();
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) throw new DomainError(`${fn}: ${name} must not repeat a row (use weights), got row ${sorted[i]} twice`);
  return sorted;
}

function checkLabels(fn: string, target: ArrayLike<number>, objective: Objective, rows: Uint32Array | undefined): void {
  if (rows === undefined) return;
  for (let i = 0; i < rows.length; i++) {
    if (!objective.isLabel(target[rows[i]])) throw new DomainError(`${fn}: target ${objective.labelRule} on every row used, got ${target[rows[i]]} in row ${rows[i]}`);
  }
}

function weightsOf(fn: string, binned: BinnedMatrix, weights: ArrayLike<number>, rows: Uint32Array): Float64Array {
  requireSameLength(fn, { 'rows of the matrix': { length: binned.rowCount }, weights });
  let total = 0;
  for (const row of rows) {
    if (!Number.isFinite(weights[row]) || weights[row] < 0) throw new DomainError(`${fn}: weights must be finite and >= 0, got ${weights[row]} in row ${row}`);
    total += weights[row];
  }
  if (!(total > 0)) throw new DomainError(`${fn}: weights must not all be 0`);
  return new Float64Array(weights);
}

function groupsOf(fn: string, binned: BinnedMatrix, groups: ArrayLike<number> | undefined, ranking: boolean, ...sets: (Uint32Array | undefined)[]): Float64Array | undefined {
  if (groups === undefined) {
    if (ranking) throw new DomainError(`${fn}: groups must be given with a ranking objective, got none`);
    return undefined;
  }
  if (!ranking) throw new DomainError(`${fn}: groups must be left out unless objective is "lambdarank" or "xendcg"`);
  requireSameLength(fn, { 'rows of the matrix': { length: binned.rowCount }, groups });
  for (const rows of sets) for (const row of rows ?? []) if (!Number.isFinite(groups[row])) throw new DomainError(`${fn}: groups must be finite, got ${groups[row]} in row ${row}`);
  return new Float64Array(groups);
}

function baseScoresOf(fn: string, baseScore: number | readonly number[] | undefined, outputs: number): Float64Array | undefined {
  if (baseScore === undefined) return undefined;
  const scores = typeof baseScore === 'number' ? Array.from({ length: outputs }, () => baseScore) : baseScore;
  if (!Array.isArray(scores) || scores.length !== outputs) throw new DomainError(`${fn}: baseScore must be a number or ${outputs} numbers, got ${show(baseScore)}`);
  return Float64Array.from(scores, (score: number, k) => requireNumber(fn, typeof baseScore === 'number' ? 'baseScore' : `baseScore[${k}]`, score));
}

function marginsOf(fn: string, given: ArrayLike<number>, length: number): Float64Array {
  requireSameLength(fn, { 'outputs times rows of the matrix': { length }, initialMargins: given });
  for (let i = 0; i < length; i++) if (!Number.isFinite(given[i])) throw new DomainError(`${fn}: initialMargins[${i}] must be finite, got ${given[i]}`);
  return new Float64Array(given);
}

function checkInitial(fn: string, model: GbdtModel, binned: BinnedMatrix, objective: Objective, baseScore: unknown): void {
  if (baseScore !== undefined) throw new DomainError(`${fn}: baseScore must be left out with initialModel, which has its own`);
  if (model.kind !== 'gbdt' || model.objective !== objective.name || model.outputs !== objective.outputs) {
    throw new DomainError(`${fn}: initialModel must be a boosted model of objective ${show(objective.name)} with ${objective.outputs} outputs, got ${model.kind} of ${show(model.objective)} with ${model.outputs}`);
  }
  const other = binned.names.findIndex((name, f) => model.featureNames[f] !== name);
  if (other >= 0 || model.featureNames.length !== binned.names.length) {
    throw new QuantwrightError('ERR_CONTRACT', `${fn}: initialModel must read the features of the matrix in their order, got ${show(model.featureNames[Math.max(other, 0)])} for ${show(binned.names[Math.max(other, 0)])}`);
  }
}
