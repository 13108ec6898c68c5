/** All positive real roots of a polynomial, isolated by its Bernstein form. */

const MAX_DEPTH = 160;
const BUDGET = 2000; // halvings; a handful per root is usual, rounding noise in a cluster could ask for billions
const PROOF_DEPTH = 60;
const CLUSTER = 1e-13;
const PRECISION = 2e-16; // of a root, relative to its distance from 0 and from infinity
const SCRATCH_SIZE = 16;
const scratch = new Float64Array((MAX_DEPTH + 2) * SCRATCH_SIZE);

/**
 * The t > 0 where a polynomial is zero, ascending; empty where it has no sign change there or is zero everywhere.
 *
 * With t = x / (1 - x) the polynomial times (1 - x)^n has the Bernstein coefficients c_i / binomial(n, i) on the whole half-line. The number of
 * their sign changes bounds the number of roots (Descartes), so no sign change proves that there is none. Intervals are halved until one sign
 * change is left; a cluster narrower than 1e-13 of its place, or lost in rounding, counts as one root.
 *
 * @param coefficients - c_0 .. c_n in ascending powers; none are found where one is not finite
 * @see Lane and Riesenfeld (1981), "Bounds on a polynomial"
 * @example positiveRoots(Float64Array.of(6, -5, 1)) // 2, 3
 */
export function positiveRoots(coefficients: Float64Array): Float64Array {
  const roots = rootsOf(coefficients, false, PRECISION);
  // A root at a middle may be seen once more beside it.
  return Float64Array.from(roots.filter((root, i) => i === 0 || root - roots[i - 1] > CLUSTER * root));
}

/**
 * Those of {@link positiveRoots} where the polynomial goes from negative to positive, to a relative precision; clusters are all given, and a root may be given twice.
 */
export function risingRoots(coefficients: Float64Array, precision: number): number[] {
  return rootsOf(coefficients, true, precision);
}

function rootsOf(coefficients: Float64Array, risingOnly: boolean, precision: number): number[] {
  let first = 0;
  let last = coefficients.length - 1;
  for (let i = 0; i <= last; i++) if (!Number.isFinite(coefficients[i])) return [];
  while (first < last && coefficients[first] === 0) first++;
  while (last > first && coefficients[last] === 0) last--;
  const n = last - first;
  if (n < 1) return [];
  const power = coefficients.subarray(first, last + 1);
  const stack = n < SCRATCH_SIZE ? scratch : new Float64Array((MAX_DEPTH + 2) * (n + 1));
  let binomial = 1;
  for (let i = 0; i <= n; i++) {
    stack[i] = power[i] / binomial;
    binomial = (binomial * (n - i)) / (i + 1);
  }
  const search: Search = { power, stack, roots: [], risingOnly, precision, left: BUDGET };
  isolate(search, 0, 0, 1, 1, 0);
  return search.roots;
}

/**
 * Whether a polynomial is proven nowhere negative for t > 0: its Bernstein coefficients are not, on intervals halved until they show it.
 *
 * A polynomial that touches zero may count as negative: halving never ends there.
 */
export function isNowhereNegative(coefficients: Float64Array): boolean {
  const size = coefficients.length;
  const stack = size <= SCRATCH_SIZE ? scratch : new Float64Array((MAX_DEPTH + 2) * size);
  let binomial = 1;
  for (let i = 0; i < size; i++) {
    stack[i] = coefficients[i] / binomial;
    binomial = (binomial * (size - 1 - i)) / (i + 1);
  }
  return isProven(stack, 0, size, 0, { left: BUDGET });
}

function isProven(stack: Float64Array, at: number, size: number, depth: number, budget: { left: number }): boolean {
  // The end coefficients are values of the polynomial.
  if (!(stack[at] >= 0 && stack[at + size - 1] >= 0)) return false;
  let isAllPositive = true;
  for (let i = at; i < at + size; i++) if (!(stack[i] >= 0)) isAllPositive = false;
  if (isAllPositive) return true;
  if (depth >= PROOF_DEPTH || --budget.left < 0) return false;
  split(stack, at, size);
  return isProven(stack, at + size, size, depth + 1, budget) && isProven(stack, at, size, depth + 1, budget);
}

interface Search {
  readonly power: Float64Array;
  readonly stack: Float64Array;
  readonly roots: number[];
  readonly risingOnly: boolean;
  readonly precision: number;
  /** Halvings. */
  left: number;
}

