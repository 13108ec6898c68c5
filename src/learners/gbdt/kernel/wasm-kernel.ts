/** The WebAssembly kernel behind the port, alone or with a team of threads. */
import type { Progress, Task } from '../../../core/drive.ts';
import { bestCandidate } from './candidate.ts';
import type { BinnedNode, Candidate, FitKernel, FitMemory, PartitionRule, RowRange, ScanLimits, UpdateSums } from './kernel.ts';
import {
  APPLY, APPLY_CHUNK, BINS, CANDIDATE_BYTES, CONTROL_BYTES, DONE, FINISH, HISTOGRAM, KIND, LEFT_CURSOR, MARK, NODE_BYTES, PARAMETERS, PARTITION, PARTITION_CHUNK, REMAINING, RIGHT_CURSOR, SCRATCH_BYTES, TASKS, UPDATE, UPDATE_CHUNK,
} from './layout.ts';
import type { MemoryArrays } from './memory.ts';
import type { TeamSession, ThreadTeam } from './team.ts';

// Work below which waking a thread costs more than it saves, in updates of cells and in rows.
const SHARED_UPDATES = 16_000;
const SHARED_ROWS = 16_384;
// From this many rows on threads share the rows of a leaf instead of its features.
const ROWS_BY_PART = 2048;
// Updates of one job, and rows sent down a tree in one: a few milliseconds each.
const UPDATES_PER_JOB = 16_000_000;
const APPLIED_PER_JOB = 262_144;

// Header of a scan (kernels/train.ts), in bytes.
const SCAN_HEADER = 64;

/** What the kernel needs besides the arrays of the fit. */
export interface KernelShape {
  readonly featureCount: number;
  readonly blockCount: number;
  readonly rowCount: number;
  readonly slots: number;
  readonly leaves: number;
  readonly hessians: boolean;
  readonly threads: number;
}

/** Arrays of the kernel itself. */
export type KernelPlan = Record<'control' | 'scratch' | 'cells' | 'scans' | 'allowed' | 'table' | 'nodes' | 'tables', readonly ['u8', number]> & { readonly values: readonly ['f64', number]; readonly sums: readonly ['f64', number]; readonly leafTable: readonly ['u32', number]; readonly applied: readonly ['u32', number] };

/** The plan for a shape. */
export function kernelPlan(shape: KernelShape): KernelPlan {
  return {
    control: ['u8', CONTROL_BYTES],
    scratch: ['u8', shape.threads * SCRATCH_BYTES],
    cells: ['u8', (shape.slots + shape.threads - 1) * cellBytes(shape.featureCount, shape.hessians)],
    scans: ['u8', 2 * scanBytes(shape.blockCount)],
    allowed: ['u8', shape.featureCount],
    table: ['u8', BINS],
    nodes: ['u8', 2 * shape.leaves * NODE_BYTES],
    tables: ['u8', shape.leaves * BINS],
    values: ['f64', shape.leaves + 1],
    sums: ['f64', 2 * Math.ceil(shape.rowCount / UPDATE_CHUNK)],
    leafTable: ['u32', 2 * (shape.leaves + 1)],
    applied: ['u32', Math.min(shape.rowCount, APPLIED_PER_JOB)],
  };
}

function cellBytes(featureCount: number, hessians: boolean): number {
  return featureCount * BINS * (hessians ? 16 : 8);
}

function scanBytes(blockCount: number): number {
  return SCAN_HEADER + blockCount * CANDIDATE_BYTES;
}

type Work = (control: number, scratch: number) => void;

// Between two calls an instance holds no state but its memory.
const instances = new WeakMap<WebAssembly.Memory, Map<WebAssembly.Module, Work>>();

function instanceOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Work {
  const known = instances.get(memory) ?? new Map<WebAssembly.Module, Work>();
  instances.set(memory, known);
  let work = known.get(module);
  if (work === undefined) {
    work = new WebAssembly.Instance(module, { env: { memory } }).exports['work'] as Work;
    known.set(module, work);
  }
  return work;
}

/** A kernel over the arrays of a fit, which lie in `memory`, as those of the plan do. `release` is called by `close`. */
export function createWasmKernel(module: WebAssembly.Module, memory: WebAssembly.Memory, fit: FitMemory, own: MemoryArrays<KernelPlan>, shape: KernelShape, team: ThreadTeam | undefined, release: () => void): FitKernel {
  return new WasmKernel(module, memory, fit, own, shape, team, release);
}

