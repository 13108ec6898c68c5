/** A predictor whose intervals follow the outcomes. */
import type { Bundle } from '../bundle/index.ts';
import { conformal, quantileTracker, restoreConformal } from '../conformal/index.ts';
import type { AdaptiveConformal, AdaptiveConformalState, ConformalFit, ConformalIntervals, ForecastRows, LiveCoverage, QuantileTracker, UpdateReport } from '../conformal/index.ts';
import { requireKnownKeys, show } from '../core/assert.ts';
import { driveSync } from '../core/drive.ts';
import { DomainError, QuantwrightError } from '../core/errors.ts';
import { parseTime } from '../core/time.ts';
import type { Panel } from '../panel/index.ts';
import type { DriftReport } from '../shift-detection/index.ts';
import { requireContract } from './contract.ts';
import { bundleDrift } from './drift.ts';
import type { BundleDriftOptions } from './drift.ts';
import { lastSession, predictorWith, rowsTask, syncRange } from './predictor.ts';
import type { Overlay, Predictor, PredictorOptions } from './predictor.ts';
import type { PredictRange } from './range.ts';
import type { ServedContext } from './serve.ts';
import type { Prediction } from './types.ts';

export interface LivePredictorOptions extends PredictorOptions {
  /** How the radii follow the outcomes, from those of the bundle on. @default quantileTracker() */
  readonly adapt?: QuantileTracker;
  /** What `state` of an earlier predictor of the same bundle gave, through the plain codec; its adaptor then holds. */
  readonly state?: unknown;
}

/** What became of a prediction. */
export interface Outcome {
  /** Feature time of the prediction, as its row has it: epoch milliseconds, a date, or a date-time with an offset. */
  readonly time: number | string;
  readonly entity: string;
  /** In the units of the label; NaN says that there will be none. */
  readonly outcome: number;
}

/** A predictor that remembers what it issued until the outcomes are known. */
export interface LivePredictor extends Predictor {
  /**
   * Predictions of the last session, or of a range of sessions in panel order, remembered for `update`. Issuing a row again changes nothing.
   *
   * @throws DomainError for a session before the last one issued, or a row issued before with other inputs
   */
  issue(panel: Panel, range?: PredictRange): Prediction[];
  /**
   * Takes outcomes in, in any order and any time after they are known; the label's horizon is waited for and as long again. Each session makes one
   * step however many rows it has, so the intervals of a session depend only on outcomes known before it was issued.
   */
  update(outcomes: readonly Outcome[]): UpdateReport;
  /** {@link bundleDrift} of its bundle: which features no longer look as they did in training. */
  drift(panel: Panel, options?: BundleDriftOptions): Promise<DriftReport>;
  /** Coverage of the outcomes that came in, by the intervals they were issued with. */
  readonly coverage: LiveCoverage;
  /** All that the intervals remember, for `toPlain`: four numbers a group, and some 30 bytes a row that waits. */
  readonly state: AdaptiveConformalState;
}

/**
 * A predictor over a decoded bundle whose intervals widen after misses and narrow without them.
 *
 * Every group of rows has its own radius, which starts at the bundle's and moves by a share of it after each session: by `learningRate` times the share of
 * rows missed beyond alpha. Values, P(up) and abstentions are those of `createPredictor`. The methods of {@link Predictor} use the radii of the moment and remember nothing.
 *
 * @throws `ERR_UNSUPPORTED` for a bundle without intervals; SchemaError or DomainError for a state that is damaged or of another bundle
 * @see Angelopoulos, Candes and Tibshirani (2023), "Conformal PID control for time series prediction"
 * @example
 * const predictor = createLivePredictor(bundle, { state });
 * predictor.update(knownSinceYesterday);
 * log(predictor.issue(bars), predictor.state);
 */
