/**
 * One argsort that ranks, binning and order statistics share.
 *
 * Stable, ascending, NaN last, -0 equal to 0. Short inputs are sorted by merging, long ones by a least-significant-digit radix
 * sort over 11-bit digits of the high word of the order-preserving integer image of the double, then runs of equal high words by the low word.
 */

// Below this many values clearing the radix counters costs more than comparing.
const RADIX_MIN = 1200;
const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
const SHIFTS = [0, DIGIT_BITS, 2 * DIGIT_BITS]; // the third digit has the 10 bits that are left

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
  let next = n === 0 ? NaN : values[order[0]];
  while (next === next) {
    const v = next;
    let j = i;
    do next = ++j < n ? values[order[j]] : NaN;
    while (next === v);
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
  const low = new Uint32Array(order.length); // by index into values
  const high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const h = words[2 * i + 1];
    const flip = h >>> 31 === 1 ? 0xffffffff : 0;
    low[order[i]] = words[2 * i] ^ flip;
    high[i] = h ^ (flip | 0x80000000);
  }
  const sorted = sortByKey(high, order.slice(0, n));
  for (let i = 0, end = 1; i < n; i = end++) {
    while (end < n && sorted.keys[end] === sorted.keys[i]) end++;
    if (end - i > 1) sortRun(low, sorted.indices.subarray(i, end));
  }
  order.set(sorted.indices);
}

// Runs are short, or hold equal values, unless the values agree in their first 20 bits of mantissa.
function sortRun(low: Uint32Array, run: Uint32Array): void {
  let i = 1;
  while (i < run.length && low[run[i - 1]] <= low[run[i]]) i++;
  if (i === run.length) return;
  if (run.length < RADIX_MIN) mergeSort(low, run, run.length);
  else run.set(sortByKey(run.map((index) => low[index]), run.slice()).indices);
}

// Stable. Keys move along with their indices, so that every pass reads in sequence; both arguments are used up.
function sortByKey(keys: Uint32Array, indices: Uint32Array): { readonly keys: Uint32Array; readonly indices: Uint32Array } {
  const n = keys.length;
  const counts = SHIFTS.map(() => new Uint32Array(BUCKETS));
  const [first, second, third] = counts;
  for (let i = 0; i < n; i++) {
    const key = keys[i];
    first[key & 2047]++;
    second[(key >>> 11) & 2047]++;
    third[key >>> 22]++;
  }
  let toKeys: Uint32Array = new Uint32Array(n);
  let toIndices: Uint32Array = new Uint32Array(n);
  for (const [pass, shift] of SHIFTS.entries()) {
    const places = counts[pass];
    if (places[(keys[0] >>> shift) & 2047] === n) continue;
    let sum = 0;
    for (let b = 0; b < BUCKETS; b++) {
      const c = places[b];
      places[b] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const key = keys[i];
      const digit = (key >>> shift) & 2047;
      const place = places[digit];
      places[digit] = place + 1;
      toKeys[place] = key;
      toIndices[place] = indices[i];
    }
    [keys, toKeys] = [toKeys, keys];
    [indices, toIndices] = [toIndices, indices];
  }
  return { keys, indices };
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
