/** Label values of a panel, each with its end session or the reason it is missing. */
import { lowerBound } from '../core/sort.ts';
import { unknownName } from '../core/assert.ts';
import { driveSync, type Task } from '../core/drive.ts';
import { averageRanks } from '../core/sort.ts';
import type { Column, Panel } from '../panel/types.ts';
import { entityGridSteps, type Grid } from './grid.ts';
import { labelColumns, validateLabel } from './labels.ts';
import type { ForwardVolatilityLabel, Label, LabelTable, MissingLabelReason } from './types.ts';

type ReturnLabel = Exclude<Label, ForwardVolatilityLabel>;

// Code 0 is "has a value".
const REASONS: readonly MissingLabelReason[] = ['end-of-data', 'halted', 'delisted', 'benchmark-missing', 'no-entry-price', 'too-few-names'];
const code = (reason: MissingLabelReason): number => REASONS.indexOf(reason) + 1;
const END_OF_DATA = code('end-of-data');
const HALTED = code('halted');
const DELISTED = code('delisted');
const BENCHMARK_MISSING = code('benchmark-missing');
const NO_ENTRY_PRICE = code('no-entry-price');
const TOO_FEW_NAMES = code('too-few-names');

// Rows between two progress steps: a few milliseconds.
const ROWS_PER_STEP = 32768;

/** Fewest returns at a session from which a date mean is taken. */
const DATE_MEAN_MIN_NAMES = 2;

/**
 * The label at every row of the panel.
 *
 * The window runs from t to the session h later, by the panel's sessions, and both ends are rows of the same entity. A missing value is NaN with
 * end session -1 and is counted under one reason; where several hold, the first of: end-of-data, no-entry-price, delisted or halted,
 * benchmark-missing, too-few-names.
 *
 * @throws `ERR_UNKNOWN_NAME` when the panel lacks a column the label reads
 */
export function computeLabel(panel: Panel, label: Label): LabelTable {
  return driveSync(computeLabelTask(panel, label));
}

/** {@link computeLabel} as a task. */
export function* computeLabelTask(panel: Panel, label: Label): Task<LabelTable> {
  const fn = 'computeLabel';
  const valid = validateLabel(fn, label);
  for (const name of labelColumns(valid)) {
    if (!Object.hasOwn(panel.columns, name)) throw unknownName(fn, 'column', name, Object.keys(panel.columns));
  }
  const values = new Float64Array(panel.rowCount).fill(NaN);
  const missing = new Uint8Array(panel.rowCount);
  const steps = entityGridSteps(panel);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield { phase: 'label', done: 0, total: panel.rowCount };
  const grid = step.value;
  const fill = valid.fn === 'forwardVolatility' ? volatilities(grid, valid, values, missing) : returns(grid, valid, values, missing);
  let rows = 0;
  for (const [begin, end] of entityStretches(grid)) {
    for (let a = begin; a < end; a += ROWS_PER_STEP) {
      const b = Math.min(end, a + ROWS_PER_STEP);
      fill(end, a, b);
      rows += b - a;
      if (rows < ROWS_PER_STEP && b < grid.size) continue;
      rows = 0;
      yield { phase: 'label', done: b, total: grid.size };
    }
  }
  if (valid.fn !== 'forwardVolatility') {
    if (valid.minus === 'date-mean') subtractDateMean(panel, values, missing);
    if (valid.fn === 'direction') for (let row = 0; row < values.length; row++) values[row] = missing[row] === 0 ? Number(values[row] > valid.threshold) : NaN;
    if (valid.fn === 'quantileBuckets') toBuckets(panel, valid.buckets, values, missing);
  }
  const endSession = new Int32Array(panel.rowCount).fill(-1);
  const counts = new Uint32Array(REASONS.length + 1);
  for (let row = 0; row < endSession.length; row++) {
    counts[missing[row]]++;
    if (missing[row] === 0) endSession[row] = panel.session[row] + valid.sessions;
  }
  const reasons = Object.fromEntries(REASONS.map((reason) => [reason, counts[code(reason)]])) as Record<MissingLabelReason, number>;
  return Object.freeze({ values, endSession, missing: Object.freeze(reasons) });
}

/** First position of each entity and one past its last. */
function* entityStretches(grid: Grid): Generator<readonly [number, number]> {
  const { entityStart, runStart } = grid;
  for (let run = 0; run < entityStart.length; ) {
    const begin = entityStart[run];
    while (run < entityStart.length && entityStart[run] === begin) run++;
    yield [begin, runStart[run]];
  }
}

/** Writes the labels of positions [a, b) of an entity whose last position is before `end`. */
type Fill = (end: number, a: number, b: number) => void;

function isPrice(value: number): boolean {
  return value > 0 && value < Infinity;
}

