/** Raw SVI: fits of four real smiles beside QuantLib and scipy, and errors against 50 digits. */
import {
  durrlemanG, evaluateSmiles, fitSvi, sviButterfly, sviCalendar, sviFromJumpWings, sviFromNatural, sviToJumpWings, sviToNatural,
} from 'quantwright/iv';
import type { SmileQuotes, SviSmile } from 'quantwright/iv';
import { reference, referenceSlices, sviOf } from '../../test/iv/slices/svi-reference.ts';
import { fixture, worstOf } from './fixtures.ts';
import { tell } from './lines.ts';
import { preparePeer } from './peer.ts';
import type { Peer } from './peer.ts';
import { coldSeconds, fastest } from './timing.ts';
import type { Times, Workload } from './timing.ts';

interface RealSmile {
  readonly forward: number;
  readonly expiry_years: number;
  readonly expected_atm_iv: number;
  readonly strike_vol: readonly (readonly [strike: number, vol: number])[];
}

interface FitRow {
  readonly smile: string;
  readonly moneyness: number | null;
  readonly uniform: { readonly scipy: number | null; readonly quantlib: number | null };
  readonly vega: { readonly scipy: number | null; readonly quantlib: number | null };
  readonly butterflyFree: number;
}

interface FitCase extends FitRow {
  readonly quotes: SmileQuotes;
  readonly strike: readonly number[];
  readonly atmVol: number;
}

function fitCases(): FitCase[] {
  const { smiles } = fixture('svi_real_smiles.json') as { smiles: Record<string, RealSmile> };
  const { rows } = fixture('svi_fit_reference.json') as { rows: readonly FitRow[] };
  return rows.map((row) => {
    const { forward, expiry_years, expected_atm_iv, strike_vol } = smiles[row.smile];
    const used = strike_vol.filter(([strike]) => row.moneyness === null || Math.abs(strike / forward - 1) <= row.moneyness);
    const midVol = Float64Array.from(used, ([, vol]) => vol);
    const none = new Float64Array(used.length).fill(NaN);
    const quotes = { expiryYears: expiry_years, forward, discount: 1, logMoneyness: Float64Array.from(used, ([strike]) => Math.log(strike / forward)), midVol, bidVol: none, askVol: none };
    return { ...row, quotes, strike: used.map(([strike]) => strike), atmVol: expected_atm_iv };
  });
}

export const sviWorkloads: Readonly<Record<'fitSvi', Workload>> = {
  fitSvi: () => {
    const [{ quotes }] = fitCases();
    return () => fitSvi(quotes, { weights: 'vega' });
  },
};

// Relative vega, the weights of the reference.
function vegas({ expiryYears, logMoneyness, midVol }: SmileQuotes): Float64Array {
  return midVol.map((vol, i) => {
    const s = vol * Math.sqrt(expiryYears);
    return Math.exp(-0.5 * (s / 2 - logMoneyness[i] / s) ** 2);
  });
}

interface PeerFit {
  readonly rmse: number;
  readonly times: Times;
  readonly coldSeconds: number;
  readonly name: string;
}

interface FitResult {
  readonly row: FitCase;
  readonly weights: 'uniform' | 'vega';
  readonly ours: Times;
  readonly rmse: number;
  readonly atmRatio: number;
  readonly quantlib: PeerFit | null;
  readonly scipy: PeerFit | null;
}

async function fitOne(row: FitCase, weights: 'uniform' | 'vega'): Promise<FitResult> {
  const { quotes, strike, atmVol } = row;
  const weight = weights === 'vega' ? vegas(quotes) : quotes.midVol.map(() => 1);
  const rmseOf = (vol: ArrayLike<number>): number => Math.sqrt(quotes.midVol.reduce((sum, mid, i) => sum + (weight[i] * (vol[i] - mid)) ** 2, 0) / weight.length);
  const { expiryYears, forward } = quotes;
  const vol = Array.from(quotes.midVol);
  const described = async (peer: Peer | null, times: Times | null): Promise<PeerFit | null> => {
    const found = peer?.found['vol'] as number[] | null | undefined;
    return peer === null || times === null || !found ? null : { rmse: rmseOf(found), times, coldSeconds: peer.coldSeconds, name: peer.name };
  };
  const fit = fitSvi(quotes, { weights });
  const quantlib = await preparePeer('svi', { expiryYears, forward, strike, vol, atmVol, weighted: weights === 'vega' });
  const { ours, theirs } = await fastest(() => fitSvi(quotes, { weights }), quantlib);
  const scipy = weights === 'vega' ? await preparePeer('sviScipy', { expiryYears, atmVol, vol, logMoneyness: Array.from(quotes.logMoneyness), weight: Array.from(weight) }) : null;
  const scipyTimes = await scipy?.time();
  return {
    row, weights, ours, rmse: fit.rmseWeighted ?? NaN,
    atmRatio: fit.smile === null ? NaN : Math.sqrt(totalVariances(fit.smile, [0])[0] / expiryYears) / atmVol,
    quantlib: await described(quantlib, theirs), scipy: await described(scipy, scipyTimes ?? null),
  };
}

