/**
 * Prediction of trees from small integer codes.
 *
 * A code counts the thresholds of its column below the value, less 128, so that one signed byte comparison decides a split: right when
 * `code > k`. Codes of a tile lie column by column, TILE bytes each; those of a single row lie one byte each. The host proves every index.
 */

/** Rows of a tile. The host lays memory out by the same number. */
const TILE: usize = 256;
/** Code above all thresholds. */
const MISSING: u32 = 127;

// One level of a search tree in breadth-first order, node 1 first: 2^levels - 1 thresholds, padded with Infinity. The last level leads to
// node 2^levels + the number of thresholds below x.
function down(thresholds: usize, i: u32, x: f64): u32 {
  return (i << 1) + u32(x > load<f64>(thresholds + ((<usize>i) << 3)));
}

function put(i: u32, x: f64, base: u32, low: usize, high: usize): void {
  store<u8>(low, i - base);
  store<u8>(high, select<u32>(i - base, MISSING, x === x)); // NaN is above no threshold, so that it is lowest by itself
}

// A code made from known categories becomes their number, 255 for a value that is none of them. `known` is ascending and ends with NaN.
function number(known: usize, x: f64, code: usize): void {
  const c = <usize>(load<u8>(code) ^ 128);
  store<u8>(code, select<u32>(<u32>c, 255, load<f64>(known + (c << 3)) === x));
}

/**
 * Codes of n values (rounded up to 8) of one block of at most 255 thresholds.
 *
 * Block of 24 bytes: search tree, its levels, input, column where NaN is below all thresholds, column where it is above, known categories or 0.
 */
export function encode(block: usize, n: usize, values: usize, codes: usize): void {
  const thresholds = <usize>load<u32>(block), levels = load<u32>(block, 4), known = <usize>load<u32>(block, 20);
  const low = codes + (<usize>load<u32>(block, 12)) * TILE, high = codes + (<usize>load<u32>(block, 16)) * TILE;
  const base = (1 << levels) + 128;
  for (let r: usize = 0; r < n; r += 8) {
    const at = values + (r << 3);
    const x0 = load<f64>(at), x1 = load<f64>(at, 8), x2 = load<f64>(at, 16), x3 = load<f64>(at, 24);
    const x4 = load<f64>(at, 32), x5 = load<f64>(at, 40), x6 = load<f64>(at, 48), x7 = load<f64>(at, 56);
    let i0: u32 = 1, i1: u32 = 1, i2: u32 = 1, i3: u32 = 1, i4: u32 = 1, i5: u32 = 1, i6: u32 = 1, i7: u32 = 1;
    for (let s = levels; s > 0; s--) {
      i0 = down(thresholds, i0, x0);
      i1 = down(thresholds, i1, x1);
      i2 = down(thresholds, i2, x2);
      i3 = down(thresholds, i3, x3);
      i4 = down(thresholds, i4, x4);
      i5 = down(thresholds, i5, x5);
      i6 = down(thresholds, i6, x6);
      i7 = down(thresholds, i7, x7);
    }
    const l = low + r, h = high + r;
    put(i0, x0, base, l, h);
    put(i1, x1, base, l + 1, h + 1);
    put(i2, x2, base, l + 2, h + 2);
    put(i3, x3, base, l + 3, h + 3);
    put(i4, x4, base, l + 4, h + 4);
    put(i5, x5, base, l + 5, h + 5);
    put(i6, x6, base, l + 6, h + 6);
    put(i7, x7, base, l + 7, h + 7);
  }
  if (known !== 0) for (let r: usize = 0; r < n; r++) number(known, load<f64>(values + (r << 3)), low + r);
}

