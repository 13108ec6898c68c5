/** What the features looked like in training: sketches to compare later rows with. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength, requireText, show, unknownName } from '../core/assert.ts';
import { driveWith, driveWithSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError, QuantwrightError, ShapeError } from '../core/errors.ts';
import { printable } from '../core/inspect.ts';
import { sessionRows } from '../metrics/session-rows.ts';
import { categoryOf, mergeCategories, sketchCategories } from './reference-categories.ts';
import type { CategoricalSketch } from './reference-categories.ts';
import { binStarts, edgesUpTo, mergeSketches, numericColumn, sketchColumn, sketchEdges, total } from './reference-sketch.ts';
import type { NumericSketch } from './reference-sketch.ts';

/** Feature columns of equal length. A `FeatureMatrix` will do. */
export interface DriftData {
  readonly names: readonly string[];
  /** One per name, shape (n). NaN, and what is not a number in a numeric column, is missing. */
  readonly columns: readonly ArrayLike<unknown>[];
  readonly rowCount?: number;
  /** Session of each row, any numbers, shape (n): rows of nearby sessions are taken to depend on each other. @default rows are independent */
  readonly sessions?: ArrayLike<number>;
}

export interface DriftReferenceInput extends DriftData {
  /** Importance of each feature to the model, >= 0, shape (names). @default all alike */
  readonly importances?: ArrayLike<number>;
  /** Names of the columns whose values are categories: codes or texts. @default none */
  readonly categorical?: readonly string[];
}

export interface DriftReferenceOptions {
  /** Bins of the population stability index, of about equal counts, in [2, 100]. @default 10 */
  readonly bins?: number;
  /** Cells between quantiles, in [bins, 1000]; a feature takes 16 bytes for each and 8 for each edge. @default 100 */
  readonly cells?: number;
  /** Categories listed of a categorical feature; the others are counted together. @default 50 */
  readonly maxCategories?: number;
  /** Consecutive sessions whose rows may depend on each other; fewer where that leaves less than ten blocks. @default the larger of 20 and a tenth of all */
  readonly blockSessions?: number;
  /** Takes edges, categories and all other options from this reference, so that the two can be compared and merged exactly. */
  readonly like?: DriftReference;
}

/** Correlations between two rows of one block; with all 0 rows are independent, with 1 a block is worth one row. */
export interface Dependence {
  /** Of belonging to a bin, averaged over independent contrasts of bins, in [0, 1]. */
  readonly mean: number;
  /** Variance over these contrasts: the level of a feature may persist while its spread does not. In [0, 1]. */
  readonly variance: number;
  /** Of being missing, in [0, 1]; at least the mean. */
  readonly missing: number;
}

const INDEPENDENT: Dependence = Object.freeze({ mean: 0, variance: 0, missing: 0 });

interface FeatureFields {
  readonly name: string;
  /** >= 0; null when not given. */
  readonly importance: number | null;
  /** How rows of one block depend on each other. */
  readonly dependence: Dependence;
}

export type DriftFeature = (NumericSketch & FeatureFields) | (CategoricalSketch & FeatureFields);

/** Sketches of all features: frozen plain data that passes through the plain codec, 2 to 4 kB a feature. */
export interface DriftReference {
  readonly kind: 'drift-reference';
  readonly rowCount: number;
  readonly bins: number;
  readonly cells: number;
  readonly maxCategories: number;
  readonly blockSessions: number;
  /** Rows of the block that a row belongs to, averaged over rows; 1 when rows are independent. */
  readonly blockRows: number;
  readonly features: readonly DriftFeature[];
}

const FEWEST_BLOCKS = 10;

