/** Evaluation of features over a panel. */
import { lowerBound } from '../core/sort.ts';
import { requireInteger, requireKnownKeys, unknownName } from '../core/assert.ts';
import { driveSync, driveWith, type DriveOptions, type Progress, type Task } from '../core/drive.ts';
import type { Panel } from '../panel/types.ts';
import { createCompiler, type Node } from './graph.ts';
import { entityGridSteps, type Grid } from './grid.ts';
import type { Feature, FeatureSet, FeatureTable } from './types.ts';
import { declaredColumns, validateFeatures } from './validate-features.ts';

// Elementary operations between two progress steps: a few milliseconds.
const OPERATIONS_PER_STEP = 1e6;
const ROWS_PER_STEP = 262144;

export interface ComputeFeaturesOptions {
  /** Index of the first session whose rows are wanted; earlier rows are NaN and only the sessions they are needed for are read. @default 0 */
  readonly fromSession?: number;
}

/**
 * Values of the features at every row of the panel.
 *
 * A value depends on sessions up to its own only, and has the same bits whatever history or batch surrounds its window.
 * For long panels see {@link computeFeaturesAsync}.
 *
 * @param features - features by name, see the builders; names become the columns in their order
 * @throws `ERR_UNKNOWN_NAME` when a feature reads a column the panel does not have
 */
export function computeFeatures(panel: Panel, features: FeatureSet, options: ComputeFeaturesOptions = {}): FeatureTable {
  return driveSync(computeFeaturesTask(panel, features, options));
}

/** {@link computeFeatures} without blocking the host: takes `signal` and `onProgress`. */
export async function computeFeaturesAsync(panel: Panel, features: FeatureSet, options: ComputeFeaturesOptions & DriveOptions = {}): Promise<FeatureTable> {
  requireKnownKeys('computeFeaturesAsync', options, ['fromSession', 'signal', 'onProgress']);
  return driveWith(options, (own) => computeFeaturesTask(panel, features, own));
}

/** {@link computeFeatures} as a task. */
export function* computeFeaturesTask(panel: Panel, features: FeatureSet, options: ComputeFeaturesOptions = {}): Task<FeatureTable> {
  const fn = 'computeFeatures';
  requireKnownKeys(fn, options, ['fromSession']);
  const sessionCount = panel.sessions.length;
  const fromSession = requireInteger(fn, 'fromSession', options.fromSession ?? 0, { min: 0, max: sessionCount });
  const set = validateFeatures(fn, features);
  const names = Object.keys(set);
  const compiler = createCompiler(declaredColumns(fn, set));
  const outputs = names.map((name) => compiler.compile(set[name] as Feature));
  const order = topologicalOrder(outputs);
  for (const { column } of order) {
    if (column !== undefined && !Object.hasOwn(panel.columns, column)) throw unknownName(fn, 'column', column, Object.keys(panel.columns));
  }
  const from = firstSessions(order, outputs, fromSession);
  let base = fromSession;
  for (const session of from.values()) base = Math.min(base, session);
  const total = order.length;
  const grid = yield* reporting(entityGridSteps(panel, base), { phase: 'features', done: 0, total });
  const readers = new Map<Node, number>();
  for (const node of [...order.flatMap(({ inputs }) => inputs), ...outputs]) readers.set(node, (readers.get(node) ?? 0) + 1);
  const values = new Map<Node, Float64Array>();
  const columns: Float64Array[] = names.map(() => new Float64Array(0));
  const release = (node: Node, times = 1): void => {
    const left = (readers.get(node) ?? 0) - times;
    readers.set(node, left);
    if (left === 0) values.delete(node);
  };
  const outputsOf = new Map<Node, number[]>();
  outputs.forEach((node, j) => {
    outputsOf.set(node, [...(outputsOf.get(node) ?? []), j]);
  });
  for (const [done, node] of order.entries()) {
    const progress = { phase: 'features', done, total };
    yield progress;
    const out = new Float64Array(node.level === 'row' ? grid.size : sessionCount - base).fill(NaN);
    values.set(node, out);
    const inputs = node.inputs.map((input) => values.get(input) as Float64Array);
    yield* reporting(evaluate(node, inputs, out, grid, from.get(node) as number), progress);
    for (const j of outputsOf.get(node) ?? []) {
      columns[j] = yield* reporting(toRows(out, grid, fromSession), progress);
      release(node);
    }
    for (const input of node.inputs) release(input);
  }
  yield { phase: 'features', done: total, total };
  return Object.freeze({ rowCount: panel.rowCount, names: Object.freeze(names), columns: Object.freeze(columns) });
}