/** Codes of one row: `count` blocks, then `sets` category sets. */
export function encodeRow(block: usize, count: u32, set: usize, sets: u32, values: usize, codes: usize): void {
  for (; count > 0; count--, block += 24) {
    const thresholds = <usize>load<u32>(block), levels = load<u32>(block, 4), known = <usize>load<u32>(block, 20);
    const x = load<f64>(values + ((<usize>load<u32>(block, 8)) << 3));
    const low = codes + <usize>load<u32>(block, 12);
    let i: u32 = 1;
    for (let s = levels; s > 0; s--) i = down(thresholds, i, x);
    put(i, x, (1 << levels) + 128, low, codes + <usize>load<u32>(block, 16));
    if (known !== 0) number(known, x, low);
  }
  for (; sets > 0; sets--, set += 40) {
    const c = <u32>load<u8>(codes + <usize>load<u32>(set, 32));
    store<u8>(codes + <usize>load<u32>(set, 36), 0 - ((<u32>load<u8>(set + (c >> 3)) >> (c & 7)) & 1));
  }
}

/** A column that is -1 where a category number is in a set and else 0. Set of 40 bytes: 256 bits, column of the numbers, column to write. */
export function testMembers(set: usize, n: usize, codes: usize): void {
  const numbers = codes + (<usize>load<u32>(set, 32)) * TILE, out = codes + (<usize>load<u32>(set, 36)) * TILE;
  const lowHalf = v128.load(set), highHalf = v128.load(set, 16);
  const powers = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  for (let r: usize = 0; r < n; r += 16) {
    const c = v128.load(numbers + r);
    const byte = i8x16.shr_u(c, 3);
    // Lanes of an index outside 0 .. 15 become 0.
    const bits = v128.or(i8x16.swizzle(lowHalf, byte), i8x16.swizzle(highHalf, i8x16.sub(byte, i8x16.splat(16))));
    v128.store(out + r, i8x16.ne(v128.and(bits, i8x16.swizzle(powers, v128.and(c, i8x16.splat(7)))), i8x16.splat(0)));
  }
}

// -1 in the lanes of rows that go right, else 0.
function goesRight(codes: usize, k: v128): v128 {
  return i8x16.gt_s(v128.load(codes), k);
}

/**
 * Numbers of the leaves of n rows (rounded up to 32) into slot 0, for a tree of at most 256 leaves: all inner nodes are decided for all rows,
 * children before parents. Leaves are numbered from left to right, so the larger of "left" and "right where the row goes right" is the leaf
 * reached, without a branch.
 *
 * Instruction of 8 bytes: column u16, k i8, kind (which children are leaves), left, right, slot; a child is a leaf number, or else a slot.
 */
function small(program: usize, nodes: u32, n: usize, codes: usize, slots: usize): void {
  for (const end = program + ((<usize>nodes) << 3); program < end; program += 8) {
    let c = codes + (<usize>load<u16>(program)) * TILE;
    const k = v128.load_splat<i8>(program, 2);
    const kind = load<u8>(program, 3);
    let out = slots + (<usize>load<u8>(program, 6)) * TILE;
    const last = out + n;
    if (kind === 0) {
      const left = v128.load_splat<i8>(program, 4);
      for (; out < last; out += 32, c += 32) {
        v128.store(out, i8x16.sub(left, goesRight(c, k)));
        v128.store(out, i8x16.sub(left, goesRight(c + 16, k)), 16);
      }
    } else if (kind === 1) {
      const right = v128.load_splat<i8>(program, 5);
      for (; out < last; out += 32, c += 32) {
        v128.store(out, i8x16.max_u(v128.load(out), v128.and(right, goesRight(c, k))));
        v128.store(out, i8x16.max_u(v128.load(out, 16), v128.and(right, goesRight(c + 16, k))), 16);
      }
    } else if (kind === 2) {
      const left = v128.load_splat<i8>(program, 4);
      for (; out < last; out += 32, c += 32) {
        v128.store(out, i8x16.max_u(left, v128.and(v128.load(out), goesRight(c, k))));
        v128.store(out, i8x16.max_u(left, v128.and(v128.load(out, 16), goesRight(c + 16, k))), 16);
      }
    } else {
      let left = slots + (<usize>load<u8>(program, 4)) * TILE;
      let right = slots + (<usize>load<u8>(program, 5)) * TILE;
      for (; out < last; out += 32, c += 32, left += 32, right += 32) {
        v128.store(out, i8x16.max_u(v128.load(left), v128.and(v128.load(right), goesRight(c, k))));
        v128.store(out, i8x16.max_u(v128.load(left, 16), v128.and(v128.load(right, 16), goesRight(c + 16, k))), 16);
      }
    }
  }
}

