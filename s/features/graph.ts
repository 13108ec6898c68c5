/** Features as a graph of shared steps: equal sub-expressions are one node, so a beta and a residual return read one market series. */
import { lowerBound } from '../core/sort.ts';
import { canonicalJson } from '../core/codec.ts';
import type { Grid } from './grid.ts';
import { sessionGroupRank, sessionMean, sessionRank, sessionZScore } from './session-kernels.ts';
import type { ColumnFeature, ColumnInput, Feature } from './types.ts';
import { windowBeta, windowGapToMax, windowGapToMin, windowLogMeanProduct, windowMaxAbsolute, windowMean, windowMeanAbsolute, windowRelativeStrength, windowSkewness, windowStd, windowSum, windowZScore } from './window-kernels.ts';

type Inputs = readonly Float64Array[];

/** Writes positions [a, b) of the run that starts at `lo`, the run's index being `run`. */
type RunKernel = (x: Inputs, out: Float64Array, grid: Grid, lo: number, a: number, b: number, run: number) => void;
/** Writes the rows of sessions [from, to). */
type SessionKernel = (x: Inputs, out: Float64Array, grid: Grid, from: number, to: number) => void;

/** One step. A `row` node has a value per position, a `session` node one per session. */
export interface Node {
  readonly key: string;
  readonly level: 'row' | 'session';
  readonly inputs: readonly Node[];
  /** Sessions before t that the step reads of its inputs. */
  readonly reach: number;
  /** Sessions before t that the value at t depends on, through all inputs. */
  readonly lookback: number;
  /** Elementary operations per value, roughly. */
  readonly cost: number;
  /** Panel column read, for a leaf. */
  readonly column?: string;
  readonly step: { readonly by: 'run'; readonly kernel: RunKernel } | { readonly by: 'session'; readonly kernel: SessionKernel };
}

export interface Compiler {
  /** The node of a feature. */
  compile(feature: Feature): Node;
}

