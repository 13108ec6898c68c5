/** The port every kind of model fits through, so that a host's own model can join an ensemble and a bundle. */
import type { Plain } from '../core/codec.ts';
import type { Task } from '../core/drive.ts';

export type Tensor = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Feature columns of equal length; NaN means missing. */
export interface FeatureMatrix {
  readonly rowCount: number;
  readonly names: readonly string[];
  readonly columns: readonly (Float64Array | Float32Array)[];
}

/** What a learner is fitted on. No label or weight outside `rows`, and nothing outside `features`, may influence the model. */
export interface TrainingSet {
  readonly matrix: FeatureMatrix;
  /** Indices into `matrix.columns` the model may use, in the order the model numbers them. */
  readonly features: readonly number[];
  /** Training rows. */
  readonly rows: Uint32Array;
  /** Target of every row of the matrix, shape (matrix.rowCount); finite on `rows`. */
  readonly target: Float64Array;
  /** Weight of every row of the matrix, shape (matrix.rowCount); absent means 1. */
  readonly weights?: Float64Array;
}

export interface FitContext {
  /** Seed of every draw the fit makes. */
  readonly seed: number;
  /**
   * Shares costly preparation between fits of one run: returns the value made the first time `key` was asked for.
   * `rows` are the rows the preparation may look at, the development rows of the run.
   */
  readonly prepare?: <T>(key: string, make: (rows: Uint32Array) => Task<T>) => Task<T>;
}

/** A model as plain JSON and named tensors. */
export interface EncodedModel {
  readonly plain: Plain;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A model's own description of what it reads. Every model carries the names of its features in its own order. */
export interface ModelBase {
  readonly kind: string;
  readonly featureNames: readonly string[];
}

export interface Learner<Model extends ModelBase = ModelBase, Options extends object = object> {
  readonly kind: string;
  /** Fits as a task; drive it with `drive` or `yield*` it. */
  fit(set: TrainingSet, options: Options, context: FitContext): Task<Model>;
  /** Predictions of `rows` (all when absent), shape (rows). Columns are found by name. A row's prediction does not depend on the others. */
  predict(model: Model, matrix: FeatureMatrix, rows?: Uint32Array): Float64Array;
  /** Importance of each feature, non-negative, sum 1 (all 0 when the model uses none), shape (features). */
  importance(model: Model): Float64Array;
  encode(model: Model): EncodedModel;
  /** @throws SchemaError unless the data is a valid model; a decoded model can be predicted with safely. */
  decode(encoded: EncodedModel): Model;
}