/**
 * Builds a {@link DriftReference}, as a task to drive or `yield*`.
 *
 * A numeric feature becomes counts between about 100 of its quantiles, a categorical one counts of its categories. Edges come from at most
 * 131,072 of the rows, counts from all. Dependence of rows is measured per feature: the covariances of the shares of its bins over blocks of
 * sessions, relative to those of independent rows, give the mean and the variance of the intraclass correlation, and these what a sample is worth.
 * Dependence that outlasts a block is not seen, and few blocks measure it badly: on quarters of simulated markets whose features look back up to
 * 147 sessions, blocks of 70 alarm in 24 % of unchanged ones, of 28 in 35 %, rows taken as independent in all.
 *
 * @throws ShapeError for columns of different length; `ERR_DUPLICATE` for a name given twice; `ERR_UNKNOWN_NAME` for a categorical column that is not there; DomainError for options outside their ranges
 * @see Rao and Scott (1981), "The analysis of categorical data from complex sample surveys", for design effects of shares and Satterthwaite's correction of the test
 */
export function buildDriftReferenceTask(input: DriftReferenceInput, options: DriftReferenceOptions = {}): Task<DriftReference> {
  const fn = 'buildDriftReference';
  requireKnownKeys(fn, options, ['bins', 'cells', 'maxCategories', 'blockSessions', 'like']);
  requireKnownKeys(fn, input, ['names', 'columns', 'rowCount', 'sessions', 'importances', 'categorical']);
  return sketchTask(fn, input, options, true);
}

/** {@link buildDriftReferenceTask}, where wanted without measuring the dependence of rows. */
export function* sketchTask(fn: string, input: DriftReferenceInput, options: DriftReferenceOptions, measuresDependence: boolean): Task<DriftReference> {
  const { like } = options;
  const { names, columns, sessions, importances, categorical = [] } = input;
  const bins = requireInteger(fn, 'bins', like?.bins ?? options.bins ?? 10, { min: 2, max: 100 });
  const cells = requireInteger(fn, 'cells', like?.cells ?? options.cells ?? 100, { min: bins, max: 1000 });
  const maxCategories = requireInteger(fn, 'maxCategories', like?.maxCategories ?? options.maxCategories ?? 50, { min: 2, max: 1000 });
  const rowCount = checkedRowCount(fn, input);
  for (const name of categorical) if (!names.includes(name)) throw unknownName(fn, 'column', name, names);
  if (importances !== undefined) requireSameLength(fn, { names, importances });
  const blocks = sessions && blocksOf(fn, sessions, like?.blockSessions, options.blockSessions);

  const features: DriftFeature[] = [];
  for (const [j, name] of names.entries()) {
    const phase = `drift reference: ${name}`;
    const known = like?.features.find((feature) => feature.name === name);
    const importance = importances === undefined ? null : requireNumber(fn, 'importances', importances[j], { min: 0 });
    let sketch: NumericSketch | CategoricalSketch;
    let groupOf: (row: number) => number; // last group: missing
    let groups: number;
    if (known === undefined ? categorical.includes(name) : known.kind === 'categorical') {
      const found = yield* sketchCategories(columns[j], maxCategories, phase, known?.kind === 'categorical' ? known.categories : undefined);
      const places = new Map(found.categories.map((category, i) => [category, i]));
      groups = found.categories.length + 2;
      groupOf = (row) => {
        const category = categoryOf(columns[j][row]);
        return category === undefined ? groups - 1 : (places.get(category) ?? groups - 2);
      };
      sketch = found;
    } else {
      const column = numericColumn(columns[j]);
      const found = yield* sketchColumn(column, known?.kind === 'numeric' ? known.edges : sketchEdges(column, cells), phase);
      const starts = binStarts(found.counts, bins);
      const limits = Float64Array.from(starts.subarray(1), (start) => found.edges[start - 1]);
      groups = starts.length + 1;
      groupOf = (row) => (column[row] === column[row] ? edgesUpTo(limits, column[row], 0, limits.length) : groups - 1);
      sketch = found;
    }
    let dependence = known !== undefined && blocks !== undefined ? known.dependence : INDEPENDENT;
    if (blocks !== undefined && measuresDependence && (known === undefined || blocks.count >= FEWEST_BLOCKS)) dependence = yield* dependenceTask(blocks, groups, groupOf, phase);
    features.push(Object.freeze({ name, importance, dependence, ...sketch }));
  }
  return driftReference({ kind: 'drift-reference', rowCount, bins, cells, maxCategories, blockSessions: blocks?.size ?? 1, blockRows: blocks?.meanRows ?? 1, features });
}