/** A compiler that shares nodes among all features it is given. `declared` holds the recipe's declared columns. */
export function createCompiler(declared: ReadonlyMap<string, ColumnFeature>): Compiler {
  const nodes = new Map<string, Node>();

  function node(name: string, args: readonly unknown[], inputs: readonly Node[], details: Partial<Pick<Node, 'level' | 'reach' | 'cost' | 'column'>> & Pick<Node, 'step'>): Node {
    const key = `${name}(${[...inputs.map((i) => i.key), ...args.map(canonicalJson)].join(',')})`;
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const { level = 'row', reach = 0, cost = 2, column, step } = details;
    const lookback = inputs.reduce((longest, i) => Math.max(longest, i.lookback), 0) + reach;
    const made: Node = { key, level, inputs, reach, lookback, cost, step, ...(column === undefined ? {} : { column }) };
    nodes.set(key, made);
    return made;
  }
  const byRun = (kernel: RunKernel): Node['step'] => ({ by: 'run', kernel });
  const bySession = (kernel: SessionKernel): Node['step'] => ({ by: 'session', kernel });

  const lagged = (x: Node, sessions: number): Node => (sessions === 0 ? x : node('lag', [sessions], [x], { reach: sessions, step: byRun(lagKernel(sessions)) }));
  // The declaration of a column holds wherever the recipe reads it, its availability lag included.
  const read = (input: ColumnInput): Node => {
    const name = typeof input === 'string' ? input : input.name;
    return lagged(node('read', [name], [], { column: name, step: byRun(readKernel(name)) }), declared.get(name)?.availabilityLagSessions ?? 0);
  };
  const ln = (input: ColumnInput): Node => node('ln', [], [read(input)], { cost: 8, step: byRun(([x], out, _grid, _lo, a, b) => logPositive(x, out, a, b)) });
  const change = (x: Node, sessions: number, skip: number): Node => (skip === 0 && sessions === 1
    ? node('change', [1], [x], { reach: 1, step: byRun(([v], out, _grid, lo, a, b) => neighbourChange(v, out, lo, a, b)) })
    : subtract(lagged(x, skip), lagged(x, sessions)));
  const returns = (input: ColumnInput): Node => change(ln(input), 1, 0);
  const combine = (name: string, x: Node, y: Node, kernel: (x: Float64Array, y: Float64Array, out: Float64Array, a: number, b: number) => void): Node =>
    node(name, [], [x, y], { step: byRun(([u, v], out, _grid, _lo, a, b) => kernel(u, v, out, a, b)) });
  const subtract = (x: Node, y: Node): Node => combine('subtract', x, y, subtractKernel);
  const window = (name: string, sessions: number, inputs: readonly Node[], kernel: (x: Inputs, out: Float64Array, lo: number, a: number, b: number) => void, passes = 1, args: readonly unknown[] = []): Node =>
    node(name, [sessions, ...args], inputs, { level: inputs[0].level, reach: sessions - 1, cost: sessions * passes, step: byRun((x, out, _grid, lo, a, b) => kernel(x, out, lo, a, b)) });
  const std = (x: Node, k: number, scale: number): Node => window('std', k, [x], ([v], out, lo, a, b) => windowStd(v, out, lo, a, b, k, scale), 2, [scale]);
  const market = (input: ColumnInput): Node => node('market', [], [returns(input)], { level: 'session', step: bySession(([x], out, grid, from, to) => sessionMean(x, out, grid, from, to)) });
  const broadcast = (x: Node): Node => node('broadcast', [], [x], { step: byRun(([v], out, grid, _lo, a, b) => {
    for (let i = a; i < b; i++) out[i] = v[grid.sessionAt[i] - grid.base];
  }) });
  const marketSum = (input: ColumnInput, k: number): Node => broadcast(window('sum', k, [market(input)], ([v], out, lo, a, b) => windowSum(v, out, lo, a, b, k)));
  const beta = (input: ColumnInput, k: number): Node => window('beta', k, [returns(input), broadcast(market(input))], ([x, y], out, lo, a, b) => windowBeta(x, y, out, lo, a, b, k), 4);

  function compile(feature: Feature): Node {
    switch (feature.fn) {
      case 'column': return read(feature);
      case 'logReturn': return change(ln(feature.column), feature.sessions, 0);
      case 'momentum': return change(ln(feature.column), feature.sessions, feature.skip);
      case 'realizedVol': return std(returns(feature.column), feature.sessions, Math.sqrt(feature.periodsPerYear ?? 1));
      case 'relativeStrength': return window('strength', feature.sessions, [returns(feature.column)], ([x], out, lo, a, b) => windowRelativeStrength(x, out, lo, a, b, feature.sessions));
      case 'distanceToHigh': return window('gapToMax', feature.sessions, [ln(feature.column), ln(feature.close)], ([x, y], out, lo, a, b) => windowGapToMax(x, y, out, lo, a, b, feature.sessions));
      case 'distanceToLow': return window('gapToMin', feature.sessions, [ln(feature.column), ln(feature.close)], ([x, y], out, lo, a, b) => windowGapToMin(x, y, out, lo, a, b, feature.sessions));
      case 'meanAbsoluteReturn': return window('meanAbsolute', feature.sessions, [returns(feature.column)], ([x], out, lo, a, b) => windowMeanAbsolute(x, out, lo, a, b, feature.sessions));
      case 'maxAbsoluteReturn': return window('maxAbsolute', feature.sessions, [returns(feature.column)], ([x], out, lo, a, b) => windowMaxAbsolute(x, out, lo, a, b, feature.sessions));
      case 'returnSkewness': return window('skewness', feature.sessions, [returns(feature.column)], ([x], out, lo, a, b) => windowSkewness(x, out, lo, a, b, feature.sessions), 3);
      case 'highLowRange': return mean(subtract(ln(feature.high), ln(feature.low)), feature.sessions);
      case 'overnightGap': return subtract(ln(feature.open), lagged(ln(feature.close), 1));
      case 'intradayReturn': return subtract(ln(feature.close), ln(feature.open));
      case 'volumeZScore': return window('zScore', feature.sessions, [ln(feature.column)], ([x], out, lo, a, b) => windowZScore(x, out, lo, a, b, feature.sessions), 2);
      case 'dollarVolume': return window('logMeanProduct', feature.sessions, [read(feature.close), read(feature.volume)], ([x, y], out, lo, a, b) => windowLogMeanProduct(x, y, out, lo, a, b, feature.sessions));
      case 'marketReturn': return marketSum(feature.column, feature.sessions);
      case 'marketVol': return broadcast(std(market(feature.column), feature.sessions, Math.sqrt(feature.periodsPerYear ?? 1)));
      case 'marketBeta': return beta(feature.column, feature.sessions);
      case 'residualReturn': return subtract(change(ln(feature.column), feature.sessions, 0), combine('product', beta(feature.column, feature.betaSessions), marketSum(feature.column, feature.sessions), productKernel));
      case 'ratio': return combine('ratio', compile(feature.numerator), compile(feature.denominator), ratioKernel);
      case 'difference': return subtract(compile(feature.left), compile(feature.right));
      case 'product': return combine('product', compile(feature.left), compile(feature.right), productKernel);
      case 'lag': return lagged(compile(feature.feature), feature.sessions);
      case 'rollingMean': return mean(compile(feature.feature), feature.sessions);
      case 'rollingStd': return std(compile(feature.feature), feature.sessions, 1);
      case 'rankByDate': {
        const x = compile(feature.feature);
        if (feature.within === undefined) return node('rank', [], [x], { cost: 60, step: bySession(([v], out, grid, from, to) => sessionRank(v, out, grid, from, to)) });
        return node('groupRank', [], [x, read(feature.within)], { cost: 120, step: bySession(([v, codes], out, grid, from, to) => sessionGroupRank(v, codes, out, grid, from, to)) });
      }
      case 'zScoreByDate': {
        const { ddof, clip = Infinity } = feature;
        return node('zScoreByDate', [ddof, clip], [compile(feature.feature)], { cost: 8, step: bySession(([v], out, grid, from, to) => sessionZScore(v, out, grid, from, to, ddof, clip)) });
      }
    }
  }
  function mean(x: Node, k: number): Node {
    return window('mean', k, [x], ([v], out, lo, a, b) => windowMean(v, out, lo, a, b, k));
  }
  return { compile };
}

