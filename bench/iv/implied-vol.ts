/** Implied volatilities: every hard row, defined failures, and a million quotes. */
import { impliedTotalVol, impliedVol, impliedVols } from 'quantwright/iv';
import { fixture, worstOf } from './fixtures.ts';
import { speedLines, tell } from './lines.ts';
import { preparePeer } from './peer.ts';
import { drawnQuotes, peerQuotes, QUOTES } from './quotes.ts';
import type { Workload } from './timing.ts';

function priceColumns(): Parameters<typeof impliedVols>[0] {
  const { options: { type, forward, strike, expiryYears }, price } = drawnQuotes();
  return { type, forward, strike, expiryYears, price };
}

export const impliedVolWorkloads: Readonly<Record<'impliedVols', Workload>> = {
  impliedVols: () => {
    const columns = priceColumns();
    return () => impliedVols(columns);
  },
};

const ROUNDINGS = 4;

interface HardRows {
  readonly normalized: { readonly rows: readonly [x: number, beta: number, s: number, conditioning: number, region: number][] };
  readonly user: { readonly rows: readonly [forward: number, strike: number, expiryYears: number, sign: number, price: number, vol: number, attainable: number][] };
  readonly errors: { readonly rows: readonly [forward: number, strike: number, expiryYears: number, sign: number, price: number, name: string][] };
}

const typeOf = (sign: number): 'call' | 'put' => (sign > 0 ? 'call' : 'put');

/** T2, T4. */
function hardRows(): void {
  const { normalized, user, errors } = fixture('implied_vol_hard.json') as HardRows;
  const inEpsilons = normalized.rows.map(([x, beta, s, conditioning]) => Math.abs(impliedTotalVol(x, beta) / s - 1) / (Number.EPSILON * (1 + conditioning)));
  const title = `implied_vol_hard: ${normalized.rows.length} normalized rows`;
  const share = (count: number, of: number): number => count / of;
  tell({ case: title, metric: 'share-within-4-eps', value: share(inEpsilons.filter((error) => error <= ROUNDINGS).length, inEpsilons.length), unit: '1', better: 'at-least' }, { floor: 0.97, aim: 1 });
  tell({ case: title, metric: 'max-error-in-eps', value: worstOf(inEpsilons), unit: 'eps (1 + cond)' }, { aim: ROUNDINGS });
  tell({ case: title, metric: 'finite-share', value: share(inEpsilons.filter(Number.isFinite).length, inEpsilons.length), unit: '1', better: 'at-least' }, { floor: 1 });
  const asQuoted = user.rows.map(([forward, strike, expiryYears, sign, price, vol, attainable]) =>
    Math.abs(impliedVol({ type: typeOf(sign), price, forward, strike, expiryYears }).annualizedVol / vol - 1) / (Number.EPSILON + attainable));
  tell({ case: `implied_vol_hard: ${user.rows.length} quotes in and out of the money`, metric: 'max-error-in-attainable', value: worstOf(asQuoted), unit: 'eps + attainable' });
  const defined = errors.rows.filter(([forward, strike, expiryYears, sign, price]) => {
    try {
      const { status, annualizedVol } = impliedVol({ type: typeOf(sign), price, forward, strike, expiryYears });
      return status !== 'ok' && !(annualizedVol > 0 && annualizedVol < Infinity);
    } catch {
      return false;
    }
  }).length;
  tell({ case: 'implied_vol_hard: 13 prices without a volatility', metric: 'rows-with-a-status', value: defined, unit: 'rows', better: 'at-least' }, { floor: 13 });
}

/** T2, T3, T4. */
export async function impliedVolCases(): Promise<void> {
  hardRows();
  const { options: { annualizedVol } } = drawnQuotes();
  const found = impliedVols(priceColumns());
  const peer = await preparePeer('impliedVols', peerQuotes());
  const title = 'impliedVols, 1e6 quotes drawn like the SPX chain';
  const worst = worstOf(found.annualizedVol.map((vol, i) => (found.status[i] === 0 ? Math.abs(vol / annualizedVol[i] - 1) : NaN)));
  tell({ case: title, metric: 'max-relative-error', value: worst, unit: '1', ...(peer && { peer: peer.name, peerValue: peer.found['worst'] as number }) }, { floor: 1e-13 });
  await speedLines({ title, workload: 'impliedVols', make: impliedVolWorkloads.impliedVols, count: QUOTES, unit: 'vols', peer, rate: { floor: 2.5e6, aim: 4e6 }, speedUp: { floor: 2.2, aim: 3.5 } });
}
