/** A tree ensemble as plain data and tensors, and back with proof of its shape. */
import { SchemaError } from '../../core/errors.ts';
import { show } from '../../core/assert.ts';
import { checkFeatureNames } from '../feature-names.ts';
import type { EncodedModel, Tensor } from '../types.ts';
import type { GbdtCategories, GbdtModel, GbdtObjectiveName } from './model.ts';

const MAX_TREES = 100_000;
const MAX_NODES = 50_000_000;
const MAX_OUTPUTS = 1000;
const MAX_KNOWN_VALUES = 255;
const OBJECTIVES: readonly GbdtObjectiveName[] = ['squared', 'absolute', 'huber', 'quantile', 'poisson', 'gamma', 'tweedie', 'logistic', 'softmax', 'lambdarank', 'xendcg', 'custom'];

/** Plain part: objective, outputs, base scores, feature names. Tensors: the node arrays, and those of the categories if there are any. */
export function encodeGbdt(model: GbdtModel): EncodedModel {
  const { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover, categories } = model;
  const tensors = { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover };
  return {
    plain: { objective: model.objective, outputs: model.outputs, baseScores: [...model.baseScores], featureNames: [...model.featureNames] },
    tensors: categories === undefined ? tensors : { ...tensors, categoryStart: categories.valueStart, categoryValues: categories.values, categorySetOf: categories.setOf, categorySets: categories.sets },
  };
}

/**
 * Reads a model that may be hostile.
 *
 * Proven before anything is predicted: lengths agree, every tree owns a range of nodes, children lie after their parent inside it and have
 * one parent, features and sets of categories are in range, values are finite, and so are the largest possible margin and the sum of gains.
 * So prediction ends, stays inside its arrays and is a number.
 */
export function decodeGbdt(encoded: EncodedModel, kind: GbdtModel['kind'] = 'gbdt'): GbdtModel {
  const head = decodeHead(encoded.plain);
  const { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover } = encoded.tensors;
  if (!(treeStart instanceof Int32Array && feature instanceof Int32Array && left instanceof Int32Array && right instanceof Int32Array && threshold instanceof Float64Array && value instanceof Float64Array && gain instanceof Float64Array && cover instanceof Float64Array && missingLeft instanceof Uint8Array)) {
    throw new SchemaError('decodeGbdt: tensors must be treeStart, feature, left, right (I32), threshold, value, gain, cover (F64) and missingLeft (U8)');
  }
  const nodes = feature.length;
  demand([threshold, left, right, missingLeft, value, gain, cover].every((tensor) => tensor.length === nodes), `every node tensor must have ${nodes} entries`);
  const trees = treeStart.length - 1;
  demand(trees >= 0 && trees <= MAX_TREES && nodes <= MAX_NODES, `at most ${MAX_TREES} trees and ${MAX_NODES} nodes, got ${trees} and ${nodes}`);
  demand(trees % head.outputs === 0, `trees must be a multiple of the ${head.outputs} outputs, got ${trees}`);
  demand(treeStart[0] === 0 && treeStart[trees] === nodes, 'treeStart must run from 0 to the number of nodes');
  const categories = decodeCategories(encoded.tensors, head.featureNames.length, nodes);
  const model: GbdtModel = { kind, ...head, treeStart, feature, threshold, left, right, missingLeft, value, gain, cover, ...(categories === undefined ? {} : { categories }) };
  checkTrees(model);
  return Object.freeze(model);
}

function demand(ok: boolean, rule: string): void {
  if (!ok) throw new SchemaError(`decodeGbdt: ${rule}`);
}

function decodeHead(given: unknown): Pick<GbdtModel, 'featureNames' | 'objective' | 'outputs' | 'baseScores'> {
  const plain = given as { objective?: unknown; outputs?: unknown; baseScore?: unknown; baseScores?: unknown; featureNames?: unknown } | null;
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) throw new SchemaError(`decodeGbdt: plain part must be an object, got ${show(plain)}`);
  const { objective, outputs = 1, baseScore } = plain;
  const featureNames = checkFeatureNames('decodeGbdt', plain.featureNames);
  if (!OBJECTIVES.includes(objective as GbdtObjectiveName)) throw new SchemaError(`decodeGbdt: objective must be one of ${OBJECTIVES.map((name) => JSON.stringify(name)).join(', ')}, got ${show(objective)}`);
  if (typeof outputs !== 'number' || !Number.isInteger(outputs) || outputs < 1 || outputs > MAX_OUTPUTS) throw new SchemaError(`decodeGbdt: outputs must be an integer in [1, ${MAX_OUTPUTS}], got ${show(outputs)}`);
  if (outputs > 1 && objective !== 'softmax' && objective !== 'custom') throw new SchemaError(`decodeGbdt: outputs must be 1 with objective ${show(objective)}, got ${outputs}`);
  const scores = plain.baseScores ?? [baseScore]; // layout 1 had a single number
  if (!Array.isArray(scores) || scores.length !== outputs || !scores.every((score) => typeof score === 'number' && Number.isFinite(score))) throw new SchemaError(`decodeGbdt: baseScores must be ${outputs} finite numbers, got ${show(scores)}`);
  return { featureNames, objective: objective as GbdtObjectiveName, outputs, baseScores: Float64Array.from(scores as number[]) };
}

