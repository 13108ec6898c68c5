/**
 * Training kernel: what a fit does per row or per bin, over memory the host lays out.
 *
 * The host posts one job at a time in a control block: a kind, parameters, and a number of tasks. Every thread, the host's included, calls
 * `work`, which takes tasks until none is left. Which thread runs a task changes nothing: sums are of integers, or are kept per task.
 *
 * No pointer is checked here. The host proves rows, bins and sizes before it posts.
 */
import {
  APPLY, APPLY_CHUNK, DONE, FINISH, HISTOGRAM, HISTOGRAM_CHUNK, KIND, LEFT_CURSOR, MARK, PARAMETERS, PARTITION, PARTITION_CHUNK, REMAINING, RIGHT_CURSOR, SCRATCH_BYTES, TASKS, UPDATE, UPDATE_CHUNK,
} from '../src/learners/gbdt/kernel/layout';

/** Takes tasks of the posted job until none is left. `scratch` belongs to the calling thread. */
export function work(control: usize, scratch: usize): void {
  for (;;) {
    const left = atomic.sub<i32>(control + REMAINING, 1);
    if (left <= 0) return;
    const task = <u32>left - 1;
    const kind = load<u32>(control, KIND);
    if (kind == HISTOGRAM) histogram(control, task, scratch);
    else if (kind == FINISH) finish(control, task);
    else if (kind == PARTITION) partition(control, task, scratch);
    else if (kind == MARK) mark(control, task);
    else if (kind == UPDATE) update(control, task);
    else if (kind == APPLY) apply(control, task);
    if (<u32>atomic.add<i32>(control + DONE, 1) + 1 == load<u32>(control, TASKS)) atomic.notify(control + DONE, 1);
  }
}

// @ts-ignore: decorator
@inline
function word(control: usize, index: usize): u32 {
  return load<u32>(control + PARAMETERS + (index << 2));
}

// @ts-ignore: decorator
@inline
function share(begin: u32, end: u32, part: u32, parts: u32): u32 {
  return begin + <u32>((<u64>(end - begin) * part) / parts);
}

// ---- histograms

/**
 * Cells of one part of the rows and one group of the blocks. Words: 0 bins, 1 stride, 2 blocks (pairs first feature, width), 3 block count,
 * 4 groups, 5 parts, 6 rows (0: consecutive), 7 begin, 8 end, 9 gradients, 10 hessians (0: none), 11 cells of part 0, 12 cells of part 1,
 * 13 bytes of cells, 14 whether to clear first.
 */
function histogram(control: usize, task: u32, scratch: usize): void {
  const groups = word(control, 4), parts = word(control, 5), blocks = word(control, 2), blockCount = word(control, 3);
  const part = task / groups, group = task % groups;
  const firstBlock = share(0, blockCount, group, groups), endBlock = share(0, blockCount, group + 1, groups);
  if (firstBlock == endBlock) return;
  const hessians = word(control, 10), shift = hessians == 0 ? 11 : 12; // 256 cells of 8 or 16 bytes
  const cells = part == 0 ? word(control, 11) : word(control, 12) + (part - 1) * word(control, 13);
  const firstFeature = load<u32>(blocks + (firstBlock << 3)), lastBlock = blocks + ((endBlock - 1) << 3);
  const endFeature = load<u32>(lastBlock) + load<u32>(lastBlock, 4);
  if (word(control, 14) != 0) memory.fill(cells + (firstFeature << shift), 0, (endFeature - firstFeature) << shift);
  const begin = share(word(control, 7), word(control, 8), part, parts), end = share(word(control, 7), word(control, 8), part + 1, parts);
  const bytesPerRow: u32 = hessians == 0 ? 32 : 16;
  // As many rows as the scratch holds beside their values.
  const most = min<u32>(HISTOGRAM_CHUNK, (<u32>SCRATCH_BYTES - HISTOGRAM_CHUNK * 16) / ((endBlock - firstBlock) * bytesPerRow));
  for (let from = begin; from < end; from += most) {
    const n = min<u32>(most, end - from);
    // The result is stored so that the reads are not optimised away.
    if (word(control, 6) != 0) store<u32>(scratch, touch(control, from, n));
    collect(control, scratch, firstBlock, endBlock, from, n);
    let places = scratch + HISTOGRAM_CHUNK * 16;
    for (let b = firstBlock; b < endBlock; b++) {
      const block = blocks + (b << 3);
      const target = cells + (load<u32>(block) << shift);
      if (hessians == 0) addGradients(load<u32>(block, 4), scratch, places, n, target);
      else addBoth(load<u32>(block, 4), scratch, places, n, target);
      places += n * bytesPerRow;
    }
  }
}

