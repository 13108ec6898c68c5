/** The reading side of every built-in model kind. Imports no fit code: a predictor needs nothing else. */
import { gbdtImportance } from './gbdt/importance.ts';
import { decodeGbdt, encodeGbdt } from './gbdt/codec.ts';
import type { GbdtModel } from './gbdt/model.ts';
import { predictGbdt } from './gbdt/predict.ts';
import type { LinearModel } from './linear/model.ts';
import { decodeLinear, encodeLinear, linearImportance, predictLinear } from './linear/predict.ts';
import type { Learner, ModelBase } from './types.ts';

/** What serving needs of a learner. */
export type ModelCodec<Model extends ModelBase = ModelBase> = Pick<Learner<Model>, 'predict' | 'importance' | 'encode' | 'decode'>;

const linearCodec = (kind: LinearModel['kind']): ModelCodec<LinearModel> => ({
  predict: predictLinear,
  importance: linearImportance,
  encode: encodeLinear,
  decode: (encoded) => decodeLinear(kind, encoded),
});

const gbdtCodec: ModelCodec<GbdtModel> = {
  predict: (model, matrix, rows) => predictGbdt(model, matrix, rows === undefined ? {} : { rows }),
  importance: (model) => {
    const gains = gbdtImportance(model, 'gain');
    const total = gains.reduce((a, b) => a + b, 0);
    return total > 0 ? gains.map((g) => g / total) : gains;
  },
  encode: encodeGbdt,
  decode: decodeGbdt,
};

/** Codecs by model kind. */
export const modelCodecs: { readonly gbdt: ModelCodec<GbdtModel>; readonly ridge: ModelCodec<LinearModel>; readonly 'elastic-net': ModelCodec<LinearModel> } = {
  gbdt: gbdtCodec,
  ridge: linearCodec('ridge'),
  'elastic-net': linearCodec('elastic-net'),
};
