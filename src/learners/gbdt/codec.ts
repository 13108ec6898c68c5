/** A boosted model as plain data and tensors, and back with proof of its shape. */
import { SchemaError } from '../../core/errors.ts';
import { show } from '../../core/assert.ts';
import { checkFeatureNames } from '../feature-names.ts';
import type { EncodedModel } from '../types.ts';
import type { GbdtModel } from './model.ts';

const MAX_TREES = 100_000;
const MAX_NODES = 50_000_000;

/** Plain part: objective, base score, feature names. Tensors: the node arrays. */
export function encodeGbdt(model: GbdtModel): EncodedModel {
  const { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover } = model;
  return {
    plain: { objective: model.objective, baseScores: [...model.baseScores], featureNames: [...model.featureNames] },
    tensors: { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover },
  };
}

/**
 * Reads a model that may be hostile.
 *
 * Proven before anything is predicted: lengths agree, every tree owns a range of nodes, children lie after their parent inside it and have
 * one parent, features are in range, thresholds and values are finite, and so are the largest possible margin and the sum of gains. So
 * prediction ends, stays inside its arrays and is a number.
 */
export function decodeGbdt(encoded: EncodedModel): GbdtModel {
  const demand = (ok: boolean, rule: string): void => {
    if (!ok) throw new SchemaError(`decodeGbdt: ${rule}`);
  };
  const plain = encoded.plain as { objective?: unknown; baseScore?: unknown; baseScores?: unknown; featureNames?: unknown } | null;
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) throw new SchemaError(`decodeGbdt: plain part must be an object, got ${show(plain)}`);
  const { objective } = plain;
  const baseScore = Array.isArray(plain.baseScores) ? plain.baseScores[0] : plain.baseScore; // layout 1 had a single number
  const featureNames = checkFeatureNames('decodeGbdt', plain.featureNames);
  if (objective !== 'squared' && objective !== 'logistic') throw new SchemaError(`decodeGbdt: objective must be one of "squared", "logistic", got ${show(objective)}`);
  if (typeof baseScore !== 'number' || !Number.isFinite(baseScore)) throw new SchemaError(`decodeGbdt: baseScore must be finite, got ${show(baseScore)}`);
  const { treeStart, feature, threshold, left, right, missingLeft, value, gain, cover } = encoded.tensors;
  if (!(treeStart instanceof Int32Array && feature instanceof Int32Array && left instanceof Int32Array && right instanceof Int32Array && threshold instanceof Float64Array && value instanceof Float64Array && gain instanceof Float64Array && cover instanceof Float64Array && missingLeft instanceof Uint8Array)) {
    throw new SchemaError('decodeGbdt: tensors must be treeStart, feature, left, right (I32), threshold, value, gain, cover (F64) and missingLeft (U8)');
  }
  const nodes = feature.length;
  demand([threshold, left, right, missingLeft, value, gain, cover].every((tensor) => tensor.length === nodes), `every node tensor must have ${nodes} entries`);
  const trees = treeStart.length - 1;
  demand(trees >= 0 && trees <= MAX_TREES && nodes <= MAX_NODES, `at most ${MAX_TREES} trees and ${MAX_NODES} nodes, got ${trees} and ${nodes}`);
  demand(treeStart[0] === 0 && treeStart[trees] === nodes, 'treeStart must run from 0 to the number of nodes');
  const parents = new Uint8Array(nodes);
  let largestMargin = Math.abs(baseScore);
  let gains = 0;
  for (let t = 0; t < trees; t++) {
    const [start, end] = [treeStart[t], treeStart[t + 1]];
    demand(start < end && end <= nodes, `tree ${t} must own at least one node`);
    let largestValue = 0;
    for (let i = start; i < end; i++) {
      demand(threshold[i] > -Infinity && Number.isFinite(value[i]) && gain[i] >= 0 && gain[i] < Infinity && cover[i] >= 0 && cover[i] < Infinity && missingLeft[i] <= 1, `node ${i} must hold a threshold above -Infinity, a finite value, gain and cover >= 0`);
      gains += gain[i];
      largestValue = Math.max(largestValue, Math.abs(value[i]));
      // One parent each, all but the root: with children after parents, that makes the nodes one tree.
      demand(parents[i] === (i === start ? 0 : 1), `node ${i} must have ${i === start ? 'no parent' : 'one parent'}`);
      if (feature[i] === -1) {
        demand(left[i] === -1 && right[i] === -1, `leaf ${i} must have no children`);
        continue;
      }
      demand(feature[i] >= 0 && feature[i] < featureNames.length, `feature of node ${i} must be in [0, ${featureNames.length - 1}], got ${feature[i]}`);
      for (const child of [left[i], right[i]]) {
        demand(child > i && child < end, `children of node ${i} must lie after it in the same tree, got ${child}`);
        if (parents[child] < 2) parents[child]++;
      }
    }
    largestMargin += largestValue;
  }
  demand(largestMargin < Infinity && gains < Infinity, 'sums of leaf values and of gains must be finite');
  return Object.freeze({ kind: 'gbdt', featureNames, objective, outputs: 1, baseScores: Float64Array.of(baseScore), treeStart, feature, threshold, left, right, missingLeft, value, gain, cover });
}