/** Reads from each row's lines. Rows of a leaf lie far apart, a page each when the leaf is small: here their misses overlap. */
function touch(control: usize, from: u32, n: u32): u32 {
  const bins = word(control, 0), stride = word(control, 1), gradients = word(control, 9);
  const rows = word(control, 6) + (<usize>from << 2), last = bins + stride - 1;
  let seen: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const row = load<u32>(rows + (i << 2));
    const at = row * stride;
    seen ^= <u32>load<u8>(bins + at) ^ <u32>load<u8>(last + at) ^ <u32>load<u8>(gradients + (row << 2));
  }
  return seen;
}

/**
 * Copies what the adds of some rows need next to each other: the value to add (8 bytes, or 16 with hessians), then for each block the places
 * of the bins' cells, as offsets of two bytes.
 */
function collect(control: usize, out: usize, firstBlock: u32, endBlock: u32, from: u32, n: u32): void {
  const bins = word(control, 0), stride = word(control, 1), blocks = word(control, 2), rows = word(control, 6), gradients = word(control, 9), hessians = word(control, 10);
  const places = out + HISTOGRAM_CHUNK * 16;
  for (let i: u32 = 0; i < n; i++) {
    const row = rows == 0 ? from + i : load<u32>(rows + (<usize>(from + i) << 2));
    const own = bins + row * stride;
    const value = (<i64>load<i32>(gradients + (<usize>row << 2)) << 32) + 1;
    if (hessians == 0) {
      store<i64>(out + (i << 3), value);
      let to = places + (i << 5);
      for (let b = firstBlock; b < endBlock; b++) {
        const sixteen = v128.load(own + load<u32>(blocks + (b << 3)));
        v128.store(to, i16x8.shl(i16x8.extend_low_i8x16_u(sixteen), 3));
        v128.store(to, i16x8.shl(i16x8.extend_high_i8x16_u(sixteen), 3), 16);
        to += n << 5;
      }
    } else {
      store<i64>(out + (i << 4), value);
      store<i64>(out + (i << 4), <i64>load<u32>(hessians + (<usize>row << 2)), 8);
      let to = places + (i << 4);
      for (let b = firstBlock; b < endBlock; b++) {
        v128.store(to, i16x8.shl(i16x8.extend_low_i8x16_u(v128.load64_zero(own + load<u32>(blocks + (b << 3)))), 4));
        to += n << 4;
      }
    }
  }
}