/** Runs {@link buildDriftReferenceTask} without blocking the host. */
export function buildDriftReference(input: DriftReferenceInput, options: DriftReferenceOptions & DriveOptions = {}): Promise<DriftReference> {
  return driveWith(options, (own) => buildDriftReferenceTask(input, own));
}

/** Runs {@link buildDriftReferenceTask} in one go. */
export function buildDriftReferenceSync(input: DriftReferenceInput, options: DriftReferenceOptions & DriveOptions = {}): DriftReference {
  return driveWithSync(options, (own) => buildDriftReferenceTask(input, own));
}

/**
 * One reference from two, of rows that are not of the same blocks of sessions.
 *
 * Exact for references with the same edges and categories (built `like` each other): the counts are those of all rows together. Otherwise a
 * numeric feature gets new edges, with counts off by at most the rows of one cell of either, and a category that only one reference lists
 * lacks the other's unlisted rows. Dependence is averaged over rows.
 *
 * @throws DomainError unless both have the same features, numeric or categorical alike
 */
export function mergeDriftReferences(first: DriftReference, second: DriftReference): DriftReference {
  const fn = 'mergeDriftReferences';
  const names = (reference: DriftReference): string => reference.features.map(({ name, kind }) => `${name} (${kind})`).sort().join(', ');
  if (names(first) !== names(second)) throw new DomainError(`${fn}: both references must have the same features, got ${show(names(first))} and ${show(names(second))}`);
  const { bins, cells, maxCategories, blockSessions } = first;
  const rowCount = first.rowCount + second.rowCount;
  const average = (x: number, y: number): number => (rowCount === 0 ? x : x + (y - x) * (second.rowCount / rowCount));
  const features = first.features.map((a) => {
    const b = second.features.find(({ name }) => name === a.name) as DriftFeature;
    const sketch = a.kind === 'numeric' ? mergeSketches(a, b as NumericSketch, cells) : mergeCategories(a, b as CategoricalSketch, maxCategories);
    return Object.freeze({ ...sketch, name: a.name, importance: a.importance ?? b.importance, dependence: Object.freeze({
      mean: average(a.dependence.mean, b.dependence.mean),
      variance: average(a.dependence.variance, b.dependence.variance),
      missing: average(a.dependence.missing, b.dependence.missing),
    }) });
  });
  return driftReference({ kind: 'drift-reference', rowCount, bins, cells, maxCategories, blockSessions, blockRows: average(first.blockRows, second.blockRows), features });
}

/** A frozen reference that prints itself. */
export function driftReference(fields: DriftReference): DriftReference {
  Object.freeze(fields.features);
  return Object.freeze(printable(fields, ({ rowCount, features, blockRows }) => `DriftReference: ${features.length} features, ${rowCount} rows${blockRows > 1 ? `, about ${Math.round(blockRows)} a block` : ''}`));
}

