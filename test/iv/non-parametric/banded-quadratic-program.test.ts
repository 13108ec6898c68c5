import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addOuterProduct, factorBand, solveBand, symmetricBand } from '../../../src/core/banded-cholesky.ts';
import { solveBandedQuadraticProgram } from '../../../src/iv/non-parametric/banded-quadratic-program.ts';
import type { BandedQuadraticProgram } from '../../../src/iv/non-parametric/banded-quadratic-program.ts';
import { LocalRowBuilder } from '../../../src/iv/non-parametric/local-rows.ts';

interface Row {
  readonly start: number;
  readonly values: readonly number[];
}

/** A program from plain rows: squares [row, target], ranges [row, lower, upper, price]. */
function program(size: number, squares: readonly (readonly [Row, number])[], ranges: readonly (readonly [Row, number, number, number])[]): BandedQuadraticProgram {
  const collect = (rows: readonly Row[]) => {
    const builder = new LocalRowBuilder(0, 0);
    for (const { start, values } of rows) {
      builder.open(start);
      for (const value of values) builder.push(value);
    }
    return builder;
  };
  const squareRows = collect(squares.map(([row]) => row));
  const rangeRows = collect(ranges.map(([row]) => row));
  return {
    size, bandwidth: Math.max(1, squareRows.longest(), rangeRows.longest()) - 1, squares: squareRows.done(), target: Float64Array.from(squares, ([, target]) => target),
    ranges: rangeRows.done(), lower: Float64Array.from(ranges, (r) => r[1]), upper: Float64Array.from(ranges, (r) => r[2]), price: Float64Array.from(ranges, (r) => r[3]),
  };
}

const TIGHT = { tolerance: 1e-11 };

describe('banded Cholesky', () => {
  it('solves [[4, 2, 0], [2, 5, 2], [0, 2, 5]] x = [8, 18, 19], x = [1, 2, 3], worked by hand', () => {
    const matrix = symmetricBand(3, 1);
    matrix.data.set([0, 4, 2, 5, 2, 5]);
    const x = Float64Array.of(8, 18, 19);
    expect(factorBand(matrix)).toBe(0);
    // L = [[2], [1, 2], [0, 1, 2]]
    expect(Array.from(matrix.data.subarray(1))).toEqual([2, 1, 2, 1, 2]);
    solveBand(matrix, x);
    expect(Array.from(x)).toEqual([1, 2, 3]);
  });

  it('solves sums of outer products of local rows to the residual that rounding allows', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }), { minLength: 12, maxLength: 12 }), (length, rows) => {
      const size = rows.length + length - 1;
      const matrix = symmetricBand(size, length - 1);
      const dense = Array.from({ length: size }, () => new Float64Array(size));
      for (let i = 0; i < size; i++) {
        addOuterProduct(matrix, 1, i, Float64Array.of(1), 0, 1);
        dense[i][i] += 1;
      }
      rows.forEach((row, start) => {
        addOuterProduct(matrix, 3, start, Float64Array.from([9, ...row]), 1, 1 + length); // from the second coefficient on
        for (let a = 0; a < length; a++) for (let b = 0; b < length; b++) dense[start + a][start + b] += 3 * row[a] * row[b];
      });
      const right = Float64Array.from({ length: size }, (_, i) => Math.sin(i + 1));
      const x = right.slice();
      expect(factorBand(matrix)).toBe(0);
      solveBand(matrix, x);
      for (let i = 0; i < size; i++) expect(dense[i].reduce((sum, value, j) => sum + value * x[j], 0)).toBeCloseTo(right[i], 11);
    }));
  });

  it('sets the unknown of a dependent equation to 0 and says how many there are', () => {
    const matrix = symmetricBand(2, 1);
    addOuterProduct(matrix, 1, 0, Float64Array.of(1, 1), 0, 2);
    expect(factorBand(matrix)).toBe(1);
    const x = Float64Array.of(3, 4);
    solveBand(matrix, x);
    expect(x[0]).toBe(3);
    expect(Math.abs(x[1])).toBeLessThan(1e-60);
  });

  it('refuses what is not finite', () => {
    const matrix = symmetricBand(2, 1);
    matrix.data.set([0, 1, NaN, 1]);
    expect(factorBand(matrix)).toBe(-1);
  });
});