// A cell is gradient << 32 plus count: one exact add of 64 bits per row and feature. Written out because offsets must be constants.
// @ts-ignore: decorator
@inline
function loopGradients(width: i32, values: usize, places: usize, n: u32, h: usize): void {
  const end = values + (n << 3);
  let p = places;
  for (let at = values; at < end; at += 8) {
    const v = load<i64>(at);
    let a = h + <usize>load<u16>(p); store<i64>(a, load<i64>(a) + v);
    if (width > 1) { a = h + <usize>load<u16>(p, 2); store<i64>(a, load<i64>(a, 2048) + v, 2048); }
    if (width > 2) { a = h + <usize>load<u16>(p, 4); store<i64>(a, load<i64>(a, 4096) + v, 4096); }
    if (width > 3) { a = h + <usize>load<u16>(p, 6); store<i64>(a, load<i64>(a, 6144) + v, 6144); }
    if (width > 4) { a = h + <usize>load<u16>(p, 8); store<i64>(a, load<i64>(a, 8192) + v, 8192); }
    if (width > 5) { a = h + <usize>load<u16>(p, 10); store<i64>(a, load<i64>(a, 10240) + v, 10240); }
    if (width > 6) { a = h + <usize>load<u16>(p, 12); store<i64>(a, load<i64>(a, 12288) + v, 12288); }
    if (width > 7) { a = h + <usize>load<u16>(p, 14); store<i64>(a, load<i64>(a, 14336) + v, 14336); }
    if (width > 8) { a = h + <usize>load<u16>(p, 16); store<i64>(a, load<i64>(a, 16384) + v, 16384); }
    if (width > 9) { a = h + <usize>load<u16>(p, 18); store<i64>(a, load<i64>(a, 18432) + v, 18432); }
    if (width > 10) { a = h + <usize>load<u16>(p, 20); store<i64>(a, load<i64>(a, 20480) + v, 20480); }
    if (width > 11) { a = h + <usize>load<u16>(p, 22); store<i64>(a, load<i64>(a, 22528) + v, 22528); }
    if (width > 12) { a = h + <usize>load<u16>(p, 24); store<i64>(a, load<i64>(a, 24576) + v, 24576); }
    if (width > 13) { a = h + <usize>load<u16>(p, 26); store<i64>(a, load<i64>(a, 26624) + v, 26624); }
    if (width > 14) { a = h + <usize>load<u16>(p, 28); store<i64>(a, load<i64>(a, 28672) + v, 28672); }
    if (width > 15) { a = h + <usize>load<u16>(p, 30); store<i64>(a, load<i64>(a, 30720) + v, 30720); }
    p += 32;
  }
}

function addGradients(width: u32, values: usize, places: usize, n: u32, h: usize): void {
  switch (width) {
    case 1: loopGradients(1, values, places, n, h); break;
    case 2: loopGradients(2, values, places, n, h); break;
    case 3: loopGradients(3, values, places, n, h); break;
    case 4: loopGradients(4, values, places, n, h); break;
    case 5: loopGradients(5, values, places, n, h); break;
    case 6: loopGradients(6, values, places, n, h); break;
    case 7: loopGradients(7, values, places, n, h); break;
    case 8: loopGradients(8, values, places, n, h); break;
    case 9: loopGradients(9, values, places, n, h); break;
    case 10: loopGradients(10, values, places, n, h); break;
    case 11: loopGradients(11, values, places, n, h); break;
    case 12: loopGradients(12, values, places, n, h); break;
    case 13: loopGradients(13, values, places, n, h); break;
    case 14: loopGradients(14, values, places, n, h); break;
    case 15: loopGradients(15, values, places, n, h); break;
    case 16: loopGradients(16, values, places, n, h); break;
  }
}

// With hessians a cell is a pair: gradient << 32 plus count, and the sum of hessians. One add of two lanes.
// @ts-ignore: decorator
@inline
function loopBoth(width: i32, values: usize, places: usize, n: u32, h: usize): void {
  const end = values + (n << 4);
  let p = places;
  for (let at = values; at < end; at += 16) {
    const v = v128.load(at);
    let a = h + <usize>load<u16>(p); v128.store(a, i64x2.add(v128.load(a), v));
    if (width > 1) { a = h + <usize>load<u16>(p, 2); v128.store(a, i64x2.add(v128.load(a, 4096), v), 4096); }
    if (width > 2) { a = h + <usize>load<u16>(p, 4); v128.store(a, i64x2.add(v128.load(a, 8192), v), 8192); }
    if (width > 3) { a = h + <usize>load<u16>(p, 6); v128.store(a, i64x2.add(v128.load(a, 12288), v), 12288); }
    if (width > 4) { a = h + <usize>load<u16>(p, 8); v128.store(a, i64x2.add(v128.load(a, 16384), v), 16384); }
    if (width > 5) { a = h + <usize>load<u16>(p, 10); v128.store(a, i64x2.add(v128.load(a, 20480), v), 20480); }
    if (width > 6) { a = h + <usize>load<u16>(p, 12); v128.store(a, i64x2.add(v128.load(a, 24576), v), 24576); }
    if (width > 7) { a = h + <usize>load<u16>(p, 14); v128.store(a, i64x2.add(v128.load(a, 28672), v), 28672); }
    p += 16;
  }
}

