/** Correlation and curvature of an SSVI surface as parameters of which every value is free of butterfly arbitrage. */
import { leastTheta } from './essvi-conditions.ts';
import { uncheckedPhi, type SsviPhi, type SsviSurface } from './ssvi.ts';

export type SsviShape = Pick<SsviSurface, 'rho' | 'phi'>;

/**
 * The shape of parameters: rho, eta as a share of the largest allowed one, and gamma at most 1/2; for `heston-like` rho and the logarithm of
 * what lambda has above (1 + |rho|) / 4, the least of Gatheral and Jacquier (2014), section 4.1.
 *
 * @param mostTheta - the largest total variance at the money for which the density must be non-negative
 */
export function shapeOf(parameters: ArrayLike<number>, kind: SsviPhi['kind'], mostTheta: number): SsviShape {
  const rho = parameters[0];
  if (kind === 'heston-like') return { rho, phi: { kind, lambda: (1 + Math.abs(rho)) / 4 + Math.exp(parameters[1]) } };
  const gamma = parameters[2];
  return { rho, phi: { kind, eta: parameters[1] * largestEta({ kind, rho, gamma }, mostTheta), gamma } };
}

/** The share of the largest allowed eta that a shape has; 0 for `heston-like`, where nothing depends on theta. */
export function etaShare({ rho, phi }: SsviShape, mostTheta: number): number {
  return phi.kind === 'heston-like' ? 0 : phi.eta / largestEta({ kind: phi.kind, rho, gamma: phi.gamma }, mostTheta);
}

/**
 * The largest eta without butterfly arbitrage at any theta up to `mostTheta`, for gamma <= 1/2.
 *
 * Least theta of slopes scaled by c <= 1 is at most c^2 times that of the slopes. So where psi^2 / theta grows with theta, the condition at
 * the largest theta implies the others: always for the power law, up to theta = 1 - 2 gamma for the bounded one. Beyond that psi^2 / theta
 * falls while the slopes still grow, both slowly, and places between are checked too.
 */
function largestEta({ kind, rho, gamma }: { readonly kind: 'power-law' | 'bounded-power-law'; readonly rho: number; readonly gamma: number }, mostTheta: number): number {
  const unit = { kind, eta: 1, gamma };
  let most = largestAt(unit, rho, mostTheta);
  const peak = kind === 'bounded-power-law' ? Math.max(1 - 2 * gamma, 1e-9 * mostTheta) : mostTheta;
  if (peak < mostTheta) for (let i = 0; i < PLACES; i++) most = Math.min(most, largestAt(unit, rho, peak + ((mostTheta - peak) * i) / PLACES));
  return most;
}

const PLACES = 4;

/** The shape with eta lowered, where it must be, until no slice of the given levels has butterfly arbitrage. */
export function withoutButterfly(shape: SsviShape, theta: Float64Array): SsviShape {
  const { rho, phi } = shape;
  if (phi.kind === 'heston-like') return shape;
  let { eta } = phi;
  for (const level of theta) eta = Math.min(eta, largestAt({ ...phi, eta: 1 }, rho, level));
  return { rho, phi: { ...phi, eta } };
}

// Bisection between the bounds of Gatheral and Jacquier (sufficient) and of Lee (necessary).
function largestAt(unit: SsviPhi, rho: number, theta: number): number {
  uncheckedPhi(unit, theta, atTheta);
  const psi = theta * atTheta[0];
  const tilt = 1 + Math.abs(rho);
  let high = 4 / (psi * tilt);
  let low = Math.min(high, 2 * Math.sqrt(theta / tilt) / psi) * (1 - 1e-9);
  for (let i = 0; i < 45; i++) {
    const middle = (low + high) / 2;
    if (leastTheta((middle * psi * (1 - rho)) / 2, (middle * psi * (1 + rho)) / 2, null) <= theta) low = middle;
    else high = middle;
  }
  return low;
}

const atTheta = new Float64Array(2);
