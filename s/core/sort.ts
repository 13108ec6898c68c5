/**
 * One argsort that ranks, binning and order statistics share.
 *
 * Stable, ascending, NaN last, -0 equal to 0. Short inputs are sorted by merging, long ones by a least-significant-digit radix
 * sort over 11-bit digits of the order-preserving integer image of the double.
 */

// Below this many values clearing the radix counters costs more than comparing.
const RADIX_MIN = 1200;
const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;

/**
 * The order of the values.
 *
 * @param values - any numbers; infinities sort as numbers, NaN comes last in its original order
 * @returns indices such that `values[order[0]] <= values[order[1]] <= ...`, shape (n)
 */
export function argsort(values: ArrayLike<number>): Uint32Array {
  const n = values.length;
  const order = new Uint32Array(n);
  let m = 0;
  for (let i = 0; i < n; i++) if (values[i] === values[i]) order[m++] = i;
  if (m < n) {
    let tail = m;
    for (let i = 0; i < n; i++) if (values[i] !== values[i]) order[tail++] = i;
  }
  if (m < RADIX_MIN) mergeSort(values, order, m);
  else radixSort(values, order, m);
  return order;
}

/** The values without NaN, ascending, as a new array. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v === v) kept[n++] = v;
  }
  // The engine's own numeric sort of a plain Float64Array is as fast as gathering through argsort below ~1e5 values.
  if (n < 65536) return kept.subarray(0, n).sort();
  const dense = kept.subarray(0, n);
  const order = argsort(dense);
  const sorted = new Float64Array(n);
  for (let i = 0; i < n; i++) sorted[i] = dense[order[i]];
  return sorted;
}

/**
 * Average ranks, 1-based: ties share the mean of their positions. NaN stays NaN and takes no rank.
 *
 * @returns shape (n)
 */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = argsort(values);
  const ranks = new Float64Array(n).fill(NaN);
  let i = 0;
  while (i < n) {
    const v = values[order[i]];
    if (v !== v) break;
    let j = i + 1;
    while (j < n && values[order[j]] === v) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) ranks[order[k]] = rank;
    i = j;
  }
  return ranks;
}

// Insertion sort of runs of 12, then bottom-up merging; stable.
function mergeSort(values: ArrayLike<number>, order: Uint32Array, n: number): void {
  const RUN = 12;
  for (let lo = 0; lo < n; lo += RUN) {
    const hi = Math.min(lo + RUN, n);
    for (let i = lo + 1; i < hi; i++) {
      const index = order[i];
      const v = values[index];
      let j = i - 1;
      while (j >= lo && values[order[j]] > v) {
        order[j + 1] = order[j];
        j--;
      }
      order[j + 1] = index;
    }
  }
  if (n <= RUN) return;
  let source = order;
  let target: Uint32Array = new Uint32Array(n);
  for (let width = RUN; width < n; width *= 2) {
    for (let lo = 0; lo < n; lo += 2 * width) {
      const mid = Math.min(lo + width, n);
      const hi = Math.min(lo + 2 * width, n);
      let a = lo;
      let b = mid;
      for (let k = lo; k < hi; k++) {
        const takeLeft = b >= hi || (a < mid && values[source[a]] <= values[source[b]]);
        target[k] = takeLeft ? source[a++] : source[b++];
      }
    }
    [source, target] = [target, source];
  }
  if (source !== order) order.set(source.subarray(0, n));
}

// The unsigned image of a double is ordered like the double: flip all bits of a negative number, the sign bit of a positive one.
function radixSort(values: ArrayLike<number>, order: Uint32Array, n: number): void {
  const bits = new Float64Array(n);
  for (let i = 0; i < n; i++) bits[i] = values[order[i]] + 0; // -0 becomes 0
  const words = new Uint32Array(bits.buffer); // little endian: low word first
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const l = words[2 * i];
    const h = words[2 * i + 1];
    const negative = h >>> 31 === 1;
    low[i] = negative ? ~l : l;
    high[i] = negative ? ~h : h ^ 0x80000000;
  }
  let from = new Uint32Array(n);
  let to = new Uint32Array(n);
  for (let i = 0; i < n; i++) from[i] = i;
  const counts = new Uint32Array(BUCKETS);
  // Digits never straddle the two words: 11 + 11 + 10 bits in each.
  for (const [key, shift, mask] of [[low, 0, 2047], [low, 11, 2047], [low, 22, 1023], [high, 0, 2047], [high, 11, 2047], [high, 22, 1023]] as const) {
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[(key[i] >>> shift) & mask]++;
    if (counts[(key[0] >>> shift) & mask] === n) continue;
    let sum = 0;
    for (let b = 0; b <= mask; b++) {
      const c = counts[b];
      counts[b] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const index = from[i];
      const digit = (key[index] >>> shift) & mask;
      const place = counts[digit];
      counts[digit] = place + 1;
      to[place] = index;
    }
    [from, to] = [to, from];
  }
  const original = order.slice(0, n);
  for (let i = 0; i < n; i++) order[i] = original[from[i]];
}

/** Index of the first of the ascending values in `[begin, end)` that is at least `limit`; `end` when none is. */
export function lowerBound(ascending: ArrayLike<number>, limit: number, begin = 0, end: number = ascending.length): number {
  let low = begin;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