function totalVariances(smile: SviSmile, logMoneyness: readonly number[]): Float64Array {
  return columnsOf(smile, logMoneyness).totalVariance;
}

function columnsOf(smile: SviSmile, logMoneyness: readonly number[]): { readonly totalVariance: Float64Array; readonly slope: Float64Array; readonly curvature: Float64Array } {
  const column = (): Float64Array => new Float64Array(logMoneyness.length);
  const columns = { totalVariance: column(), slope: column(), curvature: column() };
  evaluateSmiles(smile, logMoneyness, columns);
  return columns;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[sorted.length >> 1];
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value) => value !== null);

/** T9. */
async function fits(): Promise<void> {
  const cases = fitCases();
  for (const weights of ['vega', 'uniform'] as const) {
    const title = `fitSvi, ${cases.length} real smiles, ${weights} weights`;
    const results: FitResult[] = [];
    for (const row of cases) results.push(await fitOne(row, weights));
    // The best of what the peers find now and of the reference: twelve starts of scipy, QuantLib.
    const ratios = results.map(({ row, rmse, quantlib, scipy }) => rmse / Math.min(...present([row[weights].scipy, row[weights].quantlib, quantlib?.rmse ?? null, scipy?.rmse ?? null])));
    tell({ case: title, metric: 'fits-within-2-percent-of-best', value: ratios.filter((ratio) => ratio <= 1.02).length, unit: 'fits', better: 'at-least' }, { floor: cases.length });
    tell({ case: title, metric: 'max-rmse-over-best', value: worstOf(ratios), unit: 'of the better of QuantLib and scipy' }, { floor: 1.02 });
    const atm = worstOf(results.map(({ atmRatio }) => Math.abs(atmRatio - 1)));
    tell({ case: title, metric: 'max-atm-error', value: atm, unit: '1' }, weights === 'vega' ? { floor: 0.02 } : {});
    for (const [metric, of] of [['seconds-median', median], ['seconds-max', worstOf]] as const) {
      for (const name of ['quantlib', 'scipy'] as const) {
        const found = present(results.map((result) => result[name]));
        if (found.length === 0 && (name === 'scipy' || weights === 'uniform')) continue;
        const peer = found.length === 0 ? {} : { peer: `${found[0].name}${found.length < cases.length ? `, ${found.length} of ${cases.length} fits` : ''}`, peerValue: of(found.map(({ times }) => times.seconds)) };
        tell({ case: title, metric, value: of(results.map(({ ours }) => ours.seconds)), unit: 's', ...peer }, name === 'quantlib' && weights === 'vega' ? { floor: 0.002, aim: 0.0005 } : {});
      }
    }
    tell({ case: title, metric: 'cpu-seconds-max', value: worstOf(results.map(({ ours }) => ours.cpuSeconds)), unit: 's' });
  }
  const [{ quotes }] = cases;
  tell({ case: `fitSvi, first of the smiles, ${quotes.midVol.length} quotes`, metric: 'cold-seconds', value: await coldSeconds('fitSvi'), unit: 's' });
  await freeFits(cases);
}

/** Fits without butterfly arbitrage, and what they cost. */
async function freeFits(cases: readonly FitCase[]): Promise<void> {
  const title = `fitSvi, ${cases.length} real smiles, uniform weights, free of butterflies`;
  const seconds: number[] = [];
  const found = cases.map(({ quotes }) => fitSvi(quotes, { weights: 'uniform', arbitrage: 'free' }));
  for (const { quotes } of cases) seconds.push((await fastest(() => fitSvi(quotes, { weights: 'uniform', arbitrage: 'free' }))).ours.seconds);
  tell({ case: title, metric: 'butterfly-free', value: found.filter(({ smile }) => smile !== null && sviButterfly(smile).isButterflyFree).length, unit: 'fits', better: 'at-least' }, { floor: cases.length });
  tell({ case: title, metric: 'max-rmse-over-scipy', value: worstOf(found.map(({ rmseVol }, i) => (rmseVol ?? NaN) / cases[i].butterflyFree)), unit: 'of SLSQP with g >= 0 on a grid, from the fixture' });
  tell({ case: title, metric: 'seconds-median', value: median(seconds), unit: 's' });
  tell({ case: title, metric: 'seconds-max', value: worstOf(seconds), unit: 's' });
}