function gain(out: usize, leaf: usize, values: usize): void {
  store<f64>(out, load<f64>(out) + load<f64>(values + ((<usize>load<u8>(leaf)) << 3)));
}

function addLeaves(leaves: usize, n: usize, values: usize, out: usize): void {
  for (const end = leaves + n; leaves < end; leaves += 4, out += 32) {
    gain(out, leaves, values);
    gain(out + 8, leaves + 1, values);
    gain(out + 16, leaves + 2, values);
    gain(out + 24, leaves + 3, values);
  }
}

// Node of 8 bytes: k i16, column u16, address of the left child u32, the right one behind it. A leaf leads to itself, as no code exceeds its k.
function step(node: usize, codes: usize, shift: usize): usize {
  return <usize>load<u32>(node, 4) + ((<usize>i32(load<i8>(codes + ((<usize>load<u16>(node, 2)) << shift)) > load<i16>(node))) << 3);
}

// 8 rows through one tree of any size; the value of a node lies `toValue` bytes behind it.
function large(root: usize, n: usize, codes: usize, toValue: usize, out: usize): void {
  for (const end = codes + n; codes < end; codes += 8, out += 64) {
    let a = root, b = root, c = root, d = root, e = root, f = root, g = root, h = root;
    let moved: usize = 1;
    while (moved) {
      const a1 = step(a, codes, 8), b1 = step(b, codes + 1, 8), c1 = step(c, codes + 2, 8), d1 = step(d, codes + 3, 8);
      const e1 = step(e, codes + 4, 8), f1 = step(f, codes + 5, 8), g1 = step(g, codes + 6, 8), h1 = step(h, codes + 7, 8);
      moved = (a ^ a1) | (b ^ b1) | (c ^ c1) | (d ^ d1) | (e ^ e1) | (f ^ f1) | (g ^ g1) | (h ^ h1);
      a = a1;
      b = b1;
      c = c1;
      d = d1;
      e = e1;
      f = f1;
      g = g1;
      h = h1;
    }
    store<f64>(out, load<f64>(out) + load<f64>(a + toValue));
    store<f64>(out, load<f64>(out, 8) + load<f64>(b + toValue), 8);
    store<f64>(out, load<f64>(out, 16) + load<f64>(c + toValue), 16);
    store<f64>(out, load<f64>(out, 24) + load<f64>(d + toValue), 24);
    store<f64>(out, load<f64>(out, 32) + load<f64>(e + toValue), 32);
    store<f64>(out, load<f64>(out, 40) + load<f64>(f + toValue), 40);
    store<f64>(out, load<f64>(out, 48) + load<f64>(g + toValue), 48);
    store<f64>(out, load<f64>(out, 56) + load<f64>(h + toValue), 56);
  }
}

/**
 * Adds `count` trees to the margins of n rows (rounded up to 32) in order.
 *
 * Tree of 16 bytes: root, nodes of its program (0: walk), program, leaf values from left to right. `out` holds TILE margins of each output.
 */
export function addTrees(trees: usize, count: u32, n: usize, codes: usize, slots: usize, toValue: usize, out: usize, outputs: u32): void {
  let k: u32 = 0;
  for (; count > 0; count--, trees += 16) {
    const nodes = load<u32>(trees, 4);
    const margins = out + (<usize>k) * TILE * 8;
    if (nodes === 0) large(load<u32>(trees), n, codes, toValue, margins);
    else {
      small(load<u32>(trees, 8), nodes, n, codes, slots);
      addLeaves(slots, n, load<u32>(trees, 12), margins);
    }
    if (++k === outputs) k = 0;
  }
}

/**
 * Decides all splits of one row at once, before any tree is walked: byte 8 where the row goes right, else 0.
 *
 * Run of 12 bytes: first vector, vectors, column. The k of the splits of a column lie together in vectors of 16, `toDecision` bytes before
 * the decisions.
 */