class WasmKernel implements FitKernel {
  readonly kind = 'wasm';
  progress: Progress = { phase: 'boosting', done: 0, total: 1 };
  readonly #fit: FitMemory;
  readonly #own: MemoryArrays<KernelPlan>;
  readonly #shape: KernelShape;
  readonly #work: Work;
  readonly #session: TeamSession | undefined;
  readonly #threads: number;
  readonly #release: () => void;
  readonly #words: Uint32Array;
  readonly #counters: Int32Array;
  readonly #scale: Float64Array;
  readonly #cellBytes: number;
  readonly #cellWords: Int32Array;
  readonly #scans: readonly DataView[];
  /** Parts the last histogram was summed in. */
  #parts = 1;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, fit: FitMemory, own: MemoryArrays<KernelPlan>, shape: KernelShape, team: ThreadTeam | undefined, release: () => void) {
    this.#fit = fit;
    this.#own = own;
    this.#shape = shape;
    this.#release = release;
    this.#work = instanceOf(module, memory);
    const { buffer, byteOffset } = own.control;
    this.#words = new Uint32Array(buffer, byteOffset, CONTROL_BYTES / 4);
    this.#counters = new Int32Array(buffer, byteOffset, CONTROL_BYTES / 4);
    this.#scale = new Float64Array(buffer, byteOffset + PARAMETERS + 32, 1);
    this.#cellBytes = cellBytes(shape.featureCount, shape.hessians);
    this.#cellWords = new Int32Array(own.cells.buffer, own.cells.byteOffset, own.cells.byteLength / 4);
    const bytes = scanBytes(shape.blockCount);
    this.#scans = [0, 1].map((leaf) => new DataView(own.scans.buffer, own.scans.byteOffset + leaf * bytes, bytes));
    this.#counters[REMAINING / 4] = 0;
    this.#session = shape.threads > 1 ? team?.join({ module, memory, control: byteOffset, scratch: own.scratch.byteOffset + SCRATCH_BYTES }) : undefined;
    this.#threads = this.#session === undefined ? 1 : shape.threads;
  }

  // Posts a job, does a share of it, and waits for the others'. A helper that has just arrived may take tasks of a job nobody was woken for.
  *#run(kind: number, tasks: number, parameters: readonly number[], wake: boolean = tasks > 1): Task<void> {
    const words = this.#words;
    words[KIND / 4] = kind;
    words[TASKS / 4] = tasks;
    for (let i = 0; i < parameters.length; i++) words[PARAMETERS / 4 + i] = parameters[i];
    const counters = this.#counters;
    if (this.#session === undefined) {
      counters[DONE / 4] = 0;
      counters[REMAINING / 4] = tasks;
      this.#work(words.byteOffset, this.#own.scratch.byteOffset);
      return;
    }
    Atomics.store(counters, DONE / 4, 0);
    Atomics.store(counters, REMAINING / 4, tasks);
    if (wake) this.#session.wake();
    this.#work(words.byteOffset, this.#own.scratch.byteOffset);
    while (!this.#session.settled(tasks)) yield this.progress; // also says when a helper has died, whether or not it held a task
  }

  #slot(slot: number): number {
    return this.#own.cells.byteOffset + slot * this.#cellBytes;
  }

  // Pointer of a list of rows; 0 says consecutive rows.
  #rowsAt(side: RowRange['side']): number {
    return side === -1 ? 0 : this.#fit.rows[side].byteOffset;
  }

  *histogram({ side, begin, end }: RowRange, slot: number): Task<void> {
    const { rowMajor, stride, blocks, gradients, hessians, featureCount } = this.#fit;
    const { blockCount, slots } = this.#shape;
    const updates = (end - begin) * featureCount;
    const alone = this.#threads === 1 || updates < SHARED_UPDATES;
    const parts = alone || end - begin < ROWS_BY_PART ? 1 : this.#threads;
    const groups = alone || parts > 1 ? 1 : Math.min(this.#threads, blockCount);
    this.#parts = parts;
    const step = Math.max(1, Math.floor((UPDATES_PER_JOB * parts) / featureCount));
    for (let from = begin; from < end || from === begin; from += step) {
      const to = Math.min(end, from + step);
      yield* this.#run(HISTOGRAM, parts * groups, [
        rowMajor.byteOffset, stride, blocks.byteOffset, blockCount, groups, parts, this.#rowsAt(side), from, to, gradients.byteOffset, hessians === undefined ? 0 : hessians.byteOffset,
        this.#slot(slot), this.#slot(slots), this.#cellBytes, from === begin ? 1 : 0,
      ]);
      if (to < end) yield this.progress;
    }
  }

  *finish(small: number, large: number, complete: boolean, allowed: Uint8Array, limits: readonly [ScanLimits | undefined, ScanLimits | undefined]): Task<readonly [Candidate | undefined, Candidate | undefined]> {
    const { blocks, binCounts, hessians } = this.#fit;
    const { blockCount, slots } = this.#shape;
    this.#own.allowed.set(allowed);
    limits.forEach((limit, leaf) => {
      if (limit !== undefined) this.#writeLimits(this.#scans[leaf], limit);
    });
    const scan = (leaf: 0 | 1): number => (limits[leaf] === undefined ? 0 : this.#scans[leaf].byteOffset);
    // As many tasks as a histogram has groups: threads tend to take the same ones, whose cells are in their caches.
    yield* this.#run(FINISH, Math.min(this.#threads, blockCount), [
      blocks.byteOffset, this.#slot(small), large < 0 ? 0 : this.#slot(large), this.#parts, this.#slot(slots), this.#cellBytes, hessians === undefined ? 0 : 1,
      binCounts.byteOffset, this.#own.allowed.byteOffset, scan(0), scan(1), complete ? 1 : 0, blockCount,
    ]);
    return [limits[0] === undefined ? undefined : this.#best(this.#scans[0]), limits[1] === undefined ? undefined : this.#best(this.#scans[1])];
  }

  #writeLimits(view: DataView, { sums, lambda, floor, minCount, minHessian }: ScanLimits): void {
    view.setUint32(0, sums.count, true);
    view.setInt32(4, sums.gradient, true);
    writeInteger(view, 8, sums.hessian);
    view.setFloat64(16, lambda, true);
    view.setFloat64(24, floor, true);
    view.setInt32(32, minCount, true);
    writeInteger(view, 40, minHessian);
  }

  #best(view: DataView): Candidate | undefined {
    let best: Candidate | undefined;
    for (let block = 0; block < this.#shape.blockCount; block++) {
      const at = SCAN_HEADER + block * CANDIDATE_BYTES;
      const feature = view.getInt32(at + 32, true);
      if (feature < 0) continue;
      const count = view.getUint32(at + 16, true);
      const left = { gradient: view.getInt32(at + 20, true), hessian: this.#fit.hessians === undefined ? count : readInteger(view, at + 24), count };
      best = bestCandidate(best, { numerator: view.getFloat64(at, true), denominator: view.getFloat64(at + 8, true), feature, bin: view.getInt32(at + 36, true), missingLeft: view.getInt32(at + 40, true) === 1, left });
    }
    return best;
  }

  *partition({ side, begin, end }: RowRange, { feature, bin, missingLeft, table }: PartitionRule, leftCount: number): Task<void> {
    const { columnMajor, rowCount, rows } = this.#fit;
    if (table !== undefined) this.#own.table.set(table);
    const count = end - begin;
    const chunks = this.#threads === 1 || count < SHARED_ROWS ? 1 : Math.min(4 * this.#threads, Math.ceil(count / PARTITION_CHUNK));
    const target = rows[side === 0 ? 1 : 0].byteOffset;
    this.#words[LEFT_CURSOR / 4] = target + begin * 4;
    this.#words[RIGHT_CURSOR / 4] = target + (begin + leftCount) * 4;
    yield* this.#run(PARTITION, chunks, [columnMajor.byteOffset + feature * rowCount, this.#rowsAt(side), begin, end, bin, missingLeft ? 1 : 0, table === undefined ? 0 : this.#own.table.byteOffset, chunks]);
  }

  *mark(leaves: readonly RowRange[]): Task<void> {
    const { rows, leaves: leafOfRow } = this.#fit;
    const whole = leaves.findIndex(({ side }) => side < 0);
    if (whole >= 0) {
      leafOfRow.fill(whole, leaves[whole].begin, leaves[whole].end);
      return;
    }
    let total = 0;
    leaves.forEach(({ side, begin, end }, i) => {
      this.#own.leafTable[2 * i] = rows[side as 0 | 1].byteOffset + begin * 4;
      this.#own.leafTable[2 * i + 1] = end - begin;
      total += end - begin;
    });
    yield* this.#run(MARK, leaves.length, [this.#own.leafTable.byteOffset, leafOfRow.byteOffset], total >= SHARED_ROWS);
  }

  *update(rows: Uint32Array | undefined, values: Float64Array, scale: number): Task<UpdateSums> {
    const { margins, labels, leaves, gradients, rowCount } = this.#fit;
    const { values: ownValues, sums } = this.#own;
    ownValues.set(values);
    const count = rows === undefined ? rowCount : rows.length;
    const tasks = Math.ceil(count / UPDATE_CHUNK);
    this.#scale[0] = scale;
    yield* this.#run(UPDATE, tasks, [rows === undefined ? 0 : rows.byteOffset, count, margins.byteOffset, labels.byteOffset, leaves.byteOffset, ownValues.byteOffset, gradients.byteOffset, sums.byteOffset]);
    let absolute = 0;
    let gradient = 0;
    for (let task = 0; task < tasks; task++) {
      absolute += sums[2 * task];
      gradient += sums[2 * task + 1];
    }
    return { absolute, gradient };
  }

  *apply(rows: Uint32Array, nodes: readonly BinnedNode[], output: number): Task<void> {
    const { rowMajor, stride, margins, rowCount } = this.#fit;
    const { nodes: ownNodes, tables, applied } = this.#own;
    writeNodes(new DataView(ownNodes.buffer, ownNodes.byteOffset, ownNodes.byteLength), tables, nodes);
    for (let from = 0; from < rows.length; from += APPLIED_PER_JOB) {
      const count = Math.min(APPLIED_PER_JOB, rows.length - from);
      applied.set(rows.subarray(from, from + count));
      yield* this.#run(APPLY, Math.ceil(count / APPLY_CHUNK), [applied.byteOffset, count, ownNodes.byteOffset, rowMajor.byteOffset, stride, margins.byteOffset + output * rowCount * 8, tables.byteOffset]);
      if (from + count < rows.length) yield this.progress;
    }
  }

  cells(slot: number, feature: number, into: Float64Array): void {
    const both = this.#fit.hessians !== undefined;
    const size = both ? 4 : 2;
    const start = (slot * this.#cellBytes) / 4 + feature * BINS * size;
    const words = this.#cellWords;
    for (let b = 0; b < BINS; b++) {
      const at = start + b * size;
      into[b] = words[at + 1];
      into[2 * BINS + b] = words[at] >>> 0;
      into[BINS + b] = both ? (words[at + 2] >>> 0) + words[at + 3] * 4294967296 : into[2 * BINS + b];
    }
  }

  close(): void {
    this.#session?.leave();
    this.#release();
  }
}

function writeInteger(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 4294967296, true);
  view.setUint32(at + 4, Math.floor(value / 4294967296), true);
}

function readInteger(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296;
}

// Right child 0 marks a leaf (no node's child is the root), 0xffff a categorical node, whose table and right child stand where the value would.
function writeNodes(view: DataView, tables: Uint8Array, nodes: readonly BinnedNode[]): void {
  let tableCount = 0;
  nodes.forEach((node, i) => {
    const at = i * NODE_BYTES;
    view.setUint16(at, Math.max(node.feature, 0), true);
    view.setUint8(at + 2, node.bin);
    view.setUint8(at + 3, node.missingLeft ? 1 : 0);
    view.setUint16(at + 4, Math.max(node.left, 0), true);
    if (node.feature < 0) {
      view.setUint16(at + 6, 0, true);
      view.setFloat64(at + 8, node.value, true);
    } else if (node.table === undefined) view.setUint16(at + 6, node.right, true);
    else {
      view.setUint16(at + 6, 0xffff, true);
      tables.set(node.table, tableCount * BINS);
      view.setUint32(at + 8, tableCount++, true);
      view.setUint32(at + 12, node.right, true);
    }
  });
}
