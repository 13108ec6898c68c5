/** Small strictly convex quadratic programs by the dual active-set method. */

export interface DenseQp {
  /** Row-major (n x n), positive definite. */
  readonly hessian: Float64Array;
  /** Shape (n). */
  readonly gradient: Float64Array;
  /** Row-major (m x n). */
  readonly rows: Float64Array;
  /** Shape (m): rows x >= bounds. */
  readonly bounds: Float64Array;
}

export interface DenseQpSolution {
  readonly x: Float64Array;
  /** Lagrange multipliers, shape (m), >= 0. */
  readonly multipliers: Float64Array;
}

/**
 * Minimises x'Hx / 2 + g'x subject to rows x >= bounds; null where no x obeys or H is not positive definite.
 *
 * Starts at the free minimum and adds the most violated row until none is, dropping rows whose multiplier would turn negative. Meant for a handful of
 * variables: the inverse is formed, and the active rows' system is solved anew each time.
 *
 * @see Goldfarb and Idnani (1983), "A numerically stable dual method for solving strictly convex quadratic programs"
 */
export function solveDenseQp({ hessian, gradient, rows, bounds }: DenseQp): DenseQpSolution | null {
  const n = gradient.length;
  const m = bounds.length;
  reserve(n, m);
  if (!invert(hessian, n)) return null;
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x[i] -= inverse[i * n + j] * gradient[j];
  // H^-1 a per row, and the length of the row in the metric of H^-1.
  for (let p = 0; p < m; p++) {
    let square = 0;
    for (let i = 0; i < n; i++) {
      const sum = dot(inverse, i * n, rows, p * n, n);
      lifted[p * n + i] = sum;
      square += sum * rows[p * n + i];
    }
    length[p] = Math.sqrt(Math.max(square, 0));
  }
  const multipliers = new Float64Array(m);
  const active: number[] = [];
  settled.fill(0, 0, m);
  for (let round = 0; round < 20 * (m + n); round++) {
    const worst = mostViolated(rows, bounds, x, active, n, m);
    if (worst < 0) return { x, multipliers };
    for (let drop = 0; drop <= m; drop++) {
      if (!solveShares(rows, active, worst, n)) return null;
      let dualStep = Infinity;
      let leaving = -1;
      for (let i = 0; i < n; i++) z[i] = lifted[worst * n + i];
      for (let a = 0; a < active.length; a++) {
        const share = shares[a];
        for (let i = 0; i < n; i++) z[i] -= share * lifted[active[a] * n + i];
        if (share > 0 && multipliers[active[a]] / share < dualStep) {
          dualStep = multipliers[active[a]] / share;
          leaving = a;
        }
      }
      const gain = dot(rows, worst * n, z, 0, n);
      const isIndependent = active.length < n && gain > 1e-12 * length[worst] * length[worst];
      const primalStep = isIndependent ? (bounds[worst] - dot(rows, worst * n, x, 0, n)) / gain : Infinity;
      const step = Math.min(dualStep, primalStep);
      if (!(step < Infinity)) {
        // A combination of active rows with large shares is missed by as many times their own rounding.
        let reach = 1;
        for (let a = 0; a < active.length; a++) reach += Math.abs(shares[a]);
        const slack = (dot(rows, worst * n, x, 0, n) - bounds[worst]) / length[worst];
        if (slack < -1e-11 * reach * (1 + Math.abs(bounds[worst]) / length[worst])) return null;
        settled[worst] = 1;
        break;
      }
      for (let a = 0; a < active.length; a++) multipliers[active[a]] -= step * shares[a];
      multipliers[worst] += step;
      if (isIndependent) for (let i = 0; i < n; i++) x[i] += step * z[i];
      if (step === primalStep) {
        active.push(worst);
        break;
      }
      multipliers[active[leaving]] = 0;
      active.splice(leaving, 1);
      settled.fill(0, 0, m);
    }
  }
  return null;
}

// Room for one program at a time: fits solve thousands of them.
let settled = new Uint8Array(0); // rows that follow from the active ones but for rounding
let [inverse, work, system, scale, shares, z, lifted, length] = Array.from({ length: 8 }, () => new Float64Array(0));

function reserve(n: number, m: number): void {
  if (z.length < n) {
    [inverse, work, system] = [0, 0, 0].map(() => new Float64Array(n * n));
    [scale, z] = [0, 0].map(() => new Float64Array(n));
  }
  if (lifted.length < m * n) lifted = new Float64Array(2 * m * n);
  if (length.length >= m) return;
  [length, shares] = [0, 0].map(() => new Float64Array(2 * m));
  settled = new Uint8Array(2 * m);
}

function mostViolated(rows: Float64Array, bounds: Float64Array, x: Float64Array, active: readonly number[], n: number, m: number): number {
  let worst = -1;
  let depth = -1e-11;
  for (let p = 0; p < m; p++) {
    if (length[p] === 0 || settled[p] === 1) continue;
    const slack = (dot(rows, p * n, x, 0, n) - bounds[p]) / length[p];
    if (slack < depth * (1 + Math.abs(bounds[p]) / length[p]) && !active.includes(p)) {
      worst = p;
      depth = slack;
    }
  }
  return worst;
}

function dot(a: Float64Array, from: number, b: Float64Array, start: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[from + i] * b[start + i];
  return sum;
}

// Solves (N' H^-1 N) r = N' H^-1 a for the active rows N into `shares`, by elimination with pivots on the diagonal.
function solveShares(rows: Float64Array, active: readonly number[], worst: number, n: number): boolean {
  const q = active.length;
  for (let a = 0; a < q; a++) {
    shares[a] = dot(lifted, active[a] * n, rows, worst * n, n);
    for (let b = 0; b < q; b++) system[a * q + b] = dot(lifted, active[a] * n, rows, active[b] * n, n);
  }
  for (let a = 0; a < q; a++) {
    const pivot = system[a * q + a];
    if (!(pivot > 0)) return false;
    for (let b = a + 1; b < q; b++) {
      const factor = system[b * q + a] / pivot;
      for (let c = a; c < q; c++) system[b * q + c] -= factor * system[a * q + c];
      shares[b] -= factor * shares[a];
    }
  }
  for (let a = q - 1; a >= 0; a--) {
    for (let b = a + 1; b < q; b++) shares[a] -= system[a * q + b] * shares[b];
    shares[a] /= system[a * q + a];
  }
  return true;
}

// Inverse of a positive definite matrix after scaling its diagonal to 1, by Gauss-Jordan; false where it is not positive definite.
function invert(hessian: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) scale[i] = 1 / Math.sqrt(hessian[i * n + i]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      work[i * n + j] = hessian[i * n + j] * scale[i] * scale[j];
      inverse[i * n + j] = i === j ? 1 : 0;
    }
  }
  for (let i = 0; i < n; i++) {
    const pivot = work[i * n + i];
    if (!(pivot > 1e-15)) return false;
    for (let j = 0; j < n; j++) {
      work[i * n + j] /= pivot;
      inverse[i * n + j] /= pivot;
    }
    for (let k = 0; k < n; k++) {
      const factor = work[k * n + i];
      if (k === i || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        work[k * n + j] -= factor * work[i * n + j];
        inverse[k * n + j] -= factor * inverse[i * n + j];
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) inverse[i * n + j] *= scale[i] * scale[j];
  return true;
}