function addBoth(width: u32, values: usize, places: usize, n: u32, h: usize): void {
  switch (width) {
    case 1: loopBoth(1, values, places, n, h); break;
    case 2: loopBoth(2, values, places, n, h); break;
    case 3: loopBoth(3, values, places, n, h); break;
    case 4: loopBoth(4, values, places, n, h); break;
    case 5: loopBoth(5, values, places, n, h); break;
    case 6: loopBoth(6, values, places, n, h); break;
    case 7: loopBoth(7, values, places, n, h); break;
    case 8: loopBoth(8, values, places, n, h); break;
  }
}

// ---- merge, subtract, scan

/**
 * Completes the cells of a share of the blocks, the one the same task of a histogram job summed, and finds the best split of up to two
 * leaves in each block. Words: 0 blocks, 1 cells of the smaller leaf,
 * 2 cells of the larger (0: none), which hold those of the parent, 3 parts, 4 cells of part 1, 5 bytes of cells, 6 whether there are
 * hessians, 7 bins per feature, 8 features to scan (bytes), 9 and 10 scans (0: none), 11 whether to merge and subtract, 12 block count.
 */
function finish(control: usize, task: u32): void {
  const blockCount = word(control, 12), tasks = load<u32>(control, TASKS);
  const end = share(0, blockCount, task + 1, tasks);
  for (let block = share(0, blockCount, task, tasks); block < end; block++) finishBlock(control, block);
}

function finishBlock(control: usize, task: u32): void {
  const block = word(control, 0) + (task << 3);
  const first = load<u32>(block), end = first + load<u32>(block, 4);
  const hasHessians = word(control, 6) != 0;
  const shift = hasHessians ? 12 : 11;
  const small = word(control, 1), large = word(control, 2);
  if (word(control, 11) != 0) {
    const from = <usize>first << shift, bytes = <usize>(end - first) << shift;
    for (let part: u32 = 1; part < word(control, 3); part++) addCells(small + from, word(control, 4) + (part - 1) * word(control, 5) + from, bytes);
    if (large != 0) subtractCells(large + from, small + from, bytes);
  }
  const counts = word(control, 7), allowed = word(control, 8);
  for (let leaf: u32 = 0; leaf < 2; leaf++) {
    const scan = word(control, 9 + leaf);
    if (scan == 0) continue;
    const cells = leaf == 0 ? small : large;
    if (hasHessians) scanBoth(cells, first, end, counts, allowed, scan, task);
    else scanGradients(cells, first, end, counts, allowed, scan, task);
  }
}