// Ends are x and 1 - x of both sides, so that neither loses digits near 0 or 1.
function isolate(search: Search, depth: number, from: number, fromRest: number, to: number, toRest: number): void {
  const { power, stack, roots, risingOnly } = search;
  const size = power.length;
  let x0 = from;
  let rest0 = fromRest;
  const at = depth * size;
  for (;;) {
    const changes = signChanges(stack, at, size);
    if (changes === 0) return;
    if (changes === 1) {
      const isRising = endsPositive(stack, at, size);
      if (isRising || !risingOnly) roots.push(refine(power, x0, rest0, to, toRest, isRising, search.precision));
      return;
    }
    const x = (x0 + to) / 2;
    const rest = (rest0 + toRest) / 2;
    if (depth >= MAX_DEPTH || --search.left < 0 || Math.abs(to - x0) <= CLUSTER * Math.min(x, rest)) {
      roots.push(x / rest);
      return;
    }
    split(stack, at, size);
    isolate(search, depth + 1, x0, rest0, x, rest);
    if (stack[at] === 0) roots.push(x / rest);
    x0 = x;
    rest0 = rest;
  }
}

function signChanges(stack: Float64Array, at: number, size: number): number {
  let changes = 0;
  let sign = 0;
  for (let i = at; i < at + size; i++) {
    if (stack[i] === 0) continue;
    const next = stack[i] > 0 ? 1 : -1;
    if (sign === -next) changes++;
    sign = next;
  }
  return changes;
}

// de Casteljau at the middle: the right half stays in place, the left half goes to the next level.
function split(stack: Float64Array, at: number, size: number): void {
  const left = at + size;
  for (let level = 0; level < size; level++) {
    stack[left + level] = stack[at];
    for (let i = 0; i < size - 1 - level; i++) stack[at + i] = (stack[at + i] + stack[at + i + 1]) / 2;
  }
  // What is left in place holds the right half: b_i^(n-i) at index i.
}

// sum c_i x^i rest^(n-i), which has the sign of the polynomial at t = x / rest.
function homogeneous(power: Float64Array, x: number, rest: number): number {
  const n = power.length - 1;
  let value = 0;
  if (x <= rest) {
    const t = x / rest;
    for (let i = n; i >= 0; i--) value = value * t + power[i];
  } else {
    const t = rest / x;
    for (let i = 0; i <= n; i++) value = value * t + power[i];
  }
  return value;
}

// The sign to which the only sign change leads; a value at an end that is another root has none.
function endsPositive(stack: Float64Array, at: number, size: number): boolean {
  let last = at + size - 1;
  while (last > at && stack[last] === 0) last--;
  return stack[last] > 0;
}

// Regula falsi with the Illinois weight in x, every third step a bisection.
function refine(power: Float64Array, from: number, fromRest: number, to: number, toRest: number, isRising: boolean, precision: number): number {
  let x0 = from;
  let rest0 = fromRest;
  let x1 = to;
  let rest1 = toRest;
  let at0 = homogeneous(power, x0, rest0);
  let at1 = homogeneous(power, x1, rest1);
  // The sign of a value at an end that is next to another root is rounding: halve until the end has moved.
  let noise = 0;
  for (let i = 0; i < power.length; i++) noise += 1e-14 * Math.abs(power[i]);
  let isKnown0 = Math.abs(at0) > noise;
  let isKnown1 = Math.abs(at1) > noise;
  for (let i = 0; i < 1200; i++) {
    const width = Math.abs(x1 - x0);
    const size = Math.min(x0 + x1, rest0 + rest1) / 2;
    if (width <= precision * size) break;
    // A step shorter than rounding would stand still beside the root.
    const least = Math.min(Math.max((precision * size) / width, 2 * precision), 0.5);
    let share = i % 3 === 2 || !(isKnown0 && isKnown1 && at0 * at1 < 0) ? 0.5 : at0 / (at0 - at1);
    share = Math.min(Math.max(share, least), 1 - least);
    let x = x0 + (x1 - x0) * share;
    let rest = rest0 + (rest1 - rest0) * share;
    if ((x === x0 && rest === rest0) || (x === x1 && rest === rest1)) {
      x = (x0 + x1) / 2;
      rest = (rest0 + rest1) / 2;
      if ((x === x0 && rest === rest0) || (x === x1 && rest === rest1)) break;
    }
    const value = homogeneous(power, x, rest);
    if (value === 0) return x / rest;
    if (value > 0 === isRising) {
      x1 = x;
      rest1 = rest;
      at1 = value;
      at0 /= 2;
      isKnown1 = true;
    } else {
      x0 = x;
      rest0 = rest;
      at0 = value;
      at1 /= 2;
      isKnown0 = true;
    }
  }
  return (x0 + x1) / (rest0 + rest1);
}
