/** Rows of a banded program, collected one by one. */
import type { LocalRows } from './banded-quadratic-program.ts';

/** Grows a set of rows over consecutive unknowns. */
export class LocalRowBuilder {
  private start: Int32Array;
  private offset: Int32Array;
  private coefficient: Float64Array;
  private rows = 0;
  private filled = 0;

  constructor(rows: number, coefficients: number) {
    this.start = new Int32Array(rows);
    this.offset = new Int32Array(rows + 1);
    this.coefficient = new Float64Array(coefficients);
  }

  /** Opens a row whose first unknown is `start`; its coefficients follow by {@link push}. */
  open(start: number): void {
    if (this.rows === this.start.length) {
      this.start = grown(this.start, new Int32Array(2 * this.rows + 1));
      this.offset = grown(this.offset, new Int32Array(2 * this.rows + 2));
    }
    this.start[this.rows++] = start;
    this.offset[this.rows] = this.filled;
  }

  push(value: number): void {
    if (this.filled === this.coefficient.length) this.coefficient = grown(this.coefficient, new Float64Array(2 * this.filled + 1));
    this.coefficient[this.filled++] = value;
    this.offset[this.rows] = this.filled;
  }

  /** Coefficients of the longest row. */
  longest(): number {
    let most = 0;
    for (let i = 0; i < this.rows; i++) most = Math.max(most, this.offset[i + 1] - this.offset[i]);
    return most;
  }

  done(): LocalRows {
    return { count: this.rows, start: this.start, offset: this.offset, coefficient: this.coefficient };
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