function addCells(a: usize, b: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 32) {
    v128.store(a + i, i64x2.add(v128.load(a + i), v128.load(b + i)));
    v128.store(a + i, i64x2.add(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
  }
}

function subtractCells(a: usize, b: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 32) {
    v128.store(a + i, i64x2.sub(v128.load(a + i), v128.load(b + i)));
    v128.store(a + i, i64x2.sub(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
  }
}

// Of a scan: total cell, total hessian (integers), lambda, floor of the score, fewest rows, fewest hessian, then a candidate per block.
const SCAN_HEADER: usize = 64;
const CANDIDATE: usize = 64;

function candidate(scan: usize, block: u32, num: f64, den: f64, left: i64, leftHessian: i64, feature: i32, at: i32, missingLeft: i32): void {
  const out = scan + SCAN_HEADER + <usize>block * CANDIDATE;
  store<f64>(out, num);
  store<f64>(out, den, 8);
  store<i64>(out, left, 16);
  store<i64>(out, leftHessian, 24);
  store<i32>(out, feature, 32);
  store<i32>(out, at, 36);
  store<i32>(out, missingLeft, 40);
}

// Limits and totals of one scan of counts.
let least: i32 = 0;
let most: i32 = 0;
let lambda: f64 = 0;
let A: f64 = 0;
let G: f64 = 0;
// The best split so far of it: with left the sum of gradients and a = nL + lambda, num / den = (left A - G a)^2 / (a (A - a)).
let bestNum: f64 = 0;
let bestDen: f64 = 1;
let bestLeft: i64 = 0;
let bestFeature: i32 = -1;
let bestBin: i32 = 0;
let bestSide: i32 = 0;

/** Keeps the split of the cells up to a bin if it is better, a fraction against a fraction, without a division. */
function keepBetter(cell: i64, f: i32, b: i32, end: i32, side: i32): void {
  if (b >= end || <i32>cell < least || <i32>cell > most) return;
  const a = <f64>(<i32>cell) + lambda;
  const d = <f64>(<i32>(cell >> 32)) * A - G * a;
  const num = d * d, den = a * (A - a);
  if (num * bestDen > bestNum * den) {
    bestNum = num; bestDen = den; bestLeft = cell; bestFeature = f; bestBin = b; bestSide = side;
  }
}

// What four bins are weighed against. The square of u and its error e is at most (1 + 2^-13) u^2 + (1 + 2^13) e^2.
function setBar(own: usize): void {
  const t = (1 - 1.0 / 4096) * (bestNum / bestDen) / (A * A);
  const e = abs(G) / 2097152 + 0.00001;
  store<f32>(own, <f32>t, 12);
  store<f32>(own, <f32>((1 - 1.0 / 524288) * t * (A * A / 4) - 8194 * e * e), 16);
}

/**
 * GL^2 / a + GR^2 / (A - a) = G^2 / A + (GL A - G a)^2 / (A a (A - a)) with a = nL + lambda and A = n + 2 lambda: only the square over
 * a (A - a) varies.
 *
 * Four bins at a time are weighed in single precision against the best so far, and only those that may be better are weighed exactly. With
 * x = nL - n / 2 and t the best fraction over A^2, a better one has u^2 + t x^2 > t (A / 2)^2, where u = (GL - G / 2) - x G / A. Rounding
 * moves u by less than 2^-22 |u| + 2^-21 |G|; `ceiling` takes off more than that and all other errors can make up for.
 */
function scanGradients(cells: usize, first: u32, endFeature: u32, counts: usize, allowed: usize, scan: usize, block: u32): void {
  const total = load<i64>(scan), n = <i32>total;
  lambda = load<f64>(scan, 16);
  least = load<i32>(scan, 32);
  most = n - least;
  A = <f64>n + 2 * lambda;
  G = <f64>(<i32>(total >> 32));
  // Constants go through memory, the room of the candidate: V8 would compute them anew for every four bins.
  const own = scan + SCAN_HEADER + <usize>block * CANDIDATE;
  store<f32>(own, <f32>(<f64>n / 2));
  store<f32>(own, <f32>(G / 2), 4);
  store<f32>(own, <f32>(G / A), 8);
  const halfRows = v128.load32_splat(own), halfSum = v128.load32_splat(own, 4), slope = v128.load32_splat(own, 8);
  bestNum = load<f64>(scan, 24); bestDen = 1; bestLeft = 0; bestFeature = -1; bestBin = 0; bestSide = 0;
  setBar(own);
  let factor = v128.load32_splat(own, 12), ceiling = v128.load32_splat(own, 16);
  for (let f = first; f < endFeature; f++) {
    if (load<u8>(allowed + f) == 0) continue;
    const h = cells + (<usize>f << 11);
    const missing = load<i64>(h, 2040);
    const bins = load<i32>(counts + (<usize>f << 2));
    for (let side: i32 = 0; side < (missing != 0 ? 2 : 1); side++) {
      // With missing values on the right the last bin still parts them off; otherwise everything would be left.
      const end = side == 0 && missing != 0 ? bins : bins - 1;
      let before = i64x2.splat(side == 1 ? missing : 0);
      for (let b: i32 = 0; b < end; b += 4) {
        const at = h + (<usize>b << 3);
        const low = v128.load(at), high = v128.load(at, 16);
        const lowSums = i64x2.add(low, v128.shuffle<i64>(i64x2.splat(0), low, 0, 2));
        const highSums = i64x2.add(i64x2.add(high, v128.shuffle<i64>(i64x2.splat(0), high, 0, 2)), v128.shuffle<i64>(lowSums, lowSums, 1, 1));
        const first = i64x2.add(lowSums, before), second = i64x2.add(highSums, before);
        const x = f32x4.sub(f32x4.convert_i32x4_s(v128.shuffle<i32>(first, second, 0, 2, 4, 6)), halfRows);
        const u = f32x4.sub(f32x4.sub(f32x4.convert_i32x4_s(v128.shuffle<i32>(first, second, 1, 3, 5, 7)), halfSum), f32x4.mul(x, slope));
        const maybe = i32x4.bitmask(f32x4.ge(f32x4.add(f32x4.mul(u, u), f32x4.mul(f32x4.mul(x, x), factor)), ceiling));
        if (maybe != 0) {
          const known = bestNum;
          if ((maybe & 1) != 0) keepBetter(i64x2.extract_lane(first, 0), f, b, end, side);
          if ((maybe & 2) != 0) keepBetter(i64x2.extract_lane(first, 1), f, b + 1, end, side);
          if ((maybe & 4) != 0) keepBetter(i64x2.extract_lane(second, 0), f, b + 2, end, side);
          if ((maybe & 8) != 0) keepBetter(i64x2.extract_lane(second, 1), f, b + 3, end, side);
          if (bestNum != known) {
            setBar(own);
            factor = v128.load32_splat(own, 12);
            ceiling = v128.load32_splat(own, 16);
          }
        }
        before = v128.shuffle<i64>(second, second, 1, 1);
      }
    }
  }
  candidate(scan, block, bestNum, bestDen, bestLeft, 0, bestFeature, bestBin, bestSide);
}

// The same with a = HL + lambda. Sums of hessians are below 2^52, so they become doubles by the bits of 2^52.
function scanBoth(cells: usize, first: u32, endFeature: u32, counts: usize, allowed: usize, scan: usize, block: u32): void {
  const total = load<i64>(scan), totalHessian = load<i64>(scan, 8), lambda = load<f64>(scan, 16), least = load<i32>(scan, 32);
  const leastHessian = load<i64>(scan, 40), mostHessian = totalHessian - leastHessian;
  const most = <i32>total - least;
  const A = <f64>totalHessian + 2 * lambda;
  const gTotal = f64x2.splat(<f64>(<i32>(total >> 32))), aTotal = f64x2.splat(A), lambdas = f64x2.splat(lambda);
  const exponent = i64x2.splat(0x4330000000000000), offset = f64x2.splat(4503599627370496);
  let bestNum = load<f64>(scan, 24), bestDen: f64 = 1, bestLeft: i64 = 0, bestHessian: i64 = 0, bestFeature: i32 = -1, bestBin: i32 = 0, bestSide: i32 = 0;
  let nums = f64x2.splat(bestNum), dens = f64x2.splat(1);
  for (let f = first; f < endFeature; f++) {
    if (load<u8>(allowed + f) == 0) continue;
    const h = cells + (<usize>f << 12);
    const missing = load<i64>(h, 4080);
    const bins = load<i32>(counts + (<usize>f << 2));
    for (let side: i32 = 0; side < (missing != 0 ? 2 : 1); side++) {
      let sums = side == 1 ? v128.load(h, 4080) : i64x2.splat(0);
      const end = side == 0 && missing != 0 ? bins : bins - 1;
      let b: i32 = 0;
      for (; b < end; b++) {
        sums = i64x2.add(sums, v128.load(h + (<usize>b << 4)));
        if (<i32>i64x2.extract_lane(sums, 0) >= least && i64x2.extract_lane(sums, 1) >= leastHessian) break;
      }
      while (b < end) {
        const next = i64x2.add(sums, v128.load(h + (<usize>b << 4), 16));
        const left = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, next, 1, 5, 1, 5));
        const a = f64x2.add(f64x2.sub(v128.or(v128.shuffle<i64>(sums, next, 1, 3), exponent), offset), lambdas);
        const d = f64x2.sub(f64x2.mul(left, aTotal), f64x2.mul(gTotal, a));
        const den = f64x2.mul(a, f64x2.sub(aTotal, a));
        const num = f64x2.mul(d, d);
        if (v128.any_true(f64x2.gt(f64x2.mul(num, dens), f64x2.mul(nums, den)))) {
          const left0 = i64x2.extract_lane(sums, 0), hessian0 = i64x2.extract_lane(sums, 1);
          if (<i32>left0 > most || hessian0 > mostHessian) break;
          const num0 = f64x2.extract_lane(num, 0), den0 = f64x2.extract_lane(den, 0);
          if (num0 * bestDen > bestNum * den0) {
            bestNum = num0; bestDen = den0; bestLeft = left0; bestHessian = hessian0; bestFeature = f; bestBin = b; bestSide = side;
          }
          const left1 = i64x2.extract_lane(next, 0), hessian1 = i64x2.extract_lane(next, 1);
          const num1 = f64x2.extract_lane(num, 1), den1 = f64x2.extract_lane(den, 1);
          if (b + 1 < end && <i32>left1 <= most && hessian1 <= mostHessian && num1 * bestDen > bestNum * den1) {
            bestNum = num1; bestDen = den1; bestLeft = left1; bestHessian = hessian1; bestFeature = f; bestBin = b + 1; bestSide = side;
          }
          nums = f64x2.splat(bestNum);
          dens = f64x2.splat(bestDen);
        }
        b += 2;
        if (b < end) sums = i64x2.add(next, v128.load(h + (<usize>b << 4)));
      }
    }
  }
  candidate(scan, block, bestNum, bestDen, bestLeft, bestHessian, bestFeature, bestBin, bestSide);
}