function returns(grid: Grid, label: ReturnLabel, values: Float64Array, missing: Uint8Array): Fill {
  const { panel, rowAt, sessionAt } = grid;
  const { sessions: horizon, kind, minus } = label;
  const exitPrices = panel.columns[label.column];
  // The entry row is the row itself, or the entity's row at the next session.
  const delay = label.entry === 'close' ? 0 : 1;
  const entryPrices = label.entryColumn === undefined ? exitPrices : panel.columns[label.entryColumn];
  const benchmark = typeof minus === 'object' ? { exit: panel.columns[minus.benchmark], entry: panel.columns[minus.entryColumn ?? minus.benchmark] } : undefined;
  const returnOf = (entry: number, exit: number): number => (kind === 'log' ? Math.log(exit / entry) : exit / entry - 1);
  return (end, a, b) => {
    for (let i = a; i < b; i++) {
      const row = rowAt[i];
      const target = sessionAt[i] + horizon;
      if (target >= panel.sessions.length) {
        missing[row] = END_OF_DATA;
        continue;
      }
      const entryAt = i + delay;
      const hasEntryRow = entryAt < end && sessionAt[entryAt] === sessionAt[i] + delay;
      if (!hasEntryRow || !isPrice(entryPrices[rowAt[entryAt]])) {
        missing[row] = NO_ENTRY_PRICE;
        continue;
      }
      // Without gaps the exit row is h positions on.
      const exitAt = i + horizon < end && sessionAt[i + horizon] === target ? i + horizon : lowerBound(sessionAt, target, i, Math.min(end, i + horizon));
      const exit = exitAt < end && sessionAt[exitAt] === target ? exitPrices[rowAt[exitAt]] : NaN;
      if (!isPrice(exit)) {
        missing[row] = exitAt < end ? HALTED : DELISTED;
        continue;
      }
      let value = returnOf(entryPrices[rowAt[entryAt]], exit);
      if (benchmark !== undefined) {
        const [from, to] = [benchmark.entry[rowAt[entryAt]], benchmark.exit[rowAt[exitAt]]];
        if (!isPrice(from) || !isPrice(to)) {
          missing[row] = BENCHMARK_MISSING;
          continue;
        }
        value -= returnOf(from, to);
      }
      values[row] = value;
    }
  };
}

function volatilities(grid: Grid, label: ForwardVolatilityLabel, values: Float64Array, missing: Uint8Array): Fill {
  const { panel, rowAt, sessionAt } = grid;
  const { sessions: horizon, periodsPerYear, floor, log } = label;
  const prices: Column = panel.columns[label.column];
  return (end, a, b) => {
    // Squared one-session returns of the windows of these rows; unusable ones are never summed.
    const squares = new Float64Array(Math.min(end, b + horizon) - a);
    for (let k = 1; k < squares.length; k++) squares[k] = Math.log(prices[rowAt[a + k]] / prices[rowAt[a + k - 1]]) ** 2;
    let reach = a; // last position up to i + horizon that an unbroken stretch of prices from i leads to
    for (let i = a; i < b; i++) {
      if (reach < i) reach = i;
      while (reach < i + horizon && reach + 1 < end && sessionAt[reach + 1] === sessionAt[reach] + 1 && isPrice(prices[rowAt[reach + 1]])) reach++;
      const row = rowAt[i];
      if (sessionAt[i] + horizon >= panel.sessions.length) missing[row] = END_OF_DATA;
      else if (!isPrice(prices[row])) missing[row] = NO_ENTRY_PRICE;
      else if (reach < i + horizon) missing[row] = reach + 1 < end ? HALTED : DELISTED;
      else {
        let sum = 0;
        for (let k = i + 1 - a; k <= i + horizon - a; k++) sum += squares[k];
        const variance = Math.max((periodsPerYear / horizon) * sum, floor);
        values[row] = log ? 0.5 * Math.log(variance) : Math.sqrt(variance);
      }
    }
  };
}

function subtractDateMean(panel: Panel, values: Float64Array, missing: Uint8Array): void {
  const { sessionStart, sessions } = panel;
  for (let s = 0; s < sessions.length; s++) {
    let sum = 0;
    let n = 0;
    for (let row = sessionStart[s]; row < sessionStart[s + 1]; row++) {
      if (missing[row] !== 0) continue;
      sum += values[row];
      n++;
    }
    for (let row = sessionStart[s]; row < sessionStart[s + 1]; row++) {
      if (missing[row] !== 0) continue;
      if (n < DATE_MEAN_MIN_NAMES) {
        values[row] = NaN;
        missing[row] = TOO_FEW_NAMES;
      } else values[row] -= sum / n;
    }
  }
}

// Bucket of average rank r among n: floor((r - 1/2) k / n). The middle of the rank's cell keeps the ends out of buckets of their own.
function toBuckets(panel: Panel, buckets: number, values: Float64Array, missing: Uint8Array): void {
  const { sessionStart, sessions } = panel;
  for (let s = 0; s < sessions.length; s++) {
    const begin = sessionStart[s];
    const ranks = averageRanks(values.subarray(begin, sessionStart[s + 1])); // missing values are NaN and take no rank
    const n = ranks.reduce((count, rank) => count + (rank === rank ? 1 : 0), 0);
    for (let i = 0; i < ranks.length; i++) {
      if (missing[begin + i] !== 0) continue;
      if (n < buckets) {
        values[begin + i] = NaN;
        missing[begin + i] = TOO_FEW_NAMES;
      } else values[begin + i] = Math.floor(((ranks[i] - 0.5) * buckets) / n);
    }
  }
}
