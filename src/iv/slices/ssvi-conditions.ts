/** When an SSVI surface is free of arbitrage, each condition with its margin. */
import { requireNumber } from '../../core/assert.ts';
import { essviButterflyMargins, type EssviButterflyMargins } from './essvi-conditions.ts';
import { requirePhi, uncheckedPhi, type SsviSurface } from './ssvi.ts';

/** Margins of the calendar conditions at one theta: each must be >= 0. */
export interface SsviCalendarMargins {
  /** d(theta phi) / d theta: wings must not flatten as theta grows. */
  readonly increasing: number;
  /** phi (1 + sqrt(1 - rho^2)) - rho^2 d(theta phi) / d theta: they must not steepen faster than the level rises. */
  readonly bounded: number;
  readonly isArbitrageFree: boolean;
}

/**
 * Margins of the butterfly conditions of an SSVI surface at one total variance at the money: those of its slice.
 *
 * `gatheralJacquier` is Theorem 4.2's second condition times theta; its first is the two wings' (theta phi (1 + |rho|) < 4).
 *
 * @throws DomainError for parameters or a theta out of range
 * @see Gatheral and Jacquier (2014), Theorem 4.2
 */
export function ssviButterflyMargins(surface: Pick<SsviSurface, 'rho' | 'phi'>, theta: number): EssviButterflyMargins {
  const phi = phiAt('ssviButterflyMargins', surface, theta);
  return essviButterflyMargins({ theta, rho: surface.rho, psi: theta * phi[0] });
}

/**
 * Margins of the conditions under which total variance nowhere falls as theta grows; with theta(T) never falling, necessary and sufficient.
 *
 * @throws DomainError for parameters or a theta out of range
 * @see Gatheral and Jacquier (2014), Theorem 4.1
 */
export function ssviCalendarMargins(surface: Pick<SsviSurface, 'rho' | 'phi'>, theta: number): SsviCalendarMargins {
  const rho = requireNumber('ssviCalendarMargins', 'rho', surface.rho, { min: -1, max: 1, open: true });
  const [phi, logSlope] = phiAt('ssviCalendarMargins', surface, theta);
  const increasing = phi * (1 + theta * logSlope);
  const bounded = phi * (1 + Math.sqrt((1 - rho) * (1 + rho))) - rho * rho * increasing;
  return Object.freeze({ increasing, bounded, isArbitrageFree: increasing >= 0 && bounded >= 0 });
}

function phiAt(fn: string, surface: Pick<SsviSurface, 'phi'>, theta: number): Float64Array {
  const out = new Float64Array(2);
  uncheckedPhi(requirePhi(fn, surface.phi), requireNumber(fn, 'theta', theta, { min: 0, open: true }), out);
  return out;
}
