/** The scores of the last sessions, in order of arrival and in order of size. */
import { fitNexcp } from '../nexcp.ts';
import { conformalRank } from '../radius.ts';
import { OrderStatistics } from './order-statistics.ts';

/** A window as plain data. */
export interface ScoreWindowState {
  /** Oldest first. */
  readonly scores: Float64Array;
  /** Scores of each session, oldest first; null when every session has one. */
  readonly sessionRows: Uint32Array | null;
}

/** Rolling window of whole sessions: O(log n) a score in, a score out, or a radius. */
export class ScoreWindow {
  readonly #sorted = new OrderStatistics();
  readonly #scores = new Queue();
  readonly #rows = new Queue();
  readonly #capacity: number;

  /** @param capacity - sessions kept; may be Infinity */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#sorted.size;
  }

  /** Takes the scores of one session in, without NaN, and the oldest session out when there are more than the window holds. */
  push(scores: ArrayLike<number>): void {
    if (scores.length === 0) return;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i] + 0; // -0 ties with 0: which of them is k-th would depend on history
      this.#sorted.add(score);
      this.#scores.push(score);
    }
    this.#rows.push(scores.length);
    if (this.#rows.length > this.#capacity) {
      for (let rest = this.#rows.shift(); rest > 0; rest--) this.#sorted.remove(this.#scores.shift());
    }
  }

  /** Scores smaller than this one. */
  countBelow(score: number): number {
    return this.#sorted.countBelow(score);
  }

  /**
   * The conformal radius at any level: the ceil((n + overlap)(1 - alpha))-th smallest score, the finite-sample rule at n / overlap independent rows.
   *
   * @param alpha - any number: 0 and below give Infinity, 1 and above -Infinity
   * @param overlap - sessions in a label's span
   * @param decay - weight kept per session of age; below 1 the weighted rule of `fitNexcp` answers, in O(n log n), and overlap is not used
   */
  radius(alpha: number, overlap: number, decay: number): number {
    if (alpha <= 0) return Infinity;
    if (alpha >= 1) return -Infinity;
    if (decay < 1) return fitNexcp(this.#scores.toArray(), this.#ages(), { alpha, decay }).radius;
    const rank = conformalRank(this.size + overlap - 1, alpha);
    return rank > this.size ? Infinity : this.#sorted.kth(rank);
  }

  get state(): ScoreWindowState {
    const rows = this.#rows.toArray();
    return { scores: this.#scores.toArray(), sessionRows: rows.length === this.size ? null : Uint32Array.from(rows) };
  }

  #ages(): Float64Array {
    const ages = new Float64Array(this.size);
    const rows = this.#rows.toArray();
    for (let s = 0, i = 0; s < rows.length; i += rows[s++]) ages.fill(rows.length - 1 - s, i, i + rows[s]);
    return ages;
  }
}

// First in, first out, without moving what stays.
class Queue {
  #values = new Float64Array(64);
  #head = 0;
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  push(value: number): void {
    if (this.#tail === this.#values.length) {
      const kept = this.toArray();
      if (2 * kept.length > this.#values.length) this.#values = new Float64Array(2 * this.#values.length);
      this.#values.set(kept);
      [this.#head, this.#tail] = [0, kept.length];
    }
    this.#values[this.#tail++] = value;
  }

  shift(): number {
    return this.#values[this.#head++];
  }

  toArray(): Float64Array {
    return this.#values.slice(this.#head, this.#tail);
  }
}