// ---- partition

/**
 * Sends the rows of a leaf left or right. Words: 0 column of bins, 1 rows (0: consecutive), 2 begin, 3 end, 4 highest bin on the left,
 * 5 whether missing goes left, 6 table of 256 bytes that says which bins go left (0: by 4 and 5), 7 chunks (1: one thread alone).
 * The cursors hold where left and right rows go; a thread among several takes room for a chunk at a time.
 */
function partition(control: usize, task: u32, scratch: usize): void {
  const column = word(control, 0), rows = word(control, 1), chunks = word(control, 7);
  const begin = share(word(control, 2), word(control, 3), task, chunks), end = share(word(control, 2), word(control, 3), task + 1, chunks);
  if (chunks == 1) {
    sort(control, column, rows, begin, end, load<u32>(control, LEFT_CURSOR), load<u32>(control, RIGHT_CURSOR));
    return;
  }
  const toRight = scratch + 4 * PARTITION_CHUNK;
  for (let from = begin; from < end; from += PARTITION_CHUNK) {
    const to = min<u32>(end, from + PARTITION_CHUNK);
    const lefts = sort(control, column, rows, from, to, scratch, toRight) - scratch;
    const rights = ((to - from) << 2) - lefts;
    memory.copy(atomic.add<u32>(control + LEFT_CURSOR, lefts), scratch, lefts);
    memory.copy(atomic.add<u32>(control + RIGHT_CURSOR, rights), toRight, rights);
  }
}

