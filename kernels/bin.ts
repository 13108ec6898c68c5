/**
 * Binning kernel: sorts samples, finds the bins of values, and turns columns of bins into rows.
 *
 * No pointer is checked here. The host proves rows and sizes before it calls.
 */
import { COUNTERS } from '../src/learners/gbdt/binning/layout';

// ---- sort

/**
 * Ascending order of n >= 1 doubles that are not NaN and not -0, by their bits as unsigned numbers, lowest digit first; a digit that all values
 * share is skipped. The lower three of the six digits are zero in a value of single precision.
 *
 * Bits order positive numbers, and after them negative ones backwards: the last pass turns those around and puts them first.
 *
 * @returns where the sorted values are: in `values` or in `other`
 */
export function sort(values: usize, other: usize, n: u32, counters: usize): usize {
  memory.fill(counters, 0, COUNTERS << 2);
  for (let p = values, end = values + (<usize>n << 3); p < end; p += 8) {
    const bits = load<u64>(p);
    count(counters + ((<usize>bits & 1023) << 2));
    count(counters + 4096 + ((<usize>(bits >> 10) & 1023) << 2));
    count(counters + 8192 + ((<usize>(bits >> 20) & 511) << 2));
    count(counters + 10240 + ((<usize>(bits >> 29) & 4095) << 2));
    count(counters + 26624 + ((<usize>(bits >> 41) & 4095) << 2));
    count(counters + 43008 + (<usize>(bits >> 53) << 2));
  }
  let from = values, to = other;
  if (scatter(from, to, n, counters, 0, 1023)) { const t = from; from = to; to = t; }
  if (scatter(from, to, n, counters + 4096, 10, 1023)) { const t = from; from = to; to = t; }
  if (scatter(from, to, n, counters + 8192, 20, 511)) { const t = from; from = to; to = t; }
  if (scatter(from, to, n, counters + 10240, 29, 4095)) { const t = from; from = to; to = t; }
  if (scatter(from, to, n, counters + 26624, 41, 4095)) { const t = from; from = to; to = t; }
  if (scatter(from, to, n, counters + 43008, 53, 2047)) { const t = from; from = to; to = t; }
  const last = from + (<usize>(n - 1) << 3);
  if (load<i64>(last) >= 0) return from;
  let p = last, q = to;
  for (; p >= from && load<i64>(p) < 0; p -= 8, q += 8) store<u64>(q, load<u64>(p));
  memory.copy(q, from, p + 8 - from);
  return to;
}

// @ts-ignore: decorator
@inline
function count(counter: usize): void {
  store<u32>(counter, load<u32>(counter) + 1);
}

// Whether the values were moved: not when they share the digit.
// @ts-ignore: decorator
@inline
function scatter(from: usize, to: usize, n: u32, counters: usize, shift: u64, mask: usize): bool {
  if (load<u32>(counters + ((<usize>(load<u64>(from) >> shift) & mask) << 2)) === n) return false;
  let next = to;
  for (let c = counters, end = counters + (mask << 2); c <= end; c += 4) {
    const size = <usize>load<u32>(c) << 3;
    store<u32>(c, <u32>next);
    next += size;
  }
  for (let p = from, end = from + (<usize>n << 3); p < end; p += 8) {
    const bits = load<u64>(p);
    const c = counters + ((<usize>(bits >> shift) & mask) << 2);
    const place = load<u32>(c);
    store<u32>(c, place + 8);
    store<u64>(place, bits);
  }
  return true;
}

// ---- place

const INFINITE: u64 = <u64>0x7ff << 52; // bits of the double

/**
 * Bins of n single-precision values: edges below each, 255 for NaN. Tables: every 16th edge, 64 bytes, then all 256, 1024 bytes, rounded down
 * to single precision, which changes no comparison.
 *
 * @returns whether a value is infinite
 */
export function placeFloat32(values: usize, n: usize, tables: usize, bins: usize): bool {
  let infinite: u32 = 0;
  for (let i: usize = 0; i < n; i++) {
    const x = load<f32>(values + (i << 2));
    const size = reinterpret<u32>(x) & 0x7fffffff;
    infinite |= <u32>(size === 0x7f800000);
    store<u8>(bins + i, select<u32>(place(f32x4.splat(x), tables), 255, size <= 0x7f800000));
  }
  return infinite !== 0;
}

