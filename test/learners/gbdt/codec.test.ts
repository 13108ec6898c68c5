import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../../src/core/errors.ts';
import { decodeGbdt, encodeGbdt } from '../../../src/learners/gbdt/codec.ts';
import { binMatrix, fitGbdtSync, modelCodecs, predictGbdt, predictGbdtRow } from '../../../src/learners/index.ts';
import type { EncodedModel, GbdtModel, Tensor } from '../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../data.ts';
import { encodeForTest } from './encode-for-test.ts';

const { matrix, target } = noisyData(120, 3, 2, 0.1);
const valid: GbdtModel = fitGbdtSync(binMatrix(matrix), target, { numIterations: 4, numLeaves: 5, minDataInLeaf: 5, lambdaL2: 1 }).model;

type Tensors = Record<string, Tensor>;
type Change = (tensors: Tensors, plain: Record<string, unknown>) => void;

// A copy of the valid model with something changed.
function changed(change: Change): EncodedModel {
  const { plain, tensors } = encodeGbdt(valid);
  const copy = { plain: { ...(plain as Record<string, unknown>) }, tensors: Object.fromEntries(Object.entries(tensors).map(([k, v]) => [k, v.slice()])) };
  change(copy.tensors, copy.plain);
  return copy as EncodedModel;
}

const inner = valid.feature.indexOf(valid.feature.find((f) => f >= 0) as number);
const leaf = valid.feature.indexOf(-1);
const nodes = valid.feature.length;

