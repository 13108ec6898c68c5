import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../../src/core/errors.ts';
import { randomStream } from '../../../src/core/random.ts';
import { treeShapSync } from '../../../src/explain/index.ts';
import { binMatrix, fitGbdtSync, predictGbdt, predictGbdtLeaves, predictGbdtRow } from '../../../src/learners/index.ts';
import { decodeGbdt, encodeGbdt } from '../../../src/learners/gbdt/codec.ts';
import type { EncodedModel, GbdtModel, Tensor } from '../../../src/learners/index.ts';
import { matrixOf, noisyData } from '../data.ts';

// 1e5 in every run; the nightly run asks for 1e7.
const ROUNDS = Number(process.env['QUANTWRIGHT_FUZZ_ROUNDS'] ?? 100_000);

// Numbers a reader is likely to trust: next to limits, out of them, and no numbers at all.
const INTERESTING = [NaN, Infinity, -Infinity, -0, 0, 1, -1, 2, 7, 8, 31, 32, 254, 255, 256, 65535, 65536, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 2 ** 53, 1e-35, 1e308, -1e308, 5e-324];

const { matrix, target } = noisyData(400, 3, 9, 0.1);
const sectors = Float64Array.from(matrix.columns[2], (x) => Math.round(Math.abs(x) * 3));
const data = { ...matrix, columns: [matrix.columns[0], matrix.columns[1], sectors] };
const settings = { numIterations: 3, numLeaves: 5, lambdaL2: 0, learningRate: 0.5 };
const models: readonly GbdtModel[] = [
  fitGbdtSync(binMatrix(data), target, settings).model,
  fitGbdtSync(binMatrix(data, { categoricalFeatures: ['f2'] }), target, { ...settings, minDataPerGroup: 5, catSmooth: 1 }).model,
  fitGbdtSync(binMatrix(data), target.map((y) => (y > 1 ? 2 : y > 0 ? 1 : 0)), { ...settings, objective: 'softmax', numClass: 3, numIterations: 1 }).model,
];

// Values on, next to and far from every threshold a fuzzed model can have kept.
const probe = matrixOf(...[0, 1, 2].map((f) => [NaN, Infinity, -Infinity, 0, -0, 1e-35, 1e300, -1e300, 3, ...models[0].threshold.filter((_, i) => models[0].feature[i] === f)].slice(0, 12)).map((column) => [...column, ...new Array<number>(12 - column.length).fill(0.5)]));

function mutated(encoded: EncodedModel, random: ReturnType<typeof randomStream>): EncodedModel {
  const tensors: Record<string, Tensor> = Object.fromEntries(Object.entries(encoded.tensors).map(([name, tensor]) => [name, tensor.slice()]));
  const plain = structuredClone(encoded.plain) as Record<string, unknown>;
  const names = Object.keys(tensors);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)];
  const changes = 1 + Math.floor(random.uniform() * 3);
  for (let change = 0; change < changes; change++) {
    const name = pick(names);
    const tensor = tensors[name];
    const at = Math.floor(random.uniform() * tensor.length);
    const kind = random.uniform();
    if (kind < 0.45) tensor[at] = pick(INTERESTING);
    else if (kind < 0.7) tensor[at] += random.uniform() < 0.5 ? 1 : -1;
    else if (kind < 0.85) tensor[at] = tensor[Math.floor(random.uniform() * tensor.length)];
    else if (kind < 0.9) new Uint8Array(tensor.buffer)[Math.floor(random.uniform() * tensor.byteLength)] ^= 1 << Math.floor(random.uniform() * 8);
    else if (kind < 0.94) tensors[name] = tensor.slice(0, Math.floor(random.uniform() * (tensor.length + 1)));
    else if (kind < 0.97) plain[pick(['objective', 'outputs', 'baseScores', 'featureNames'])] = pick<unknown>([...INTERESTING, 'logistic', 'poisson', [], [1], [0, NaN], ['a', 'b', 'c'], ['a', 'b', '__proto__'], null, {}]);
    else tensors[name] = pick([new Uint8Array(tensor.length), Float32Array.from(tensor), new Float64Array(tensor.length)]) as Tensor;
  }
  return { plain: plain as EncodedModel['plain'], tensors };
}

describe('a model file that was tampered with', () => {
  it(`is refused or predicts numbers from its own leaves (${ROUNDS} mutations)`, () => {
    const random = randomStream(2026, 'fuzz');
    let accepted = 0;
    let compiled = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const hostile = mutated(encodeGbdt(models[round % models.length]), random);
      let model: GbdtModel;
      try {
        model = decodeGbdt(hostile);
      } catch (error) {
        if (!isQuantwrightError(error) || error.code !== 'ERR_SCHEMA') throw error;
        continue;
      }
      accepted++;
      const named = { ...probe, names: model.featureNames };
      const rows = predictGbdt(model, named, { output: 'margin' });
      if (rows.length !== probe.rowCount * model.outputs || rows.some((x) => !Number.isFinite(x))) throw new Error(`round ${round}: margins ${rows.join(' ')}`);
      const into = new Float64Array(model.outputs);
      predictGbdtRow(model, probe.columns.map((column) => column[4]), 'margin', into);
      if (into.some((x, k) => !Object.is(x, rows[4 * model.outputs + k]))) throw new Error(`round ${round}: one row predicts ${into.join(' ')}`);
      if (accepted % 100 !== 0) continue;
      compiled++;
      // Enough rows that the model is laid out for the kernel, which must not be led out of its memory.
      const many = Uint32Array.from({ length: 600 }, (_, i) => i % probe.rowCount);
      const again = predictGbdt(model, named, { rows: many, output: 'margin' });
      if (again.some((x, i) => !Object.is(x, rows[many[Math.floor(i / model.outputs)] * model.outputs + (i % model.outputs)]))) throw new Error(`round ${round}: kernel and walk differ`);
      const leaves = predictGbdtLeaves(model, named);
      if (leaves.some((leaf) => leaf < 0)) throw new Error(`round ${round}: leaf below 0`);
      const { values, expected } = treeShapSync(model, named, { rows: Uint32Array.of(0, 3) });
      if (values.some((x) => Number.isNaN(x)) || expected.some((x) => Number.isNaN(x))) throw new Error(`round ${round}: NaN contribution`);
    }
    expect(accepted / ROUNDS).toBeGreaterThan(0.1); // else the mutations would test the outer checks only
    expect(compiled).toBeGreaterThan(ROUNDS / 2000);
  }, 30 * 60_000);
});