function decodeCategories(tensors: Readonly<Record<string, Tensor>>, features: number, nodes: number): GbdtCategories | undefined {
  const { categoryStart: valueStart, categoryValues: values, categorySetOf: setOf, categorySets: sets } = tensors;
  if (valueStart === undefined && values === undefined && setOf === undefined && sets === undefined) return undefined;
  if (!(valueStart instanceof Int32Array && values instanceof Float64Array && setOf instanceof Int32Array && sets instanceof Uint32Array)) {
    throw new SchemaError('decodeGbdt: tensors of categories must be categoryStart, categorySetOf (I32), categoryValues (F64) and categorySets (U32)');
  }
  demand(valueStart.length === features + 1 && valueStart[0] === 0 && valueStart[features] === values.length, 'categoryStart must run from 0 to the number of values, one entry per feature');
  for (let f = 0; f < features; f++) {
    demand(valueStart[f] <= valueStart[f + 1] && valueStart[f + 1] - valueStart[f] <= MAX_KNOWN_VALUES && valueStart[f + 1] <= values.length, `feature ${f} must have at most ${MAX_KNOWN_VALUES} known values`);
    for (let i = valueStart[f]; i < valueStart[f + 1]; i++) demand(Number.isFinite(values[i]) && (i === valueStart[f] || values[i - 1] < values[i]), `known values of feature ${f} must be finite and ascend`);
  }
  demand(setOf.length === nodes && sets.length % 8 === 0, 'categorySetOf must have an entry per node and categorySets eight words per set');
  for (let i = 0; i < nodes; i++) demand(setOf[i] >= -1 && setOf[i] < sets.length / 8, `set of node ${i} must be in [-1, ${sets.length / 8 - 1}], got ${setOf[i]}`);
  return { valueStart, values, setOf, sets };
}

function checkTrees({ treeStart, feature, threshold, left, right, missingLeft, value, gain, cover, outputs, baseScores, featureNames, categories }: GbdtModel): void {
  const nodes = feature.length;
  const parents = new Uint8Array(nodes);
  const largestMargin = baseScores.map(Math.abs);
  let gains = 0;
  for (let t = 0; t + 1 < treeStart.length; t++) {
    const [start, end] = [treeStart[t], treeStart[t + 1]];
    demand(start < end && end <= nodes, `tree ${t} must own at least one node`);
    let largestValue = 0;
    for (let i = start; i < end; i++) {
      demand(threshold[i] > -Infinity && Number.isFinite(value[i]) && gain[i] >= 0 && gain[i] < Infinity && cover[i] >= 0 && cover[i] < Infinity && missingLeft[i] <= 1, `node ${i} must hold a threshold above -Infinity, a finite value, gain and cover >= 0`);
      gains += gain[i];
      largestValue = Math.max(largestValue, Math.abs(value[i]));
      // One parent each, all but the root: with children after parents, that makes the nodes one tree.
      demand(parents[i] === (i === start ? 0 : 1), `node ${i} must have ${i === start ? 'no parent' : 'one parent'}`);
      const set = categories?.setOf[i] ?? -1;
      if (feature[i] === -1) {
        demand(left[i] === -1 && right[i] === -1 && set === -1, `leaf ${i} must have no children and no set`);
        continue;
      }
      demand(feature[i] >= 0 && feature[i] < featureNames.length, `feature of node ${i} must be in [0, ${featureNames.length - 1}], got ${feature[i]}`);
      const categorical = categories !== undefined && categories.valueStart[feature[i]] < categories.valueStart[feature[i] + 1];
      demand(categorical === set >= 0, `node ${i} must have a set exactly when its feature is categorical`);
      for (const child of [left[i], right[i]]) {
        demand(child > i && child < end, `children of node ${i} must lie after it in the same tree, got ${child}`);
        if (parents[child] < 2) parents[child]++;
      }
    }
    largestMargin[t % outputs] += largestValue;
  }
  demand(largestMargin.every((margin) => margin < Infinity) && gains < Infinity, 'sums of leaf values and of gains must be finite');
}