function readKernel(name: string): RunKernel {
  return (_x, out, grid, _lo, a, b) => {
    const values = grid.panel.columns[name];
    for (let i = a; i < b; i++) out[i] = values[grid.rowAt[i]];
  };
}

// The entity's value `sessions` sessions earlier: a neighbour inside the run, else looked up among the entity's earlier rows.
function lagKernel(sessions: number): RunKernel {
  return ([x], out, grid, lo, a, b, run) => {
    const { sessionAt, entityStart } = grid;
    for (let i = a; i < b; i++) {
      if (i - sessions >= lo) {
        out[i] = x[i - sessions];
        continue;
      }
      const wanted = sessionAt[i] - sessions;
      const found = wanted < 0 ? lo : lowerBound(sessionAt, wanted, entityStart[run], lo);
      if (found < lo && sessionAt[found] === wanted) out[i] = x[found];
    }
  };
}

function logPositive(x: Float64Array, out: Float64Array, a: number, b: number): void {
  for (let i = a; i < b; i++) {
    const v = x[i];
    out[i] = v > 0 && v < Infinity ? Math.log(v) : NaN;
  }
}

function neighbourChange(x: Float64Array, out: Float64Array, lo: number, a: number, b: number): void {
  for (let i = a > lo ? a : lo + 1; i < b; i++) out[i] = x[i] - x[i - 1];
}

function subtractKernel(x: Float64Array, y: Float64Array, out: Float64Array, a: number, b: number): void {
  for (let i = a; i < b; i++) out[i] = finite(x[i] - y[i]);
}

function productKernel(x: Float64Array, y: Float64Array, out: Float64Array, a: number, b: number): void {
  for (let i = a; i < b; i++) out[i] = finite(x[i] * y[i]);
}

function ratioKernel(x: Float64Array, y: Float64Array, out: Float64Array, a: number, b: number): void {
  for (let i = a; i < b; i++) out[i] = finite(x[i] / y[i]);
}

function finite(value: number): number {
  return value - value === 0 ? value : NaN;
}