/** Number of rows of well-formed data. */
export function checkedRowCount(fn: string, { names, columns, rowCount, sessions }: DriftData): number {
  requireSameLength(fn, { names, columns });
  const n = rowCount ?? columns[0]?.length ?? sessions?.length ?? 0;
  names.forEach((name, j) => {
    requireText(fn, `names[${j}]`, name);
    if (columns[j].length !== n) throw new ShapeError(`${fn}: column ${name} must have one value for each of ${n} rows, got ${columns[j].length}`);
  });
  const twice = names.find((name, j) => names.indexOf(name) !== j);
  if (twice !== undefined) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: names must be distinct, got ${show(twice)} twice`);
  if (sessions !== undefined && sessions.length !== n) throw new ShapeError(`${fn}: sessions must have one value for each of ${n} rows, got ${sessions.length}`);
  return n;
}

interface Blocks {
  readonly of: Uint32Array;
  readonly count: number;
  /** Sessions in a block. */
  readonly size: number;
  readonly meanRows: number;
}

function blocksOf(fn: string, sessions: ArrayLike<number>, fixed: number | undefined, wanted: number | undefined): Blocks {
  const { ids, order, start } = sessionRows(fn, sessions);
  const longest = requireInteger(fn, 'blockSessions', wanted ?? Math.max(20, Math.floor(ids.length / FEWEST_BLOCKS)), { min: 1, max: 1e6 });
  const size = fixed ?? Math.max(1, Math.min(longest, Math.floor(ids.length / FEWEST_BLOCKS)));
  const of = new Uint32Array(order.length);
  let squares = 0;
  for (let s = 0; s < ids.length; s += size) {
    const end = start[Math.min(ids.length, s + size)];
    for (let i = start[s]; i < end; i++) of[order[i]] = s / size;
    squares += (end - start[s]) ** 2;
  }
  return { of, count: Math.ceil(ids.length / size), size, meanRows: order.length === 0 ? 1 : squares / order.length };
}

const ROWS_PER_STEP = 65_536;

function* dependenceTask({ of, count }: Blocks, groups: number, groupOf: (row: number) => number, phase: string): Task<Dependence> {
  const table = new Float64Array(count * groups);
  for (let row = 0; row < of.length; row++) {
    table[of[row] * groups + groupOf(row)]++;
    if ((row + 1) % ROWS_PER_STEP === 0) yield { phase, done: row + 1, total: of.length };
  }
  const blocks = Array.from({ length: count }, (_, b) => table.subarray(b * groups, (b + 1) * groups));
  const values = intraclass(blocks.map((counts) => counts.subarray(0, groups - 1)));
  const missing = intraclass(blocks.map((counts) => Float64Array.of(counts[groups - 1], total(counts) - counts[groups - 1])));
  return Object.freeze({ ...values, missing: Math.max(values.mean, missing.mean) });
}

/**
 * With design effects D, the eigenvalues of n P^-1/2 V P^-1/2 for shares P with covariance V over blocks of k rows on average: (D - 1) / (k - 1).
 *
 * The mean square of eigenvalues of a matrix estimated from few blocks is too large; Srivastava (2005), "Some tests concerning the covariance
 * matrix in high dimensional data", lemma 2.1, takes the excess off.
 */
function intraclass(blocks: readonly Float64Array[]): { readonly mean: number; readonly variance: number } {
  const used = blocks.filter((counts) => total(counts) > 0);
  const rows = used.map(total);
  const n = total(rows);
  const meanRows = total(rows.map((r) => r * r)) / n;
  const inGroup = Float64Array.from(blocks[0] ?? [], (_, group) => used.reduce((sum, counts) => sum + counts[group], 0));
  const seen = [...inGroup.keys()].filter((group) => inGroup[group] > 0);
  const [contrasts, freedom] = [seen.length - 1, used.length - 1];
  if (contrasts < 1 || !(meanRows > 1)) return { mean: 0, variance: 0 };
  if (freedom < 1) return { mean: 1, variance: 0 };
  const excess = used.map((counts, b) => seen.map((group) => counts[group] - (rows[b] * inGroup[group]) / n));
  let [trace, squares] = [0, 0];
  seen.forEach((a, i) => {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (const block of excess) sum += block[i] * block[j];
      const covariance = ((used.length / freedom) * sum) / Math.sqrt(inGroup[a] * inGroup[seen[j]]);
      if (i === j) trace += covariance;
      squares += (i === j ? 1 : 2) * covariance * covariance;
    }
  });
  const meanSquare = freedom < 2 ? 0 : ((freedom * freedom) / ((freedom - 1) * (freedom + 2))) * (squares - (trace * trace) / freedom) / contrasts;
  const effect = trace / contrasts;
  const clamp = (value: number): number => Math.min(1, Math.max(0, value));
  return { mean: clamp((effect - 1) / (meanRows - 1)), variance: clamp((meanSquare - effect * effect) / (meanRows - 1) ** 2) };
}