const relative = (value: number, exact: number): number => (value === exact ? 0 : Math.abs(value - exact) / Math.abs(exact));

/** T10. */
function references(): void {
  const errors = referenceSlices.flatMap(({ smile, rows }) => {
    const { totalVariance, slope, curvature } = columnsOf(smile, rows.map(({ k }) => k));
    return rows.flatMap(({ k, w, slope: w1, bend: w2, g }, i) => [
      relative(totalVariance[i], w), relative(slope[i], w1), relative(curvature[i], w2), g === null ? 0 : relative(durrlemanG(k, Float64Array.of(totalVariance[i], slope[i], curvature[i])), g),
    ]);
  });
  tell({ case: 'svi_reference: w, dw/dk, d2w/dk2 and g of 10 slices', metric: 'max-relative-error', value: worstOf(errors), unit: '1' }, { floor: 1e-12 });

  const roots = referenceSlices.flatMap(({ smile, gRoots, gMin }) => {
    const found = sviButterfly(smile).gRoots.filter((k) => Math.abs(k) <= 3);
    return gMin === null ? [] : found.length === gRoots.length ? gRoots.map((k, i) => Math.abs(found[i] - k)) : [Infinity];
  });
  tell({ case: 'svi_reference: roots of g', metric: 'max-error', value: worstOf(roots), unit: 'log-moneyness' }, { floor: 1e-10 });
  const vogt = referenceSlices[0];
  tell({ case: 'svi_reference: minimum of g of the slice of Vogt', metric: 'error', value: Math.abs((sviButterfly(vogt.smile).minimumG ?? NaN) - (vogt.gMin ?? NaN)), unit: '1' }, { floor: 1e-10 });

  const forms = reference.conversions.flatMap((row) => {
    const smile = sviOf(row.raw_a_b_rho_m_sigma);
    const { delta, mu, rho, omega, zeta } = sviToNatural(smile);
    const wings = sviToJumpWings(smile, row.T);
    const raw = sviFromNatural({ delta, mu, rho, omega, zeta });
    const ours = [delta, mu, rho, omega, zeta, wings.atmVariance, wings.atmSkew, wings.putWing, wings.callWing, wings.minimumVariance, raw.a, raw.b, raw.rho, raw.m, raw.sigma];
    return [...row.natural_Delta_mu_rho_omega_zeta, ...row.jw, ...row.raw_a_b_rho_m_sigma].map((exact, i) => relative(ours[i], exact));
  });
  tell({ case: 'svi_reference: natural and jump-wing forms of 12 slices', metric: 'max-relative-error', value: worstOf(forms), unit: '1' }, { floor: 1e-12 });
  // Volatilities of the way back: parameters themselves lose what v and v~ share.
  const back = reference.conversions.flatMap(({ T, raw_a_b_rho_m_sigma }) => {
    const smile = sviOf(raw_a_b_rho_m_sigma);
    const places = [-1, -0.3, 0, 0.3, 1];
    const again = totalVariances(sviFromJumpWings(sviToJumpWings(smile, T)), places);
    return Array.from(totalVariances(smile, places), (w, i) => relative(again[i], w));
  });
  tell({ case: 'svi_reference: total variance after jump-wings and back', metric: 'max-relative-error', value: worstOf(back), unit: '1' });

  const crossings = reference.calendar.flatMap((row) => {
    const found = sviCalendar(sviOf(row.near), sviOf(row.far)).crossings.filter((k) => Math.abs(k) <= 10);
    const exact = row['crossings_in_-10_10'];
    return found.length === exact.length ? exact.map((k, i) => Math.abs(found[i] - k)) : [Infinity];
  });
  tell({ case: 'svi_reference: crossings of 4 pairs of slices', metric: 'max-error', value: worstOf(crossings), unit: 'log-moneyness' }, { floor: 1e-9 });
}

/** T9, T10. */
export async function sviCases(): Promise<void> {
  references();
  await fits();
}
