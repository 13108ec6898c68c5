/** The kernel without WebAssembly: for hosts that lack or forbid it, and to prove the other one by. */
import type { Progress, Task } from '../../../core/drive.ts';
import { bestCandidate } from './candidate.ts';
import type { BinnedNode, Candidate, FitKernel, FitMemory, PartitionRule, RowRange, ScanLimits, UpdateSums } from './kernel.ts';
import { APPLY_CHUNK, HISTOGRAM_CHUNK, UPDATE_CHUNK } from './layout.ts';
import { cellUnit, clearCells, createCells, readCells, subtractCells } from './typescript-cells.ts';
import type { Cells } from './typescript-cells.ts';
import { createAddRows } from './typescript-histogram.ts';
import type { AddRows } from './typescript-histogram.ts';
import { createRowsAt, RANGE_CHUNK } from './typescript-range.ts';
import type { RowsAt } from './typescript-range.ts';
import { applyTree, flattenTree, leftBins, markRows, partitionRows, updateRows } from './typescript-rows.ts';
import { scanBlock } from './typescript-scan.ts';

// Work between two yields, a few milliseconds each: updates of cells, cells to subtract and scan, rows to move.
const UPDATES_PER_STEP = 4_000_000;
const FEATURES_PER_STEP = 2048;
const ROWS_PER_STEP = 256 * RANGE_CHUNK;

/** A kernel over the arrays of a fit, with cells for `slots` leaves. */
export function createTypescriptKernel(memory: FitMemory, slots: number): FitKernel {
  return new TypescriptKernel(memory, slots);
}

class TypescriptKernel implements FitKernel {
  readonly kind = 'typescript';
  progress: Progress = { phase: 'boosting', done: 0, total: 1 };
  readonly #memory: FitMemory;
  readonly #unit: number;
  readonly #slots: readonly Cells[];
  readonly #rowsAt: RowsAt;
  readonly #addRows: AddRows;

  constructor(memory: FitMemory, slots: number) {
    this.#memory = memory;
    this.#unit = cellUnit(memory.rowCount);
    this.#slots = Array.from({ length: slots }, () => createCells(memory));
    this.#rowsAt = createRowsAt(memory);
    this.#addRows = createAddRows(memory, this.#unit);
  }

  *histogram({ side, begin, end }: RowRange, slot: number): Task<void> {
    const { stride, hessians } = this.#memory;
    const updatesPerRow = hessians === undefined ? stride : 2 * stride;
    const chunk = Math.min(HISTOGRAM_CHUNK, Math.ceil(UPDATES_PER_STEP / updatesPerRow));
    const cells = this.#slots[slot];
    clearCells(cells);
    let updates = 0;
    for (let from = begin; from < end; from += chunk) {
      const to = Math.min(from + chunk, end);
      this.#addRows(cells, this.#rowsAt(side, from, to));
      updates += (to - from) * updatesPerRow;
      if (updates < UPDATES_PER_STEP) continue;
      updates = 0;
      yield this.progress;
    }
  }

  *finish(small: number, large: number, complete: boolean, allowed: Uint8Array, limits: readonly [ScanLimits | undefined, ScanLimits | undefined]): Task<readonly [Candidate | undefined, Candidate | undefined]> {
    const { blocks } = this.#memory;
    const leaves = [this.#slots[small], this.#slots[large]];
    const best: [Candidate | undefined, Candidate | undefined] = [undefined, undefined];
    let features = 0;
    for (let block = 0; block < blocks.length; block += 2) {
      const first = blocks[block];
      const end = first + blocks[block + 1];
      if (complete && large >= 0) subtractCells(leaves[1], leaves[0], first, end);
      for (let leaf = 0; leaf < 2; leaf++) {
        const own = limits[leaf];
        // Each block starts from the floor, so that it does not matter who scans which.
        if (own !== undefined) best[leaf] = bestCandidate(best[leaf], scanBlock(leaves[leaf], this.#unit, first, end, this.#memory, allowed, own));
      }
      features += end - first;
      if (features < FEATURES_PER_STEP) continue;
      features = 0;
      yield this.progress;
    }
    return best;
  }

  *partition({ side, begin, end }: RowRange, rule: PartitionRule, leftCount: number): Task<void> {
    const { columnMajor, rowCount, rows } = this.#memory;
    const column = columnMajor.subarray(rule.feature * rowCount, (rule.feature + 1) * rowCount);
    const target = rows[side === 0 ? 1 : 0];
    const leftOf = leftBins(rule);
    let lefts = 0;
    for (let from = begin; from < end; from += RANGE_CHUNK) {
      const moved = from - begin;
      lefts += partitionRows(this.#rowsAt(side, from, Math.min(from + RANGE_CHUNK, end)), column, leftOf, target, begin + lefts, begin + leftCount + moved - lefts);
      if (moved > 0 && moved % ROWS_PER_STEP === 0) yield this.progress;
    }
  }

  *mark(leaves: readonly RowRange[]): Task<void> {
    let rows = 0;
    for (let leaf = 0; leaf < leaves.length; leaf++) {
      markRows(this.#memory, leaves[leaf], leaf);
      rows += leaves[leaf].end - leaves[leaf].begin;
      if (rows < ROWS_PER_STEP) continue;
      rows = 0;
      yield this.progress;
    }
  }

  *update(rows: Uint32Array | undefined, values: Float64Array, scale: number): Task<UpdateSums> {
    const count = rows === undefined ? this.#memory.rowCount : rows.length;
    let absolute = 0;
    let gradient = 0;
    for (let from = 0; from < count; from += UPDATE_CHUNK) {
      const sums = updateRows(this.#memory, rows, from, Math.min(from + UPDATE_CHUNK, count), values, scale);
      absolute += sums.absolute;
      gradient += sums.gradient;
      yield this.progress;
    }
    return { absolute, gradient };
  }

  *apply(rows: Uint32Array, nodes: readonly BinnedNode[], output: number): Task<void> {
    const tree = flattenTree(nodes);
    for (let from = 0; from < rows.length; from += APPLY_CHUNK) {
      applyTree(this.#memory, rows, from, Math.min(from + APPLY_CHUNK, rows.length), tree, output);
      yield this.progress;
    }
  }

  cells(slot: number, feature: number, into: Float64Array): void {
    readCells(this.#slots[slot], this.#unit, feature, into);
  }

  /** Nothing to give back. */
  close(): void {}
}
