/**
 * Mills' ratio of the standard normal, R(z) = Q(z) / phi(z), which is the scaled complementary error function:
 * R(z) = sqrt(pi / 2) erfcx(z / sqrt 2). Black's formula needs it and 1 - z R(z), each without loss of digits in any tail.
 *
 * One rational function serves both on [0, 6]: with R = P / Q, 1 - z R = (Q - z P) / Q, and all coefficients of Q - z P are
 * positive, so the difference that the formula shows is never taken. Beyond 6 both follow from z^2 (1 - z R), rational in 1 / z^2.
 * Coefficients fitted here: relative minimax by Lawson's iteration at 70 digits, errors 1e-17 of R and of 1 - z R.
 */

/** Where the rational function in z hands over to the one in 1 / z^2. */
export const MILLS_SPLIT = 6;

// Q on [0, 6], degree 9, shared by both numerators. Pairs of terms (Estrin), which a processor overlaps.
function denominator(z: number, z2: number, z4: number): number {
  return 1 + z * 2.129296793397822 + z2 * (2.081885244232958 + z * 1.2300085323439813)
    + z4 * (0.4854620194825468 + z * 0.13324632792489569 + z2 * (0.02555538861099922 + z * 0.003322927804705964)) + z4 * z4 * (0.00026804346937684775 + z * 1.0346382403119121e-5);
}

/** z^2 (1 - z R(z)) for z >= 6, as a function of w = 1 / z^2. */
function tailDefect(w: number): number {
  return (1 + w * (69.51102634659192 + w * (1687.3313165493596 + w * (17433.886455495205 + w * (73879.77285103 + w * (98031.83602989458 + w * 8061.686285081957)))))) / (1 + w * (72.51102634659192 + w * (1889.8643955891393 + w * (22120.814247059803 + w * (118562.90742689915 + w * (262216.18554302433 + w * 171647.54526015895))))));
}

/**
 * Mills' ratio R(z) = Q(z) / phi(z), to 2 ulp.
 *
 * @param z - at least 0
 */
export function millsRatio(z: number): number {
  if (z >= MILLS_SPLIT) {
    const w = 1 / (z * z);
    return (1 - w * tailDefect(w)) / z;
  }
  const z2 = z * z;
  const z4 = z2 * z2;
  return (1.2533141373155003 + z * 1.66867777370605 + z2 * (1.1066164841257122 + z * 0.4607073918909881)
    + z4 * (0.12995465360942057 + z * 0.02528733528687086 + z2 * (0.003312581713882281 + z * 0.0002680434652108254)) + z4 * z4 * 1.0346382403119121e-5) / denominator(z, z2, z4);
}

/**
 * 1 - z R(z), the slope of the Mills ratio with its sign changed, to 2 ulp: about 1 / z^2 for large z.
 *
 * @param z - at least 0
 */
export function millsDefect(z: number): number {
  if (z >= MILLS_SPLIT) {
    const w = 1 / (z * z);
    return w * tailDefect(w);
  }
  const z2 = z * z;
  const z4 = z2 * z2;
  return (1 + z * 0.875982656082322 + z2 * (0.4132074705269079 + z * 0.12339204821826916)
    + z4 * (0.02475462759155872 + z * 0.0032916743154751196 + z2 * (0.00026805332412835613 + z * 1.0346090823682695e-5)) + z4 * z4 * 4.1660223615060425e-12) / denominator(z, z2, z4);
}
