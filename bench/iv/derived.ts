/** What follows from a smile, against 50 digits: at-the-money shape, delta quotes, variance swaps, local volatility. */
import { atmShape, deltaQuotes, ivSurface, localVol, ssviPoint, ssviSurface, ssviToSvi, strikeFromDelta, varianceSwap } from 'quantwright/iv';
import type { SsviPhi, SsviSurface, SurfaceSlice } from 'quantwright/iv';
import { derivedSlices, ssviReference } from '../../test/iv/derived/reference.ts';
import type { SsviReference } from '../../test/iv/derived/reference.ts';
import { raw, slice } from '../../test/iv/surface/reference.ts';
import { worstOf } from './fixtures.ts';
import { tell } from './lines.ts';

const QUADRATURE = { floor: 1e-8 };
const FORMULA = { floor: 1e-10 };

function smiles(): void {
  const known = derivedSlices.flatMap(({ T, raw_a_b_rho_m_sigma, varSwapFairVariance, forwardDelta, atm }) => {
    if (varSwapFairVariance === undefined || forwardDelta === undefined || atm === undefined) return [];
    return [{ at: slice(raw(raw_a_b_rho_m_sigma), T), varSwapFairVariance, forwardDelta, atm }];
  });
  const rows = `svi_reference: ${known.length} slices`;
  const swaps = known.map(({ at, varSwapFairVariance }) => Math.abs(varianceSwap(at).fairVariance / varSwapFairVariance - 1));
  tell({ case: `${rows}, varianceSwap`, metric: 'max-relative-error', value: worstOf(swaps), unit: '1' }, QUADRATURE);
  const shapes = known.flatMap(({ at, atm }) => {
    const { annualizedVol, skew, curvature } = atmShape(at);
    return [annualizedVol - atm.vol, skew - atm.dvol_dk, curvature - atm.d2vol_dk2].map(Math.abs);
  });
  tell({ case: `${rows}, atmShape: level, skew, curvature`, metric: 'max-error', value: worstOf(shapes), unit: 'vol' }, FORMULA);
  const quotes = known.flatMap(({ at, forwardDelta }) => {
    const { quotes: found, atmVol } = deltaQuotes(at, { deltas: [0.1, 0.25] });
    return [forwardDelta['10'], forwardDelta['25']].flatMap((exact, i) => {
      const { callVol, putVol, riskReversal, butterfly } = found[i];
      const [call, put] = (['call', 'put'] as const).map((type) => strikeFromDelta(at, { delta: [0.1, 0.25][i], type }).logMoneyness);
      return [call - exact.kCall, put - exact.kPut, callVol - exact.volCall, putVol - exact.volPut, riskReversal - exact.RR, butterfly - exact.BF_vs_DNS, atmVol - exact.volDNS].map(Math.abs);
    });
  });
  tell({ case: `${rows}, 10 and 25 delta: strikes, volatilities, risk reversals, butterflies`, metric: 'max-error', value: worstOf(quotes), unit: 'vol or log-moneyness' }, FORMULA);
}

// theta = 0.04 T + 0.01 (1 - e^(-2 T)), exact at the given times.
function surfaceOf({ phi, params: { eta, gamma, lambda, rho } }: SsviReference, expiryYears: readonly number[]): SsviSurface {
  const form: SsviPhi = phi === 'hestonlike' ? { kind: 'heston-like', lambda } : { kind: phi === 'powerlaw' ? 'power-law' : 'bounded-power-law', eta, gamma };
  const years = Float64Array.from(expiryYears);
  return ssviSurface({ rho, phi: form, theta: { expiryYears: years, theta: years.map((T) => 0.04 * T - 0.01 * Math.expm1(-2 * T)), slope: years.map((T) => 0.04 + 0.02 * Math.exp(-2 * T)) } });
}

const STEP = 1e-5; // of the time, to slices on both sides: a straight line between them is off by 1e-9

function localVols(): void {
  const closed: number[] = [];
  const between: number[] = [];
  for (const ssvi of ssviReference) {
    const surface = surfaceOf(ssvi, [...new Set(ssvi.rows.map(([T]) => T))].sort((a, b) => a - b));
    for (const [T, k, , , , , , , , vol] of ssvi.rows) {
      closed.push(Math.abs((ssviPoint(surface, { expiryYears: T, logMoneyness: k }).localVol ?? NaN) - vol));
      const times = [T * (1 - STEP), T * (1 + STEP)];
      const near = surfaceOf(ssvi, times);
      const slices = times.map((expiryYears): SurfaceSlice => ({ expiryYears, forward: 1, discount: 1, smile: ssviToSvi(near, expiryYears) }));
      between.push(Math.abs(localVol(ivSurface(slices), { expiryYears: T, logMoneyness: k }).localVol - vol));
    }
  }
  tell({ case: `svi_reference: ${closed.length} rows of SSVI, ssviPoint`, metric: 'max-local-vol-error', value: worstOf(closed), unit: 'vol' }, FORMULA);
  tell({ case: `svi_reference: ${between.length} rows of SSVI, localVol between two slices`, metric: 'max-local-vol-error', value: worstOf(between), unit: 'vol' }, QUADRATURE);
}

/** T12. */
export async function derivedCases(): Promise<void> {
  smiles();
  localVols();
}
