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
  const inverse = inverseOf(hessian, n);
  if (inverse === null) return null;
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x[i] -= inverse[i * n + j] * gradient[j];
  // H^-1 a per row, and the length of the row in the metric of H^-1.
  const lifted = new Float64Array(m * n);
  const length = new Float64Array(m);
  for (let p = 0; p < m; p++) {
    let square = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += inverse[i * n + j] * rows[p * n + j];
      lifted[p * n + i] = sum;
      square += sum * rows[p * n + i];
    }
    length[p] = Math.sqrt(Math.max(square, 0));
  }
  const multipliers = new Float64Array(m);
  const active: number[] = [];
  const settled = new Uint8Array(m); // follows from the active rows but for rounding
  const z = new Float64Array(n);
  for (let round = 0; round < 20 * (m + n); round++) {
    let worst = -1;
    let depth = -1e-11;
    for (let p = 0; p < m; p++) {
      if (length[p] === 0 || settled[p] === 1 || active.includes(p)) continue;
      const slack = (dot(rows, p * n, x, 0, n) - bounds[p]) / length[p];
      if (slack < depth * (1 + Math.abs(bounds[p]) / length[p])) [worst, depth] = [p, slack];
    }
    if (worst < 0) return { x, multipliers };
    for (let drop = 0; drop <= m; drop++) {
      const shares = activeShares(rows, lifted, active, worst, n);
      if (shares === null) return null;
      for (let i = 0; i < n; i++) {
        z[i] = lifted[worst * n + i];
        for (let a = 0; a < active.length; a++) z[i] -= shares[a] * lifted[active[a] * n + i];
      }
      let dualStep = Infinity;
      let leaving = -1;
      for (let a = 0; a < active.length; a++) {
        if (shares[a] > 0 && multipliers[active[a]] / shares[a] < dualStep) [dualStep, leaving] = [multipliers[active[a]] / shares[a], a];
      }
      const gain = dot(rows, worst * n, z, 0, n);
      const isIndependent = gain > 1e-12 * length[worst] * length[worst];
      const primalStep = isIndependent ? (bounds[worst] - dot(rows, worst * n, x, 0, n)) / gain : Infinity;
      const step = Math.min(dualStep, primalStep);
      if (!(step < Infinity)) {
        // A combination of active rows with large shares is missed by as many times their own rounding.
        let reach = 1;
        for (const share of shares) reach += Math.abs(share);
        if (depth < -1e-11 * reach * (1 + Math.abs(bounds[worst]) / length[worst])) return null;
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
      settled.fill(0);
    }
  }
  return null;
}

function dot(a: Float64Array, from: number, b: Float64Array, start: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[from + i] * b[start + i];
  return sum;
}

// Solves (N' H^-1 N) r = N' H^-1 a for the active rows N, by elimination with pivots on the diagonal.
function activeShares(rows: Float64Array, lifted: Float64Array, active: readonly number[], worst: number, n: number): Float64Array | null {
  const q = active.length;
  const system = new Float64Array(q * q);
  const r = new Float64Array(q);
  for (let a = 0; a < q; a++) {
    r[a] = dot(lifted, active[a] * n, rows, worst * n, n);
    for (let b = 0; b < q; b++) system[a * q + b] = dot(lifted, active[a] * n, rows, active[b] * n, n);
  }
  for (let a = 0; a < q; a++) {
    const pivot = system[a * q + a];
    if (!(pivot > 0)) return null;
    for (let b = a + 1; b < q; b++) {
      const factor = system[b * q + a] / pivot;
      for (let c = a; c < q; c++) system[b * q + c] -= factor * system[a * q + c];
      r[b] -= factor * r[a];
    }
  }
  for (let a = q - 1; a >= 0; a--) {
    for (let b = a + 1; b < q; b++) r[a] -= system[a * q + b] * r[b];
    r[a] /= system[a * q + a];
  }
  return r;
}

// Inverse of a positive definite matrix after scaling its diagonal to 1, by Gauss-Jordan; null where it is not positive definite.
function inverseOf(hessian: Float64Array, n: number): Float64Array | null {
  const scale = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(hessian[i * n + i]));
  const work = hessian.map((value, at) => value * scale[Math.floor(at / n)] * scale[at % n]);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  for (let i = 0; i < n; i++) {
    const pivot = work[i * n + i];
    if (!(pivot > 1e-15)) return null;
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
  return inverse.map((value, at) => value * scale[Math.floor(at / n)] * scale[at % n]);
}
