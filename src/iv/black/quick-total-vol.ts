/**
 * Implied total volatility where quotes are: |x| < 3, s < 1.8. A start good to 4e-5 and one step of fourth order, no exponential.
 *
 * Start: b'(s) = phi(x/s) e^(-s^2/8), so Black's price is Bachelier's with each slice of volatility weighted by e^(-s^2/8).
 * Bachelier's own inverse is a function of one variable; the ratio of the two volatilities is smooth in (1 / (1 + 0.34 z), s^2)
 * and is fitted here by a polynomial, relative error 4e-5 for s < 2 and |x| < 4, whatever the price.
 *
 * Step: with b = phi(z) e^(-t^2/2) s S, z = |x| / s, t = s / 2, the step for ln b needs S alone: nu = (ln b)' = 1 / (s S),
 * and ln(beta / b) = ln(beta sqrt(2 pi) / (s S)) + (z^2 + t^2) / 2. S is the odd Taylor series of Mills' ratio about z (normalized-black.ts).
 *
 * @see Jaeckel (2013), "Let's be rational", section 4, for Householder's third method on ln b
 */
import { farBachelierMoneyness, isNearTheMoney, nearBachelierVol } from './bachelier-moneyness.ts';
import { millsDefect } from './mills-ratio.ts';

const SQRT_2PI = 2.5066282746310002;

// 1 / ((2k + 2) (2k + 3)), of the recurrence in normalized-black.ts.
const RECIPROCAL: Float64Array = /* @__PURE__ */ Float64Array.from({ length: 24 }, (_, k) => 1 / ((2 * k + 2) * (2 * k + 3)));

// The error after a step is about the fourth power of the step.
const LAST_STEP = 1e-4;

/** Total volatility of Black over that of Bachelier at the same price, for Bachelier's own z and squared volatility w. Pairs of terms, for the processor to overlap. */
function blackOverBachelier(z: number, w: number): number {
  const r = 1 / (1 + 0.34 * z);
  const r2 = r * r;
  const r4 = r2 * r2;
  const c0 = (-0.00639489057 + r * 0.0773998635) + r2 * (-0.290941522 + r * 0.538786729) + r4 * -0.27735204;
  const c1 = (-0.0288109112 + r * 0.180270161) + r2 * (-0.425143625 + r * 0.444647484) + r4 * -0.166804593;
  const c2 = (0.0146038397 + r * -0.0809253455) + r2 * (0.166192251 + r * -0.149389262) + r4 * 0.0494868571;
  const c3 = (-0.00515541981 + r * 0.0296722025) + r2 * (-0.0634216385 + r * 0.0593275119) + r4 * -0.0202552095;
  return 1 + w * ((c0 + w * c1) + w * w * (c2 + w * c3));
}

/** S = (R(z - t) - R(z + t)) / (2 t) = d ln s / d ln b, for z t <= 1.5 and t <= 1. */
function conditioning(z: number, squareZT: number, squareT: number): number {
  const defect = millsDefect(z);
  const u1 = ((squareZT + 3 * squareT) * defect - squareT) * (1 / 6);
  const fourthT = squareT * squareT;
  const u2 = ((squareZT + 7 * squareT) * u1 - fourthT * defect) * (1 / 20);
  const u3 = ((squareZT + 11 * squareT) * u2 - fourthT * u1) * (1 / 42);
  const u4 = ((squareZT + 15 * squareT) * u3 - fourthT * u2) * (1 / 72);
  let sum = defect + (u1 + (u2 + (u3 + u4)));
  let previous = u3;
  let term = u4;
  for (let k = 4; term > sum * 2e-17 && k < 24; k++) {
    const next = ((squareZT + (4 * k + 3) * squareT) * term - fourthT * previous) * RECIPROCAL[k];
    previous = term;
    term = next;
    sum += next;
  }
  return sum;
}

/**
 * Total volatility s with b(-|x|, s) = beta, to 2 ulp times (1 + conditioning); 0 where this way does not apply, never a wrong number.
 *
 * @param absX - |ln(F/K)|
 * @param beta - normalized out-of-the-money price, above 0
 * @param cell - cell[0] becomes d ln s / d ln beta to four digits
 */
export function quickTotalVol(absX: number, beta: number, cell: Float64Array): number {
  if (!(absX < 3 && beta > 1e-290 && beta < 0.68)) return 0;
  let s: number;
  let z: number;
  if (isNearTheMoney(absX, beta)) {
    s = beta * nearBachelierVol(absX / beta);
    z = absX / s;
  } else {
    z = farBachelierMoneyness(Math.sqrt(Math.log(absX / beta)));
    s = absX / z;
  }
  const w = s * s;
  if (!(w < 3)) return 0; // Black's volatility is then above 1.8
  s *= blackOverBachelier(z, w);
  const squareZT = 0.25 * absX * absX;
  for (let step = 0; step < 3; step++) {
    z = absX / s;
    const squareZ = z * z;
    const squareT = 0.25 * s * s;
    const S = conditioning(z, squareZT, squareT);
    // f = ln beta - ln b; all derivatives times powers of s, over those of ln b.
    const f = Math.log((beta * SQRT_2PI) / (s * S)) + 0.5 * (squareZ + squareT);
    const lambda = squareZ - squareT;
    const bend = f * (S * lambda - 1);
    const twist = f * f * (S * S * (lambda * lambda - 3 * squareZ - squareT) - 3 * S * lambda + 2);
    const change = (f * S * (1 + 0.5 * bend)) / (1 + bend + twist * (1 / 6));
    s += s * change;
    if (change < LAST_STEP && change > -LAST_STEP) {
      cell[0] = S;
      return s;
    }
  }
  return 0;
}