export function createLivePredictor(bundle: Bundle, options: LivePredictorOptions = {}): LivePredictor {
  requireKnownKeys('createLivePredictor', options, ['version', 'codecs', 'adapt', 'state']);
  const { adapt, state, ...rest } = options;
  const live = state === undefined ? startOf(bundle, adapt) : resumed(bundle, adapt, state);
  const onRadiiOfNow: Overlay = (rows, contexts) => withBounds(rows, live.intervals(forecastsOf(live, contexts)));
  const issued: Overlay = (rows, contexts) => withBounds(rows, issueSessions(live, contexts));
  return Object.freeze({
    ...predictorWith(bundle, rest, onRadiiOfNow),
    issue: (panel: Panel, range?: PredictRange) => {
      const sessions = range === undefined ? lastSession(panel) : syncRange('issue', bundle, panel, range);
      if (range === undefined) requireContract('issue', bundle, panel);
      return driveSync(rowsTask(bundle, panel, sessions, rest, issued));
    },
    update: (outcomes: readonly Outcome[]) => live.update({
      sessions: Float64Array.from(outcomes, ({ time }) => parseTime('update', 'time', time)),
      entities: outcomes.map(({ entity }) => entity),
      outcomes: Float64Array.from(outcomes, ({ outcome }) => outcome),
    }),
    drift: (panel: Panel, driftOptions: BundleDriftOptions = {}) => bundleDrift(bundle, panel, driftOptions),
    get coverage() {
      return live.coverage;
    },
    get state() {
      return live.state;
    },
  });
}

type Bounds = Pick<ConformalIntervals, 'lower' | 'upper'>;

// Predicted rows take the bounds in turn.
function withBounds(rows: readonly Prediction[], { lower, upper }: Bounds): Prediction[] {
  let next = 0;
  return rows.map((row) => {
    if (row.status !== 'predicted') return row;
    const i = next++;
    return Object.freeze({ ...row, lower: lower[i], upper: upper[i] });
  });
}

function forecastsOf({ settings }: AdaptiveConformal, contexts: readonly ServedContext[]): ForecastRows {
  return {
    predictions: Float64Array.from(contexts, ({ prediction }) => prediction),
    ...(settings.score.kind === 'normalized' && { dispersion: Float64Array.from(contexts, ({ dispersion }) => dispersion) }),
    ...(settings.groups > 1 && { groups: Int32Array.from(contexts, ({ group }) => group) }),
  };
}

// A session at a time: opening one may settle older ones and move the radii.
function issueSessions(live: AdaptiveConformal, contexts: readonly ServedContext[]): Bounds {
  const lower = new Float64Array(contexts.length);
  const upper = new Float64Array(contexts.length);
  for (let from = 0; from < contexts.length; ) {
    const session = contexts[from].time;
    let to = from + 1;
    while (to < contexts.length && contexts[to].time === session) to++;
    const own = contexts.slice(from, to);
    const intervals = live.issue({ session, entities: own.map(({ entity }) => entity), ...forecastsOf(live, own) });
    lower.set(intervals.lower, from);
    upper.set(intervals.upper, from);
    from = to;
  }
  return { lower, upper };
}

function startOf(bundle: Bundle, adapt: QuantileTracker = quantileTracker()): AdaptiveConformal {
  const { conformal: fit, horizon } = settingsOf(bundle);
  const live = conformal({ alpha: fit.alpha, score: fit.score, groups: fit.radii.length, horizon, adapt });
  live.startFrom(fit);
  return live;
}

function resumed(bundle: Bundle, adapt: QuantileTracker | undefined, state: unknown): AdaptiveConformal {
  const fn = 'createLivePredictor';
  if (adapt !== undefined) throw new DomainError(`${fn}: adapt must not be given with state, which has its own, got ${show(adapt)}`);
  const { conformal: fit, horizon } = settingsOf(bundle);
  const live = restoreConformal(state);
  const { settings } = live;
  const fits = settings.alpha === fit.alpha && settings.score.kind === fit.score && settings.groups === fit.radii.length && settings.horizon === horizon && live.state.floor === fit.dispersionFloor;
  if (!fits) throw new DomainError(`${fn}: state must be of this bundle, got one of alpha ${settings.alpha}, score ${show(settings.score.kind)}, ${settings.groups} groups and horizon ${settings.horizon}`);
  return live;
}

function settingsOf({ manifest: { uncertainty, horizon } }: Bundle): { readonly conformal: ConformalFit; readonly horizon: number } {
  if (uncertainty === null) throw new QuantwrightError('ERR_UNSUPPORTED', 'createLivePredictor: bundle must have intervals, got one trained without a calibration part');
  return { conformal: uncertainty.conformal, horizon };
}
