// Provisional, until the room's own files land.
import type { EncodedModel, FeatureMatrix, ModelBase } from './types.ts';
export interface Lin extends ModelBase { readonly kind: string; readonly featureNames: readonly string[]; readonly coef: Float64Array; readonly mean: Float64Array; readonly intercept: number }
export interface ModelCodec { predict(model: ModelBase, matrix: FeatureMatrix, rows?: Uint32Array): Float64Array; importance(model: ModelBase): Float64Array; encode(model: ModelBase): EncodedModel; decode(e: EncodedModel): ModelBase }
const codec = (kind: string): ModelCodec => ({
  predict: (m, x, rows) => { const lin = m as Lin; const cols = lin.featureNames.map((f) => x.columns[x.names.indexOf(f)]); return Float64Array.from(rows ?? Array.from({ length: x.rowCount }, (_, i) => i), (r) => cols.reduce((s, c, j) => s + lin.coef[j] * ((Number.isNaN(c[r]) ? lin.mean[j] : c[r]) - lin.mean[j]), lin.intercept)); },
  importance: (m) => (m as Lin).coef.map(Math.abs),
  encode: (m) => ({ plain: { featureNames: [...m.featureNames], intercept: (m as Lin).intercept }, tensors: { coef: (m as Lin).coef, mean: (m as Lin).mean } }),
  decode: (e) => ({ kind, featureNames: (e.plain as { featureNames: string[] }).featureNames, intercept: (e.plain as { intercept: number }).intercept, coef: e.tensors['coef'], mean: e.tensors['mean'] }) as never,
});
export const modelCodecs: Readonly<Record<string, ModelCodec>> = { gbdt: codec('gbdt'), ridge: codec('ridge'), 'elastic-net': codec('elastic-net') };