export function decide(run: usize, runs: u32, codes: usize, toDecision: usize): void {
  for (; runs > 0; runs--, run += 12) {
    const code = v128.load_splat<i8>(codes + <usize>load<u32>(run, 8));
    let at = <usize>load<u32>(run);
    for (let v = load<u32>(run, 4); v > 0; v--, at += 16) v128.store(at + toDecision, v128.and(i8x16.gt_s(code, v128.load(at)), i8x16.splat(8)));
  }
}

// Node of 8 bytes: address of its decision, address of the left child. A leaf leads to itself by a decision that is always 0.
function follow(node: usize): usize {
  return <usize>load<u32>(node, 4) + <usize>load<u8>(<usize>load<u32>(node));
}

/**
 * Adds `count` trees to the margins of one row in order, 8 walked at a time by `codes`, or when that is 0 by decisions.
 *
 * Roots are u32 addresses, readable, as leaves, to a multiple of 8. `scratch` has room for 8 addresses.
 */
export function addTreesOfRow(roots: usize, count: i32, codes: usize, toValue: usize, out: usize, outputs: u32, scratch: usize): void {
  let k: u32 = 0;
  for (; count > 0; count -= 8, roots += 32) {
    let a = <usize>load<u32>(roots), b = <usize>load<u32>(roots, 4), c = <usize>load<u32>(roots, 8), d = <usize>load<u32>(roots, 12);
    let e = <usize>load<u32>(roots, 16), f = <usize>load<u32>(roots, 20), g = <usize>load<u32>(roots, 24), h = <usize>load<u32>(roots, 28);
    let moved: usize = 1;
    if (codes === 0) {
      while (moved) {
        a = follow(a);
        b = follow(b);
        c = follow(c);
        d = follow(d);
        e = follow(e);
        f = follow(f);
        g = follow(g);
        h = follow(h);
        const a1 = follow(a), b1 = follow(b), c1 = follow(c), d1 = follow(d), e1 = follow(e), f1 = follow(f), g1 = follow(g), h1 = follow(h);
        moved = (a ^ a1) | (b ^ b1) | (c ^ c1) | (d ^ d1) | (e ^ e1) | (f ^ f1) | (g ^ g1) | (h ^ h1);
        a = a1;
        b = b1;
        c = c1;
        d = d1;
        e = e1;
        f = f1;
        g = g1;
        h = h1;
      }
    } else {
      while (moved) {
        const a1 = step(a, codes, 0), b1 = step(b, codes, 0), c1 = step(c, codes, 0), d1 = step(d, codes, 0);
        const e1 = step(e, codes, 0), f1 = step(f, codes, 0), g1 = step(g, codes, 0), h1 = step(h, codes, 0);
        moved = (a ^ a1) | (b ^ b1) | (c ^ c1) | (d ^ d1) | (e ^ e1) | (f ^ f1) | (g ^ g1) | (h ^ h1);
        a = a1;
        b = b1;
        c = c1;
        d = d1;
        e = e1;
        f = f1;
        g = g1;
        h = h1;
      }
    }
    if (outputs === 1 && count >= 8) {
      let sum = load<f64>(out) + load<f64>(a + toValue);
      sum += load<f64>(b + toValue);
      sum += load<f64>(c + toValue);
      sum += load<f64>(d + toValue);
      sum += load<f64>(e + toValue);
      sum += load<f64>(f + toValue);
      sum += load<f64>(g + toValue);
      store<f64>(out, sum + load<f64>(h + toValue));
      continue;
    }
    store<u32>(scratch, <u32>a);
    store<u32>(scratch, <u32>b, 4);
    store<u32>(scratch, <u32>c, 8);
    store<u32>(scratch, <u32>d, 12);
    store<u32>(scratch, <u32>e, 16);
    store<u32>(scratch, <u32>f, 20);
    store<u32>(scratch, <u32>g, 24);
    store<u32>(scratch, <u32>h, 28);
    const lanes = min(count, 8);
    for (let i = 0; i < lanes; i++) {
      const margin = out + ((<usize>k) << 3);
      store<f64>(margin, load<f64>(margin) + load<f64>(<usize>load<u32>(scratch + ((<usize>i) << 2)) + toValue));
      if (++k === outputs) k = 0;
    }
  }
}
