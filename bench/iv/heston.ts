/** Heston prices: errors against 45 digits, and surfaces a second beside QuantLib. */
import { createHestonGrid, hestonPrice, hestonSurface } from 'quantwright/iv';
import type { HestonParameters } from 'quantwright/iv';
import { priceRows } from '../../test/iv/heston/reference.ts';
import { DAX_OPTIMUM, daxMarket, daxPeer } from './dax.ts';
import { worstOf } from './fixtures.ts';
import { speedLines, tell } from './lines.ts';
import { preparePeer } from './peer.ts';
import type { Workload } from './timing.ts';

const vectorOf = ({ initialVariance, meanReversion, longRunVariance, volOfVariance, correlation }: HestonParameters): Float64Array => Float64Array.of(initialVariance, meanReversion, longRunVariance, volOfVariance, correlation);

export const hestonWorkloads: Readonly<Record<'hestonSurface' | 'hestonGrid' | 'hestonPrices', Workload>> = {
  hestonSurface: () => {
    const { points } = daxMarket();
    return () => hestonSurface(DAX_OPTIMUM, points);
  },
  hestonGrid: () => {
    const { points: { expiryYears, logMoneyness } } = daxMarket();
    const grid = createHestonGrid({ expiryYears, logMoneyness });
    const parameters = vectorOf(DAX_OPTIMUM);
    const prices = new Float64Array(grid.size);
    return () => grid.evaluate(parameters, prices, null);
  },
  hestonPrices: () => () => priceRows.map(({ parameters, option }) => hestonPrice(parameters, { ...option, type: 'call' })),
};

const HARD = new Set(['ql_highcorr', 'ql_highvolofvol', 'rho_minus1', 'near_black']);

/** T5. */
async function accuracy(): Promise<void> {
  const peer = await preparePeer('hestonPrices', {
    rows: priceRows.map(({ parameters: p, option: { spot, rate = 0, dividendYield = 0, expiryYears, strike } }) =>
      [spot, rate, dividendYield, p.initialVariance, p.meanReversion, p.longRunVariance, p.volOfVariance, p.correlation, expiryYears, strike]),
  });
  const theirs = peer?.found['call'] as (number | null)[] | undefined;
  const errors = priceRows.map(({ set, parameters, option, call, put }, i) => ({
    isHard: HARD.has(set),
    ours: Math.max(Math.abs(hestonPrice(parameters, { ...option, type: 'call' }).price - call), Math.abs(hestonPrice(parameters, { ...option, type: 'put' }).price - put)) / option.spot,
    theirs: theirs && theirs[i] !== null ? Math.abs((theirs[i] ?? NaN) - call) / option.spot : 0,
  }));
  for (const isHard of [false, true]) {
    const rows = errors.filter((row) => row.isHard === isHard);
    tell({
      case: `heston_prices: hestonPrice, ${rows.length} rows of the ${isHard ? '4 hard' : '17 normal'} sets`,
      metric: 'max-error-over-spot', value: worstOf(rows.map((row) => row.ours)), unit: '1', ...(peer && { peer: peer.name, peerValue: worstOf(rows.map((row) => row.theirs)) }),
    }, isHard ? { floor: 1e-6, aim: 1e-9 } : { floor: 1e-9, aim: 1e-12 });
  }
}

// Errors of the two ways to price the surface, over its forwards, against options integrated one by one to 1e-15.
function surfaceErrors(): { readonly surface: number; readonly grid: number } {
  const { points, expiries } = daxMarket();
  const { callPrice } = hestonSurface(DAX_OPTIMUM, points);
  const engine = createHestonGrid({ expiryYears: points.expiryYears, logMoneyness: points.logMoneyness });
  const outside = new Float64Array(engine.size);
  engine.evaluate(vectorOf(DAX_OPTIMUM), outside, null);
  let [surface, grid, cell] = [0, 0, 0];
  for (const { forward, discount, expiryYears, logMoneyness } of expiries) {
    for (const k of logMoneyness) {
      const exact = hestonPrice(DAX_OPTIMUM, { type: 'call', forward, strike: forward * Math.exp(k), expiryYears, discount }, { tolerance: 1e-15 });
      surface = Math.max(surface, Math.abs(callPrice[cell] - exact.price) / forward);
      grid = Math.max(grid, Math.abs(outside[cell++] * discount * forward * Math.exp(0.5 * k) - exact.outOfTheMoneyPrice) / forward);
    }
  }
  return { surface, grid };
}

/** T5, T6. */
export async function hestonCases(): Promise<void> {
  await accuracy();
  const errors = surfaceErrors();
  const peer = await preparePeer('hestonSurface', daxPeer(DAX_OPTIMUM));
  const ways = [
    { title: 'hestonSurface: calls, puts, vols and errors of 104 DAX options', workload: 'hestonSurface', error: errors.surface },
    { title: 'createHestonGrid: evaluate prices of 104 DAX options', workload: 'hestonGrid', error: errors.grid },
  ] as const;
  for (const { title, workload, error } of ways) {
    tell({ case: title, metric: 'max-error-over-forward', value: error, unit: '1' }, { floor: 1e-8 });
    await speedLines({ title, workload, make: hestonWorkloads[workload], count: 1, unit: 'surfaces', peer, rate: { floor: 5000, aim: 12_000 }, speedUp: { floor: 10, aim: 20 } });
  }
  const title = 'hestonPrice: 299 options one by one, hard sets included';
  await speedLines({ title, workload: 'hestonPrices', make: hestonWorkloads.hestonPrices, count: priceRows.length, unit: 'prices' });
}
