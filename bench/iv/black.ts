/** Black and Black-Scholes prices and greeks: errors against 60 digits, and how many a second. */
import { blackGreekColumns, blackPrices, blackScholesGreeks } from 'quantwright/iv';
import type { BlackScholesGreekName } from 'quantwright/iv';
import { fixture, worstOf } from './fixtures.ts';
import { speedLines, tell } from './lines.ts';
import { preparePeer } from './peer.ts';
import { drawnQuotes, peerQuotes, QUOTES } from './quotes.ts';
import type { Workload } from './timing.ts';

export const blackWorkloads: Readonly<Record<'blackPrices' | 'blackGreeks', Workload>> = {
  blackPrices: () => {
    const columns = drawnQuotes().options;
    return () => blackPrices(columns);
  },
  blackGreeks: () => {
    const columns = drawnQuotes().options;
    return () => blackGreekColumns(columns, { greeks: ['price', 'forwardDelta', 'forwardGamma', 'vega'] });
  },
};

type Row = Readonly<Record<string, number>>;

const NAMES: readonly BlackScholesGreekName[] = [
  'price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'epsilon', 'vanna', 'volga', 'charm', 'veta', 'speed', 'zomma', 'color', 'ultima', 'dualDelta', 'dualGamma',
];
/** In the order of peer.py. */
const PEER_NAMES: readonly BlackScholesGreekName[] = ['price', 'delta', 'gamma', 'vega', 'theta', 'rho', 'epsilon'];
const TINY = 1e-290; // below it doubles lose digits

// The largest term of the greeks that are sums and so have zeros, d1 and d2 counted as |ln(F/K)| / s + s / 2, of which they are made.
function largestTerm(name: string, { S, K, T, r, q, sigma, ...ref }: Row): number {
  const s = sigma * Math.sqrt(T);
  const x = Math.abs(Math.log(S / K) + (r - q) * T);
  const d = x / s + s / 2;
  const slope = (Math.abs(2 * (r - q) * T) + x + (s * s) / 2) / (2 * s * T);
  switch (name) {
    case 'vanna': return (ref.gamma * S * s * d) / sigma;
    case 'volga': return (ref.vega * d * d) / sigma;
    case 'ultima': return (ref.vega * (d * d * (1 + d * d) + 2 * d * d)) / (sigma * sigma);
    case 'charm': return ref.gamma * S * s * slope + Math.abs(q * ref.delta);
    case 'color': return ref.gamma * (Math.abs(q) + 0.5 / T + d * slope);
    case 'theta': return (ref.vega * sigma) / (2 * T) + Math.abs(q * S * ref.delta) + Math.abs(r * K * ref.dualDelta);
    default: return 0;
  }
}

function scaledError(name: string, row: Row, value: number): number {
  const error = Math.abs(value - row[name]);
  return error <= TINY ? 0 : error / Math.max(TINY, Math.abs(row[name]), largestTerm(name, row));
}

// Over what the greek is of an option at the money, where it is small itself: tails that are lost, as QuantLib's are, count as no error.
function errorOverScale(name: string, row: Row, value: number): number {
  const { S, K, T, sigma } = row;
  const unit: Readonly<Record<string, number>> = { price: S + K, delta: 1, gamma: 1 / (S * sigma * Math.sqrt(T)), vega: S * Math.sqrt(T), theta: (S * sigma) / Math.sqrt(T) + S + K, rho: (S + K) * T, epsilon: (S + K) * T };
  return Math.abs(value - row[name]) / Math.max(unit[name], Math.abs(row[name]));
}

async function accuracy(): Promise<void> {
  const { columns, rows } = fixture('bs_greeks.json') as { columns: string[]; rows: number[][] };
  const reference: Row[] = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  const ours = reference.map(({ S, K, T, r, q, sigma, cp }) => blackScholesGreeks({ type: cp > 0 ? 'call' : 'put', spot: S, strike: K, expiryYears: T, annualizedVol: sigma, rate: r, dividendYield: q }));
  tell({ case: 'bs_greeks: price and 16 greeks, 1,695 rows', metric: 'max-scaled-error', value: worstOf(NAMES.flatMap((name) => reference.map((row, i) => scaledError(name, row, ours[i][name])))), unit: '1' }, { floor: 1e-12, aim: 1e-14 });
  const outside = reference.flatMap((row, i) => {
    const isOutside = row.cp * (row.S * Math.exp((row.r - row.q) * row.T) - row.K) < 0 && row.price >= 1e-300;
    return isOutside ? [Math.abs(ours[i].price / row.price - 1)] : [];
  });
  tell({ case: `bs_greeks: price out of the money down to 1e-300, ${outside.length} rows`, metric: 'max-relative-error', value: worstOf(outside), unit: '1' }, { aim: 1e-13 });
  const peer = await preparePeer('blackScholes', { rows: reference.map(({ S, K, T, r, q, sigma, cp }) => [S, K, T, r, q, sigma, cp]) });
  const theirs = peer?.found['rows'] as number[][] | undefined;
  const value = worstOf(PEER_NAMES.flatMap((name) => reference.map((row, i) => errorOverScale(name, row, ours[i][name]))));
  const peerValue = theirs && worstOf(PEER_NAMES.flatMap((name, j) => reference.map((row, i) => errorOverScale(name, row, theirs[i][j]))));
  tell({ case: 'bs_greeks: price, delta, gamma, vega, theta, rho, epsilon', metric: 'max-error-over-scale', value, unit: '1', ...(peer && { peer: peer.name, peerValue }) });
}

/** T1. */
export async function blackCases(): Promise<void> {
  await accuracy();
  const count = QUOTES;
  await speedLines({ title: 'blackPrices, 1e6 quotes', workload: 'blackPrices', make: blackWorkloads.blackPrices, count, unit: 'prices', peer: await preparePeer('prices', peerQuotes()) });
  await speedLines({ title: 'blackGreekColumns: price, delta, gamma, vega, 1e6 quotes', workload: 'blackGreeks', make: blackWorkloads.blackGreeks, count, unit: 'options', peer: await preparePeer('greeks', peerQuotes()) });
}