// Inputs before their readers, each feature's inputs just before it.
function topologicalOrder(outputs: readonly Node[]): Node[] {
  const order = new Set<Node>();
  const visit = (node: Node): void => {
    if (order.has(node)) return;
    node.inputs.forEach(visit);
    order.add(node);
  };
  outputs.forEach(visit);
  return [...order];
}

// First session each node is needed at: its readers' first session less what they reach back.
function firstSessions(order: readonly Node[], outputs: readonly Node[], fromSession: number): Map<Node, number> {
  const from = new Map<Node, number>(outputs.map((node) => [node, fromSession]));
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const needed = Math.max(0, (from.get(node) as number) - node.reach);
    for (const input of node.inputs) from.set(input, Math.min(from.get(input) ?? Infinity, needed));
  }
  return from;
}

function* evaluate(node: Node, inputs: readonly Float64Array[], out: Float64Array, grid: Grid, from: number): Generator<undefined, void, void> {
  const { step, cost } = node;
  let work = 0;
  if (step.by === 'session') {
    const { sessionStart, sessions } = grid.panel;
    for (let s = from; s < sessions.length; s++) {
      step.kernel(inputs, out, grid, s, s + 1);
      work += (sessionStart[s + 1] - sessionStart[s]) * cost + 1;
      if (work > OPERATIONS_PER_STEP) {
        yield;
        work = 0;
      }
    }
    return;
  }
  const chunk = Math.max(1, Math.floor(OPERATIONS_PER_STEP / cost));
  if (node.level === 'session') {
    // The series of sessions is one run.
    for (let a = from - grid.base; a < out.length; a += chunk) {
      step.kernel(inputs, out, grid, 0, a, Math.min(out.length, a + chunk), 0);
      yield;
    }
    return;
  }
  for (let run = 0; run + 1 < grid.runStart.length; run++) {
    const lo = grid.runStart[run];
    const end = grid.runStart[run + 1];
    for (let a = lowerBound(grid.sessionAt, from, lo, end); a < end; a += chunk) {
      const b = Math.min(end, a + chunk);
      step.kernel(inputs, out, grid, lo, a, b, run);
      work += (b - a) * cost + 1;
      if (work > OPERATIONS_PER_STEP) {
        yield;
        work = 0;
      }
    }
  }
}

function* toRows(values: Float64Array, grid: Grid, fromSession: number): Generator<undefined, Float64Array, void> {
  const { panel, firstRow, positionOf } = grid;
  const column = new Float64Array(panel.rowCount);
  const begin = panel.sessionStart[fromSession];
  column.fill(NaN, 0, begin);
  for (let a = begin; a < panel.rowCount; a += ROWS_PER_STEP) {
    gather(values, positionOf, column, firstRow, a, Math.min(panel.rowCount, a + ROWS_PER_STEP));
    yield;
  }
  return column;
}

function gather(values: Float64Array, positionOf: Uint32Array, column: Float64Array, firstRow: number, from: number, to: number): void {
  for (let row = from; row < to; row++) column[row] = values[positionOf[row - firstRow]];
}

// Runs steps that know nothing of progress, reporting the same one after each.
function* reporting<T>(steps: Generator<undefined, T, void>, progress: Progress): Task<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield progress;
  }
}
