/** What groups and exposures do not explain. */

// A residual this small against what it is left of is rounding, not signal.
const NEGLIGIBLE = 1e-10;

/**
 * Residuals of the values on group means (one group when absent) and, linearly, on the exposures; all finite, one cross-section.
 *
 * Frisch-Waugh-Lovell: values and exposures lose their group means, then the values lose their projections on the exposures, made
 * orthogonal to each other by two passes of modified Gram-Schmidt. Residuals that are rounding only come back as exact zeros.
 *
 * @returns shape (n)
 */
export function neutralize(values: Float64Array, groups: Float64Array | undefined, exposures: readonly Float64Array[]): Float64Array {
  const residual = withoutGroupMeans(values, groups);
  const basis: Float64Array[] = [];
  for (const exposure of exposures) {
    const direction = withoutGroupMeans(exposure, groups);
    if (removeProjections(direction, basis, norm(exposure))) basis.push(direction);
  }
  const scale = norm(values);
  if (!removeProjections(residual, basis, scale)) residual.fill(0);
  return residual;
}

function withoutGroupMeans(x: Float64Array, groups: Float64Array | undefined): Float64Array {
  const sums = new Map<number, { sum: number; n: number }>();
  for (let i = 0; i < x.length; i++) {
    const group = groups === undefined ? 0 : groups[i];
    const total = sums.get(group);
    if (total === undefined) sums.set(group, { sum: x[i], n: 1 });
    else {
      total.sum += x[i];
      total.n++;
    }
  }
  return x.map((v, i) => {
    const { sum, n } = sums.get(groups === undefined ? 0 : groups[i]) as { sum: number; n: number };
    return v - sum / n;
  });
}

// Takes the directions out of x, in place; false when what is left is negligible against `scale`.
function removeProjections(x: Float64Array, basis: readonly Float64Array[], scale: number): boolean {
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      const along = dot(x, direction) / dot(direction, direction);
      for (let i = 0; i < x.length; i++) x[i] -= along * direction[i];
    }
  }
  return norm(x) > NEGLIGIBLE * scale;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x));
}
