import { describe, expect, it } from 'vitest';
import { driveSync } from '../../../../src/core/drive.ts';
import type { Progress, Task } from '../../../../src/core/drive.ts';
import type { ScanLimits } from '../../../../src/learners/gbdt/kernel/kernel.ts';
import { UPDATE_CHUNK } from '../../../../src/learners/gbdt/kernel/layout.ts';
import { cellUnit } from '../../../../src/learners/gbdt/kernel/typescript-cells.ts';
import { typescriptBench } from './fit-memory.ts';
import type { Bench } from './fit-memory.ts';

// Every row in bin 0 of one feature.
function oneBin(rowCount: number, gradients: ArrayLike<number>, hessians?: ArrayLike<number>): Bench {
  return typescriptBench({ bins: [new Uint8Array(rowCount)], binCounts: [1], widths: [1], gradients, hessians });
}

function cell({ kernel }: Bench): { gradient: number; hessian: number; count: number } {
  const into = new Float64Array(3 * 256);
  kernel.cells(0, 0, into);
  return { gradient: into[0], hessian: into[256], count: into[512] };
}

function steps<T>(task: Task<T>): Progress[] {
  const seen: Progress[] = [];
  for (let step = task.next(); step.done !== true; step = task.next()) seen.push(step.value);
  return seen;
}

describe('cells in doubles', () => {
  it('hold sums of gradients up to 2^31 below 2^20 rows, and half as much with every bit more', () => {
    expect([1, 1000, 2 ** 20 - 1].map(cellUnit)).toStrictEqual([2 ** 32, 2 ** 32, 2 ** 32]);
    expect([2 ** 20, 2 ** 21 - 1, 2 ** 21, 2 ** 32 - 1].map(cellUnit)).toStrictEqual([2 ** 31, 2 ** 31, 2 ** 30, 2 ** 20]);
  });

  it.each([[2 ** 20 - 1, 2 ** 31 - 1], [2 ** 20, 2 ** 30 - 1], [2 ** 20 - 1, 1 - 2 ** 31], [2 ** 20, 1 - 2 ** 30]])('are exact when %i rows in one bin sum to the bound %i', (rowCount, sum) => {
    const each = Math.trunc(sum / rowCount);
    const gradients = new Int32Array(rowCount).fill(each);
    gradients[7] += sum - each * rowCount;
    const hessians = new Uint32Array(rowCount).fill(2 ** 32 - 1);
    const bench = oneBin(rowCount, gradients, hessians);
    driveSync(bench.kernel.histogram({ side: -1, begin: 0, end: rowCount }, 0));
    expect(cell(bench)).toStrictEqual({ gradient: sum, hessian: rowCount * (2 ** 32 - 1), count: rowCount });
  });

  it('are cleared before a slot is used again', () => {
    const bench = oneBin(5, [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]);
    bench.memory.rows[1].set([0, 1, 2, 3, 4]);
    driveSync(bench.kernel.histogram({ side: -1, begin: 0, end: 5 }, 0));
    driveSync(bench.kernel.histogram({ side: 1, begin: 3, end: 5 }, 0));
    expect(cell(bench)).toStrictEqual({ gradient: 9, hessian: 2, count: 2 });
  });
});

describe('an update', () => {
  it('adds the value of its leaf to every margin and rounds scaled gradients half to even', () => {
    const labels = [0, 0, 0, 0, 0, 1];
    const { kernel, memory } = typescriptBench({ bins: [[0, 0, 0, 0, 0, 0]], binCounts: [1], widths: [1], gradients: [9, 9, 9, 9, 9, 9], margins: [0.25, 0.75, 1.25, -0.25, -0.75, 0], labels });
    memory.leaves.set([0, 0, 0, 1, 1, 0]);
    // Margins 0.5, 1, 1.5, -0.5, -1, 0.25 less labels, doubled: 1, 2, 3, -1, -2, -1.5.
    expect(driveSync(kernel.update(undefined, Float64Array.of(0.25, -0.25), 2))).toStrictEqual({ absolute: 5.25, gradient: 1 });
    expect(Array.from(memory.margins)).toStrictEqual([0.5, 1, 1.5, -0.5, -1, 0.25]);
    expect(Array.from(memory.gradients)).toStrictEqual([1, 2, 3, -1, -2, -2]);
    // Halves: 0.5, 1.5, 2.5 of the first three rows only.
    memory.margins.set([0.5, 1.5, 2.5]);
    expect(driveSync(kernel.update(Uint32Array.of(2, 0, 1), Float64Array.of(0, 0), 1))).toStrictEqual({ absolute: 4.5, gradient: 4 });
    expect(Array.from(memory.gradients)).toStrictEqual([0, 2, 2, -1, -2, -2]);
  });

  it('sums absolute gradients chunk by chunk, which is what threads can repeat', () => {
    const n = UPDATE_CHUNK + 2;
    const margins = new Float64Array(n);
    margins[0] = 1;
    margins.fill(2 ** -53, UPDATE_CHUNK);
    const { kernel } = typescriptBench({ bins: [new Uint8Array(n)], binCounts: [1], widths: [1], gradients: new Int32Array(n), margins });
    // Row by row both small ones would be rounded away; together they are one unit in the last place.
    expect(driveSync(kernel.update(undefined, Float64Array.of(0), 1)).absolute).toBe(1 + 2 ** -52);
  });
});

describe('long work', () => {
  it('yields its progress at least every four million updates', () => {
    const n = 150_000;
    const bench = typescriptBench({ bins: Array.from({ length: 40 }, () => new Uint8Array(n)), binCounts: new Array<number>(40).fill(2), widths: [16, 16, 8], gradients: new Int32Array(n) });
    bench.kernel.progress = { phase: 'test', done: 1, total: 2 };
    const seen = steps(bench.kernel.histogram({ side: -1, begin: 0, end: n }, 0));
    expect(seen).toStrictEqual([bench.kernel.progress]);
    expect(cell(bench).count).toBe(n);
  });

  it('yields while it scans thousands of features, and finds the best all the same', () => {
    const features = 5000;
    const best = 4321;
    const bench = typescriptBench({
      bins: Array.from({ length: features }, (_, f) => (f === best ? [0, 1] : [0, 0])), binCounts: new Array<number>(features).fill(2), widths: new Array<number>(features).fill(1), gradients: [-1, 1],
    });
    driveSync(bench.kernel.histogram({ side: -1, begin: 0, end: 2 }, 0));
    const limits: ScanLimits = { sums: { gradient: 0, hessian: 2, count: 2 }, lambda: 0, floor: 0, minCount: 1, minHessian: 0 };
    const task = (): ReturnType<typeof bench.kernel.finish> => bench.kernel.finish(0, -1, true, new Uint8Array(features).fill(1), [limits, undefined]);
    expect(steps(task()).length).toBe(2);
    expect(driveSync(task())[0]?.feature).toBe(best);
  });

  it('yields between chunks of rows that are parted, and joins them', () => {
    const n = 1_100_003;
    const { kernel, memory } = typescriptBench({ bins: [Uint8Array.from({ length: n }, (_, row) => row & 1)], binCounts: [2], widths: [1], gradients: new Int32Array(n) });
    const lefts = (n + 1) / 2;
    expect(steps(kernel.partition({ side: -1, begin: 0, end: n }, { feature: 0, bin: 0, missingLeft: false, table: undefined }, lefts)).length).toBe(1);
    const wrong = memory.rows[0].findIndex((row, i) => row !== (i < lefts ? 2 * i : 2 * (i - lefts) + 1));
    expect(wrong).toBe(-1);
  });
});
