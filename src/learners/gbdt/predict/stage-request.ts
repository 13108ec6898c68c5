/** What is asked of a prediction. */
import type { FeatureMatrix } from '../../types.ts';
import type { GbdtModel } from '../model.ts';

/** Margins asked for: one array per end, row-major, shape (count * outputs). */
export interface StageRequest {
  readonly model: GbdtModel;
  /** In the model's feature order. */
  readonly columns: FeatureMatrix['columns'];
  /** Rows asked for, all when undefined. */
  readonly rows: ArrayLike<number> | undefined;
  readonly count: number;
  /** Margins after `from` iterations, shape (count * outputs); the base scores when undefined. */
  readonly start: Float64Array | undefined;
  readonly from: number;
  /** Numbers of iterations, ascending, none below `from`. */
  readonly ends: readonly number[];
}
