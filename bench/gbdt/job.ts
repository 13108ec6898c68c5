/** What one engine is asked to do in a process of its own, and what it answers. The python side reads the same fields. */

/** The same settings for every engine. */
export interface Settings {
  readonly trees: number;
  readonly leaves: number;
  readonly learningRate: number;
  /** L2 penalty in units of the hessian. */
  readonly lambda: number;
  readonly minRows: number;
  readonly maxBin: number;
  /** Share of rows drawn for each tree. sklearn 1.2 cannot draw and takes all. */
  readonly rowShare: number;
  /** Share of features drawn for each tree. sklearn 1.2 cannot draw and takes all. */
  readonly featureShare: number;
}

export const SAME_SETTINGS: Settings = { trees: 200, leaves: 31, learningRate: 0.05, lambda: 0, minRows: 20, maxBin: 255, rowShare: 1, featureShare: 1 };

export type Objective = 'squared' | 'logistic';

export interface Job {
  /** Folder with the panel's float32 files, see panel-files.ts. */
  readonly dir: string;
  readonly names: readonly string[];
  readonly categorical: readonly string[];
  readonly objective: Objective;
  /** Absent: the engine's own defaults. */
  readonly settings?: Settings;
  readonly threads: number;
  /** Fits in this process; the fastest counts. */
  readonly repeats: number;
  /** Measure the speed of prediction too. */
  readonly timePrediction: boolean;
  /** Also write the test predictions as float64 to this file. */
  readonly predictions?: string;
}

export type PeerName = 'lightgbm' | 'xgboost' | 'sklearn';

export interface PeerJob extends Job {
  readonly peer: PeerName;
  /** LightGBM's layout of the histograms' data. @default its own choice */
  readonly layout?: 'row' | 'col';
}

export interface OursJob extends Job {
  readonly kernel: 'auto' | 'typescript';
}

/** Seconds are wall time of the fastest fit unless said otherwise. */
export interface Measured {
  readonly version: string;
  readonly binSeconds: number;
  readonly boostSeconds: number;
  /** Least CPU time of a fit, binning and boosting, all threads. */
  readonly cpuSeconds: number;
  /** Binning and boosting of the first fit of the process. */
  readonly firstSeconds: number;
  /** Highest resident memory of the process up to the end of the last fit: training data, runtime and engine. */
  readonly peakMb: number;
  /** RMSE, or mean negative log-likelihood, on the test rows. */
  readonly loss: number;
  readonly rowsPerSecond?: number;
  /** Prediction of one row by one call, microseconds, median. */
  readonly rowMicroseconds?: number;
  /** SHA-256 of the predictions' bytes; ours only. */
  readonly digest?: string;
}

/** A peer that cannot do the job says why. */
export type Answer = Measured | { readonly skipped: string };

export function isMeasured(answer: Answer | undefined): answer is Measured {
  return answer !== undefined && !('skipped' in answer);
}

/** Binning and boosting together. */
export function totalSeconds(measured: Measured): number {
  return measured.binSeconds + measured.boostSeconds;
}
