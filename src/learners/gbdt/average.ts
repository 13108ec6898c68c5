/** Several models of one kind as one: the mean of their margins. */
import { requireSameLength } from '../../core/assert.ts';
import { DomainError, QuantwrightError } from '../../core/errors.ts';
import type { GbdtCategories, GbdtModel } from './model.ts';

/**
 * One model whose margins are the means of those of the given models: their trees one after another, leaf values divided by the number of
 * models. Models of slightly different bins or seeds err differently, so their mean errs less.
 *
 * @throws DomainError for no models or models of different objectives; `ERR_CONTRACT` for different features or categories
 * @see Breiman (1996), Bagging predictors
 */
export function averageGbdtModels(models: readonly GbdtModel[]): GbdtModel {
  const [first] = models;
  if (first === undefined) throw new DomainError('averageGbdtModels: models must hold at least one, got 0');
  for (const model of models) checkAlike(first, model);
  const share = 1 / models.length;
  const nodesBefore = offsets(models.map(({ feature }) => feature.length));
  const setsBefore = offsets(models.map(({ categories }) => (categories?.sets.length ?? 0) / 8));
  const join = <T extends Float64Array | Int32Array | Uint8Array>(make: { new (length: number): T }, part: (model: GbdtModel) => ArrayLike<number>, change: (x: number, m: number) => number = (x) => x): T => {
    const lengths = models.map((model) => part(model).length);
    const all = new make(lengths.reduce((a, b) => a + b, 0));
    let at = 0;
    models.forEach((model, m) => {
      const values = part(model);
      for (let i = 0; i < values.length; i++) all[at++] = change(values[i], m);
    });
    return all;
  };
  const shifted = (x: number, m: number): number => (x < 0 ? x : x + nodesBefore[m]);
  return Object.freeze({
    ...first,
    baseScores: first.baseScores.map((_, k) => models.reduce((sum, model) => sum + model.baseScores[k] * share, 0)),
    treeStart: Int32Array.from([0, ...join(Int32Array, ({ treeStart }) => treeStart.subarray(1), shifted)]),
    feature: join(Int32Array, ({ feature }) => feature),
    threshold: join(Float64Array, ({ threshold }) => threshold),
    left: join(Int32Array, ({ left }) => left, shifted),
    right: join(Int32Array, ({ right }) => right, shifted),
    missingLeft: join(Uint8Array, ({ missingLeft }) => missingLeft),
    value: join(Float64Array, ({ value }) => value, (x) => x * share),
    gain: join(Float64Array, ({ gain }) => gain, (x) => x * share),
    cover: join(Float64Array, ({ cover }) => cover),
    ...(first.categories === undefined
      ? {}
      : {
          categories: {
            ...first.categories,
            setOf: join(Int32Array, ({ categories }) => (categories as GbdtCategories).setOf, (x, m) => (x < 0 ? x : x + setsBefore[m])),
            sets: Uint32Array.from(models.flatMap(({ categories }) => Array.from((categories as GbdtCategories).sets))),
          },
        }),
  });
}

function offsets(lengths: readonly number[]): number[] {
  return lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
}

function checkAlike(a: GbdtModel, b: GbdtModel): void {
  const fn = 'averageGbdtModels';
  if (a.kind !== b.kind || a.objective !== b.objective || a.outputs !== b.outputs) throw new DomainError(`${fn}: models must have one kind, objective and number of outputs, got ${a.kind} of ${a.objective} and ${b.kind} of ${b.objective}`);
  requireSameLength(fn, { 'features of the first model': a.featureNames, 'features of another': b.featureNames });
  const known = (model: GbdtModel): string => JSON.stringify([model.featureNames, Array.from(model.categories?.valueStart ?? []), Array.from(model.categories?.values ?? [])]);
  if (known(a) !== known(b)) throw new QuantwrightError('ERR_CONTRACT', `${fn}: models must read the same features with the same categories`);
}