/**
 * The same for double precision. Tables: the edges rounded to the nearest single, as above, then the edges, 2048 bytes.
 *
 * Rounding keeps order, so edges that are below x when rounded are below x. The next edge is the only one that can be equal to x when rounded,
 * because the host sees to it that no two edges are: it alone is compared in full.
 */
export function placeFloat64(values: usize, n: usize, tables: usize, bins: usize): bool {
  let infinite: u32 = 0;
  for (let i: usize = 0; i < n; i++) {
    const x = load<f64>(values + (i << 3));
    const size = reinterpret<u64>(x) << 1; // without the sign
    infinite |= <u32>(size === INFINITE << 1);
    const b = place(f32x4.splat(<f32>x), tables);
    store<u8>(bins + i, select<u32>(b + <u32>(load<f64>(tables + (<usize>b << 3), 1088) < x), 255, size <= INFINITE << 1));
  }
  return infinite !== 0;
}

// @ts-ignore: decorator
@inline
function place(x: v128, tables: usize): u32 {
  const coarse = countBelow(x, tables);
  return (coarse << 4) + countBelow(x, tables + 64 + (<usize>coarse << 6));
}

// How many of the 16 ascending numbers at p are below x.
// @ts-ignore: decorator
@inline
function countBelow(x: v128, p: usize): u32 {
  const low = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(p), x), f32x4.lt(v128.load(p, 16), x));
  const high = i16x8.narrow_i32x4_s(f32x4.lt(v128.load(p, 32), x), f32x4.lt(v128.load(p, 48), x));
  return popcnt<u32>(i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
}

// ---- columns to rows

/** Rows [begin, end) of columns that are rowCount bytes apart, four columns at a time; the last four may be fewer. */
export function toRows(columns: usize, rowCount: usize, features: usize, rows: usize, stride: usize, begin: usize, end: usize): void {
  for (let f: usize = 0; f < features; f += 4) {
    const last = features - 1;
    const a = columns + f * rowCount, b = columns + min(f + 1, last) * rowCount, c = columns + min(f + 2, last) * rowCount, d = columns + min(f + 3, last) * rowCount;
    const mask: u32 = f + 4 <= features ? 0xffffffff : 0xffffffff >> (<u32>(f + 4 - features) << 3);
    const masks = i32x4.splat(mask);
    let out = rows + begin * stride + f, r = begin;
    for (; r + 16 <= end; r += 16) {
      const va = v128.load(a + r), vb = v128.load(b + r), vc = v128.load(c + r), vd = v128.load(d + r);
      const abLow = v128.shuffle<u8>(va, vb, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const abHigh = v128.shuffle<u8>(va, vb, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const cdLow = v128.shuffle<u8>(vc, vd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const cdHigh = v128.shuffle<u8>(vc, vd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      out = storeFour(out, stride, v128.and(masks, v128.shuffle<u16>(abLow, cdLow, 0, 8, 1, 9, 2, 10, 3, 11)));
      out = storeFour(out, stride, v128.and(masks, v128.shuffle<u16>(abLow, cdLow, 4, 12, 5, 13, 6, 14, 7, 15)));
      out = storeFour(out, stride, v128.and(masks, v128.shuffle<u16>(abHigh, cdHigh, 0, 8, 1, 9, 2, 10, 3, 11)));
      out = storeFour(out, stride, v128.and(masks, v128.shuffle<u16>(abHigh, cdHigh, 4, 12, 5, 13, 6, 14, 7, 15)));
    }
    for (; r < end; r++, out += stride) store<u32>(out, (<u32>load<u8>(a + r) | (<u32>load<u8>(b + r) << 8) | (<u32>load<u8>(c + r) << 16) | (<u32>load<u8>(d + r) << 24)) & mask);
  }
}

// @ts-ignore: decorator
@inline
function storeFour(out: usize, stride: usize, words: v128): usize {
  v128.store_lane<u32>(out, words, 0);
  v128.store_lane<u32>(out + stride, words, 1);
  v128.store_lane<u32>(out + 2 * stride, words, 2);
  v128.store_lane<u32>(out + 3 * stride, words, 3);
  return out + 4 * stride;
}