// One store per row, to one of two places: a second would write past the end of a side. Returns the end of the left rows.
function sort(control: usize, column: usize, rows: usize, begin: u32, end: u32, left: usize, right: usize): usize {
  const table = word(control, 6), missingLeft = word(control, 5), last = (word(control, 4) + missingLeft) & 255;
  if (table != 0) {
    for (let i = begin; i < end; i++) {
      const row = rows == 0 ? i : load<u32>(rows + (<usize>i << 2));
      const go = <u32>load<u8>(table + <usize>load<u8>(column + row));
      store<u32>(select<usize>(left, right, go), row);
      left += go << 2;
      right += (1 - go) << 2;
    }
  } else if (rows == 0) {
    for (let row = begin; row < end; row++) {
      const go = <u32>(((<u32>load<u8>(column + row) + missingLeft) & 255) <= last);
      store<u32>(select<usize>(left, right, go), row);
      left += go << 2;
      right += (1 - go) << 2;
    }
  } else {
    for (let i = begin; i < end; i++) {
      const row = load<u32>(rows + (<usize>i << 2));
      const go = <u32>(((<u32>load<u8>(column + row) + missingLeft) & 255) <= last);
      store<u32>(select<usize>(left, right, go), row);
      left += go << 2;
      right += (1 - go) << 2;
    }
  }
  return left;
}

