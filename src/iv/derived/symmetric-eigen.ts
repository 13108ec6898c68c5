/** Eigenvalues and eigenvectors of a symmetric matrix. */
import type { Task } from '../../core/drive.ts';

/** A = sum of values[i] v_i v_i'. */
export interface SymmetricEigen {
  /** Descending, shape (n). */
  readonly values: Float64Array;
  /** Row i is the unit vector of values[i], shape (n, n) row-major. */
  readonly vectors: Float64Array;
}

const MAX_SWEEPS = 60;

/**
 * Cyclic Jacobi rotations until no off-diagonal element is left; one step of progress per sweep. Slower than reduction to tridiagonal form from
 * about 100 columns on, but a page of code, and small eigenvalues keep their digits.
 *
 * @param matrix - symmetric, row-major, shape (n, n), finite; not changed
 * @see Rutishauser (1966), "The Jacobi method for real symmetric matrices"
 */
export function* symmetricEigenTask(matrix: Float64Array, n: number): Task<SymmetricEigen> {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    yield { phase: 'eigenvalues', done: sweep, total: MAX_SWEEPS };
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) if (rotate(a, vectors, n, p, q)) rotated = true;
      if (p % 16 === 15) yield { phase: 'eigenvalues', done: sweep, total: MAX_SWEEPS };
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => {
    sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors: sorted };
}

// Makes a[p][q] zero; rows of `vectors` turn with it. False when it is too small to change the diagonal.
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): boolean {
  const apq = a[p * n + q];
  const app = a[p * n + p];
  const aqq = a[q * n + q];
  const limit = 1e-17 * Math.sqrt(Math.abs(app) * Math.abs(aqq));
  if (Math.abs(apq) <= limit || apq === 0 || Math.abs(apq) < 1e-300) {
    a[p * n + q] = a[q * n + p] = 0;
    return false;
  }
  const theta = (aqq - app) / (2 * apq);
  const t = Math.abs(theta) > 1e150 ? 0.5 / theta : (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let j = 0; j < n; j++) {
    if (j === p || j === q) continue;
    const ajp = a[p * n + j];
    const ajq = a[q * n + j];
    const first = c * ajp - s * ajq;
    const second = s * ajp + c * ajq;
    a[p * n + j] = a[j * n + p] = first;
    a[q * n + j] = a[j * n + q] = second;
  }
  a[p * n + p] = app - t * apq;
  a[q * n + q] = aqq + t * apq;
  a[p * n + q] = a[q * n + p] = 0;
  for (let j = 0; j < n; j++) {
    const vp = vectors[p * n + j];
    const vq = vectors[q * n + j];
    vectors[p * n + j] = c * vp - s * vq;
    vectors[q * n + j] = s * vp + c * vq;
  }
  return true;
}
