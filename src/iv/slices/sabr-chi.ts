/** z / chi(z) of SABR, with its derivatives, without a hole at the money. */

const SERIES_BELOW = 0.1;
const TERMS = 20; // 0.1^20 is below rounding, the Legendre polynomials are at most 1

/**
 * Fills `out` with f = z / chi(z), df/dz, d2f/dz2 and df/drho, where chi(z) = ln((sqrt(1 - 2 rho z + z^2) + z - rho) / (1 - rho)).
 *
 * chi' = (1 - 2 rho z + z^2)^(-1/2) generates the Legendre polynomials, so chi(z) / z = sum P_n(rho) z^n / (n + 1), which is used near z = 0, where the
 * closed form is 0 / 0. Unchecked, for inner loops: |rho| < 1.
 *
 * @see Hagan, Kumar, Lesniewski and Woodward (2002), "Managing smile risk", eq. (2.17)
 */
export function sabrZOverChi(z: number, rho: number, out: Float64Array): void {
  let c = 1; // chi / z
  let c1 = 0;
  let c2 = 0;
  let cRho = 0;
  if (Math.abs(z) < SERIES_BELOW) {
    let previous = 1;
    let current = rho;
    let previousSlope = 0;
    let slope = 1;
    let power = 1; // z^(n-1)
    let before = 0; // z^(n-2)
    for (let n = 1; n <= TERMS; n++) {
      c += (current * power * z) / (n + 1);
      c1 += (n * current * power) / (n + 1);
      c2 += (n * (n - 1) * current * before) / (n + 1);
      cRho += (slope * power * z) / (n + 1);
      before = power;
      power *= z;
      // (n + 1) P_(n+1) = (2 n + 1) rho P_n - n P_(n-1), and P'_(n+1) = P'_(n-1) + (2 n + 1) P_n
      const next = ((2 * n + 1) * rho * current - n * previous) / (n + 1);
      const nextSlope = previousSlope + (2 * n + 1) * current;
      previous = current;
      current = next;
      previousSlope = slope;
      slope = nextSlope;
    }
  } else {
    const root = Math.sqrt(1 - 2 * rho * z + z * z);
    const shifted = z - rho;
    // root^2 - shifted^2 = 1 - rho^2 keeps the digits where shifted < 0.
    const sum = shifted >= 0 ? root + shifted : ((1 - rho) * (1 + rho)) / (root - shifted);
    const chi = Math.log(sum / (1 - rho));
    const slope = 1 / root;
    c = chi / z;
    c1 = (slope - c) / z;
    c2 = (-shifted * slope * slope * slope - 2 * c1) / z;
    cRho = (1 / (1 - rho) - (z * slope + 1) / sum) / z;
  }
  const f = 1 / c;
  out[0] = f;
  out[1] = -c1 * f * f;
  out[2] = (2 * c1 * c1 * f - c2) * f * f;
  out[3] = -cRho * f * f;
}