describe('banded quadratic program', () => {
  it('gives least squares where no bound binds', () => {
    const { x, status } = solveBandedQuadraticProgram(program(2, [[{ start: 0, values: [1] }, 3], [{ start: 1, values: [2] }, 8]], [[{ start: 0, values: [1, 1] }, -100, 100, Infinity]]), new Float64Array(2), TIGHT);
    expect(status).toBe('solved');
    expect(x[0]).toBeCloseTo(3, 9);
    expect(x[1]).toBeCloseTo(4, 9);
  });

  it('keeps a hard bound exactly: 1/2 (x - 3)^2 with x <= 1 has x = 1', () => {
    const { x, status } = solveBandedQuadraticProgram(program(1, [[{ start: 0, values: [1] }, 3]], [[{ start: 0, values: [1] }, -Infinity, 1, Infinity]]), Float64Array.of(50), TIGHT);
    expect(status).toBe('solved');
    expect(x[0]).toBeCloseTo(1, 9);
    expect(x[0]).toBeLessThanOrEqual(1);
  });

  it('leaves an elastic range at its price: 1/2 (x - 3)^2 + 1.5 max(0, x - 1) has x = 1.5, and with price 5 has x = 1', () => {
    const at = (price: number) => solveBandedQuadraticProgram(program(1, [[{ start: 0, values: [1] }, 3]], [[{ start: 0, values: [1] }, -7, 1, price]]), Float64Array.of(0), TIGHT).x[0];
    expect(at(1.5)).toBeCloseTo(1.5, 9);
    expect(at(5)).toBeCloseTo(1, 9);
  });

  it('settles soft rows that contradict each other by their prices: the dearer wins', () => {
    const rows = (first: number, second: number) => program(1, [[{ start: 0, values: [1e-3] }, 0]], [[{ start: 0, values: [1] }, 2, 2.5, first], [{ start: 0, values: [1] }, 4, 5, second]]);
    expect(solveBandedQuadraticProgram(rows(1, 3), Float64Array.of(0), TIGHT).x[0]).toBeCloseTo(4, 6);
    expect(solveBandedQuadraticProgram(rows(3, 1), Float64Array.of(0), TIGHT).x[0]).toBeCloseTo(2.5, 6);
  });

  it('ends with a status where hard rows contradict each other', () => {
    const { status, iterations } = solveBandedQuadraticProgram(program(1, [[{ start: 0, values: [1] }, 0]], [[{ start: 0, values: [1] }, 2, 3, Infinity], [{ start: 0, values: [1] }, -3, -2, Infinity]]), Float64Array.of(0));
    expect(status).not.toBe('solved');
    expect(iterations).toBeLessThanOrEqual(60);
  });

  it('says breakdown for numbers that are not finite and max-iterations when stopped', () => {
    const bad = program(1, [[{ start: 0, values: [NaN] }, 0]], [[{ start: 0, values: [1] }, 0, 1, 1]]);
    expect(solveBandedQuadraticProgram(bad, Float64Array.of(0)).status).toBe('breakdown');
    const good = program(1, [[{ start: 0, values: [1] }, 3]], [[{ start: 0, values: [1] }, -Infinity, 1, Infinity]]);
    expect(solveBandedQuadraticProgram(good, Float64Array.of(0), { maxIterations: 1 }).status).toBe('max-iterations');
  });

  it('is optimal: no small change of any unknown or pair lowers the cost inside the hard rows', () => {
    const cell = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(fc.property(fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 8, maxLength: 8 }), (cells) => {
      const n = cells.length + 1;
      const squares: [Row, number][] = [];
      const ranges: [Row, number, number, number][] = [];
      cells.forEach(([a, b, c, d], i) => {
        squares.push([{ start: i, values: [1 + a * a, b] }, c]);
        ranges.push([{ start: i, values: [a, 1] }, d - 0.1, d + 0.1, 0.5 + b * b]); // elastic
        ranges.push([{ start: i, values: [1] }, -1 - c * c, 1 + d * d, Infinity]); // hard, 0 is feasible
      });
      squares.push([{ start: n - 1, values: [1] }, 0]);
      const { x, status } = solveBandedQuadraticProgram(program(n, squares, ranges), new Float64Array(n), { tolerance: 1e-10 });
      expect(status).toBe('solved');
      const value = (row: Row, at: Float64Array): number => row.values.reduce((sum, v, j) => sum + v * at[row.start + j], 0);
      const cost = (at: Float64Array): number => {
        let sum = 0;
        for (const [row, target] of squares) sum += 0.5 * (value(row, at) - target) ** 2;
        for (const [row, lower, upper, price] of ranges) {
          const outside = Math.max(lower - value(row, at), value(row, at) - upper, 0);
          if (price === Infinity && outside > 1e-12) return Infinity;
          if (price < Infinity) sum += price * outside;
        }
        return sum;
      };
      const least = cost(x);
      expect(least).toBeLessThan(Infinity);
      for (let i = 0; i < n; i++) {
        for (const [here, next] of [[1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]]) {
          for (const size of [1e-2, 1e-4]) {
            const moved = x.slice();
            moved[i] += here * size;
            if (i + 1 < n) moved[i + 1] += next * size;
            expect(cost(moved)).toBeGreaterThanOrEqual(least - 1e-8); // 17 rows at a mean gap of 1e-10 each
          }
        }
      }
    }), { numRuns: 60 });
  });
});