// ---- rows

/** Writes the leaf of every row. Words: 0 table of leaves (pointer to rows, count; a task each), 1 leaves of rows (two bytes each). */
function mark(control: usize, task: u32): void {
  const entry = word(control, 0) + (task << 3), leaves = word(control, 1);
  const rows = load<u32>(entry), end = rows + (load<u32>(entry, 4) << 2);
  for (let at = rows; at < end; at += 4) store<u16>(leaves + (<usize>load<u32>(at) << 1), <u16>task);
}

/**
 * Adds leaf values to margins and computes the gradients of squared loss, margin less label, as integers. Words: 0 rows (0: consecutive),
 * 1 count, 2 margins, 3 labels, 4 leaves, 5 leaf values, 6 gradients, 7 sums (per task: absolute gradients, and integer gradients as a
 * double), 8 and 9 scale.
 */
function update(control: usize, task: u32): void {
  const rows = word(control, 0), margins = word(control, 2), labels = word(control, 3), leaves = word(control, 4), values = word(control, 5), gradients = word(control, 6);
  const scale = load<f64>(control + PARAMETERS + 32);
  const end = min<u32>(word(control, 1), (task + 1) * UPDATE_CHUNK);
  let absolute: f64 = 0;
  let sum: i64 = 0;
  for (let i = task * UPDATE_CHUNK; i < end; i++) {
    const row = <usize>(rows == 0 ? i : load<u32>(rows + (<usize>i << 2)));
    const margin = load<f64>(margins + (row << 3)) + load<f64>(values + (<usize>load<u16>(leaves + (row << 1)) << 3));
    store<f64>(margins + (row << 3), margin);
    const g = margin - load<f64>(labels + (row << 3));
    absolute += abs(g);
    const q = <i32>nearest(g * scale);
    store<i32>(gradients + (row << 2), q);
    sum += q;
  }
  const out = word(control, 7) + (task << 4);
  store<f64>(out, absolute);
  store<f64>(out, <f64>sum, 8);
}

/**
 * Sends rows down a finished tree and adds the leaf's value to their margins. Words: 0 rows, 1 count, 2 nodes, 3 bins, 4 stride, 5 margins,
 * 6 tables of categories. A node is feature (u16), last bin on the left (u8), missing left (u8), left (u16), right (u16; 0 at a leaf), then
 * the leaf's value (f64); with right = 0xffff the node is categorical: value holds the number of its table and the right child in two words.
 */
function apply(control: usize, task: u32): void {
  const rows = word(control, 0), nodes = word(control, 2), bins = word(control, 3), stride = word(control, 4), margins = word(control, 5), tables = word(control, 6);
  const end = min<u32>(word(control, 1), (task + 1) * APPLY_CHUNK);
  for (let i = task * APPLY_CHUNK; i < end; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    const own = bins + row * stride;
    let node = nodes;
    for (;;) {
      let right = <u32>load<u16>(node, 6);
      if (right == 0) break;
      const b = <u32>load<u8>(own + load<u16>(node));
      const missingLeft = <u32>load<u8>(node, 3);
      let go: bool;
      if (right != 0xffff) go = ((b + missingLeft) & 255) <= ((<u32>load<u8>(node, 2) + missingLeft) & 255);
      else {
        go = load<u8>(tables + (load<u32>(node, 8) << 8) + b) != 0;
        right = load<u32>(node, 12);
      }
      node = nodes + (<usize>(go ? <u32>load<u16>(node, 4) : right) << 4);
    }
    const at = margins + (<usize>row << 3);
    store<f64>(at, load<f64>(at) + load<f64>(node, 8));
  }
}