describe('decodeGbdt', () => {
  it('gives the model back to the bit', () => {
    expect(encodeForTest(decodeGbdt(encodeGbdt(valid)))).toBe(encodeForTest(valid));
    expect(decodeGbdt(encodeGbdt(valid))).toEqual(valid);
  });

  it('a model without trees predicts its base score', () => {
    const empty = decodeGbdt(changed((t) => {
      for (const key of Object.keys(t)) t[key] = key === 'treeStart' ? Int32Array.of(0) : t[key].slice(0, 0);
    }));
    expect(predictGbdtRow(empty, [0, 0, 0])).toBe(valid.baseScores[0]);
  });

  const hostile: Record<string, Change> = {
    'an objective outside the list': (_, plain) => { plain['objective'] = 'median'; },
    'a base score that is no number': (_, plain) => { plain['baseScores'] = ['1']; },
    'an infinite base score': (_, plain) => { plain['baseScores'] = [Infinity]; },
    'two base scores for one output': (_, plain) => { plain['baseScores'] = [1, 2]; },
    'several outputs of a loss that has one': (_, plain) => { plain['outputs'] = 2; plain['baseScores'] = [0, 0]; },
    'a fraction of an output': (_, plain) => { plain['outputs'] = 1.5; },
    'trees that are no multiple of the outputs': (_, plain) => { plain['objective'] = 'softmax'; plain['outputs'] = 3; plain['baseScores'] = [0, 0, 0]; },
    'sets of categories without their values': (t) => { t['categorySetOf'] = new Int32Array(nodes).fill(-1); },
    'no feature names': (_, plain) => { plain['featureNames'] = []; },
    'feature names that repeat': (_, plain) => { plain['featureNames'] = ['a', 'a', 'b']; },
    'a feature name that reaches a prototype': (_, plain) => { plain['featureNames'] = ['a', 'b', '__proto__']; },
    'a feature name that is too long': (_, plain) => { plain['featureNames'] = ['a', 'b', 'c'.repeat(257)]; },
    'a feature name that is no text': (_, plain) => { plain['featureNames'] = ['a', 'b', 3]; },
    'fewer names than features': (_, plain) => { plain['featureNames'] = ['a']; },
    'a tensor of another type': (t) => { t['threshold'] = Float32Array.from(t['threshold']); },
    'a missing tensor': (t) => { delete t['left']; },
    'tensors of unequal length': (t) => { t['gain'] = t['gain'].slice(1); },
    'an empty treeStart': (t) => { t['treeStart'] = new Int32Array(0); },
    'a first tree that does not start at 0': (t) => { t['treeStart'][0] = 1; },
    'trees that do not cover the nodes': (t) => { t['treeStart'][4]--; },
    'a tree without nodes': (t) => { t['treeStart'][1] = 0; },
    'trees that run backwards': (t) => { t['treeStart'][2] = 1; },
    'a tree beyond the nodes': (t) => { t['treeStart'][2] = nodes + 5; },
    'too many trees': (t) => { t['treeStart'] = Int32Array.from({ length: 100_002 }, (_, i) => Math.min(i, nodes)); },
    'a threshold that is NaN': (t) => { t['threshold'][inner] = NaN; },
    'a threshold of -Infinity': (t) => { t['threshold'][inner] = -Infinity; },
    'an infinite value': (t) => { t['value'][leaf] = -Infinity; },
    'values whose sum overflows': (t) => { t['value'].fill(1e308); },
    'a gain below 0': (t) => { t['gain'][inner] = -1; },
    'a gain that is NaN': (t) => { t['gain'][inner] = NaN; },
    'gains whose sum overflows': (t) => { t['gain'].fill(1e308); },
    'a cover below 0': (t) => { t['cover'][0] = -1; },
    'an infinite cover': (t) => { t['cover'][0] = Infinity; },
    'a missing side that is neither': (t) => { t['missingLeft'][inner] = 2; },
    'a feature out of range': (t) => { t['feature'][inner] = 3; },
    'a negative feature': (t) => { t['feature'][inner] = -2; },
    'a leaf with children': (t) => { t['left'][leaf] = leaf + 1; },
    'a leaf made of an inner node, whose children are orphans': (t) => { t['feature'][inner] = t['left'][inner] = t['right'][inner] = -1; },
    'a child that is its parent': (t) => { t['left'][inner] = inner; },
    'a child before its parent': (t) => { t['left'][inner + 2] = 0; t['feature'][inner + 2] = 0; },
    'a child in another tree': (t) => { t['right'][inner] = t['treeStart'][1]; },
    'a negative child': (t) => { t['right'][inner] = -1; },
    'one child twice': (t) => { t['right'][inner] = t['left'][inner]; },
  };
  for (const [name, change] of Object.entries(hostile)) {
    it(`refuses ${name}`, () => {
      expect(() => decodeGbdt(changed(change))).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    });
  }

  it('refuses a plain part that is not an object', () => {
    for (const plain of [null, 'text', 3, [], true]) expect(() => decodeGbdt({ ...encodeGbdt(valid), plain })).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });

  it('random changes are refused with ERR_SCHEMA or predict finite numbers', () => {
    const probes = matrixOf(...[0, 1, 2].map((f) => [NaN, Infinity, -Infinity, 0, -0, 1e-35, ...Array.from(valid.threshold).slice(0, 6).flatMap((t) => [t, t * (1 + 2 ** -52), t * (1 - 2 ** -52)]), f]));
    const value = fc.oneof(fc.double(), fc.integer({ min: -3, max: nodes + 3 }), fc.constantFrom(1e308, -1e308, NaN, Infinity, Number.MAX_VALUE));
    const change = fc.record({ tensor: fc.constantFrom(...Object.keys(encodeGbdt(valid).tensors)), place: fc.nat(), value, cut: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }) });
    let accepted = 0;
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const encoded = changed((tensors) => {
        for (const { tensor, place, value: v, cut } of changes) {
          tensors[tensor] = tensors[tensor].slice(cut);
          tensors[tensor][place % tensors[tensor].length] = v;
        }
      });
      let model: GbdtModel;
      try {
        model = decodeGbdt(encoded);
      } catch (error) {
        expect(isQuantwrightError(error, 'ERR_SCHEMA')).toBe(true);
        return;
      }
      accepted++;
      for (const p of predictGbdt(model, probes)) if (!Number.isFinite(p)) throw new Error(`predicted ${p}`);
      for (const share of modelCodecs.gbdt.importance(model)) if (!(share >= 0 && share <= 1)) throw new Error(`importance ${share}`);
    }), { numRuns: 4000 });
    expect(accepted).toBeGreaterThan(400); // at least a tenth gets past the checks
  });
});
