/** Draws the figures of the guide on surfaces: npx tsx -C quantwright-source examples/figures/volatility-surface.ts */
import { writeFileSync } from 'node:fs';
import { chainForwards, curveDiscount, DROP_REASONS, filterQuotes, impliedVols, smileTotalVariance, surfaceSmile } from 'quantwright/iv';
import type { SmileQuotes } from 'quantwright/iv';
import { MODELS, spxSmiles } from '../spx-models.ts';
import { spxChain } from '../spx-quotes.ts';
import { percent, shownRange, ticksBetween } from './smile-chart.ts';
import { bars, COLORS, dots, legend, line, panel, svgDocument } from './svg-chart.ts';

const save = (name: string, svg: string): void => writeFileSync(new URL(`../../docs/guide/figures/${name}.svg`, import.meta.url), svg);
const decimal = (value: number): string => String(Math.round(1000 * value) / 1000);

const chain = spxChain();
const fresh = filterQuotes(chain, { tradedSince: '2026-01-30' });
const forwards = chainForwards(chain, fresh);
const { smiles } = spxSmiles();
const svi = MODELS['SVI surface, vega weights'](smiles);
const splines = MODELS['price splines'](smiles);
const place = chain.slices.findIndex(({ group, expiryTime }) => group === 'SPX' && new Date(expiryTime).toISOString().startsWith('2026-03-20'));
const march = smiles.find(({ expiryTime, group }) => group === 'SPX' && expiryTime === chain.slices[place].expiryTime)!;

// Every mid of one expiry, in the money too, at the forward of the fresh ones, against those that traded in the session.
function quotes(): string {
  const { forward, discount } = forwards.slices[place];
  const slice = chain.slices[place];
  const priced = Array.from(chain.order.subarray(slice.start, slice.end)).filter((row) => ['kept', 'stale'].includes(DROP_REASONS[fresh.reason[row]]));
  const { annualizedVol } = impliedVols({
    type: priced.map((row) => (chain.side[row] === 1 ? 'call' : 'put')), strike: priced.map((row) => chain.strike[row]), price: priced.map((row) => (chain.bid[row] + chain.ask[row]) / 2),
    forward, discount, expiryYears: slice.expiryYears,
  });
  const x = [-0.85, 0.2] as const;
  const mids = priced.map((row, i) => ({ k: Math.log(chain.strike[row] / forward), vol: annualizedVol[i], stale: DROP_REASONS[fresh.reason[row]] === 'stale' }));
  const shown = mids.filter(({ k, vol }) => k >= x[0] && k <= x[1] && vol > 0 && vol <= 1);
  const axes = { top: 70, width: 360, height: 260, x, y: [0, 1] as const, xTicks: ticksBetween(x, 6, decimal), yTicks: ticksBetween([0, 1], 5, percent), xLabel: 'ln(strike / forward)' };
  const left = panel({ ...axes, left: 70, title: `Mids of ${priced.length} calls and puts`, yLabel: 'volatility' });
  const right = panel({ ...axes, left: 500, title: `The ${march.row.length} that are used` });
  const some = (stale: boolean): typeof shown => shown.filter((mid) => mid.stale === stale);
  const rows = [...march.logMoneyness.keys()].filter((i) => march.logMoneyness[i] >= x[0]);
  const at = (column: Float64Array): number[] => rows.map((i) => column[i]);
  const grid = Float64Array.from({ length: 301 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 300);
  const { smile } = surfaceSmile(splines, march.expiryYears);
  console.log(`${priced.length} mids, ${mids.filter(({ stale }) => stale).length} of earlier days; without a volatility ${mids.filter(({ vol }) => !(vol > 0)).length}, ${mids.filter(({ vol, stale }) => stale && !(vol > 0)).length} of them of earlier days`);
  return svgDocument(890, 385, 'Options on the S&P 500 that expire on 20 March 2026: all mid volatilities, and those of quotes that are used', [
    legend(70, 24, [['quote of an earlier day', COLORS.red, 'dot'], ['quote of the day', COLORS.blue, 'dot'], ['bid to ask', COLORS.grey], ['price spline', COLORS.blue]]),
    left.axes, ...([[true, COLORS.red], [false, COLORS.blue]] as const).map(([stale, color]) => dots(left, some(stale).map(({ k }) => k), some(stale).map(({ vol }) => vol), color, 1.8)),
    right.axes, bars(right, at(march.logMoneyness), at(march.bidVol).map((vol) => (vol > 0 ? vol : 0)), at(march.askVol), COLORS.grey, 1.6), line(right, grid, grid.map((k) => Math.sqrt(smileTotalVariance(smile!, k) / march.expiryYears)), COLORS.blue),
  ]);
}

// Parity: what each pair misses the line by, and the rates of single expiries beside the pooled curve.
function parity(): string {
  const slice = chain.slices[place];
  const { forward, discount } = forwards.slices[place];
  const mids = new Map<number, { call?: number; put?: number; stale: boolean }>();
  for (const row of chain.order.subarray(slice.start, slice.end)) {
    if (!['kept', 'stale'].includes(DROP_REASONS[fresh.reason[row]])) continue;
    const pair = mids.get(chain.strike[row]) ?? { stale: false };
    pair[chain.side[row] === 1 ? 'call' : 'put'] = (chain.bid[row] + chain.ask[row]) / 2;
    pair.stale ||= DROP_REASONS[fresh.reason[row]] === 'stale';
    mids.set(chain.strike[row], pair);
  }
  const pairs = [...mids].flatMap(([strike, { call, put, stale }]) => (call === undefined || put === undefined ? [] : [{ strike, stale, miss: Math.log10(Math.max(0.01, Math.abs(call - put - discount * (forward - strike)))) }]));
  const left = panel({
    left: 70, top: 70, width: 360, height: 260, x: [2000, 8500], y: [-2, 3.3], title: 'Miss of parity, 20 March 2026, index points', xLabel: 'strike', yLabel: '|C - P - D (F - K)|',
    xTicks: [2000, 4000, 6000, 8000].map((at) => ({ at, text: String(at) })), yTicks: [-2, -1, 0, 1, 2, 3].map((at) => ({ at, text: String(10 ** at) })),
  });
  const own = chainForwards(chain, fresh, { discounts: 'per-expiry' }).slices.filter(({ rateError }) => rateError >= 0);
  const x = (years: number): number => Math.log(365 * years);
  const right = panel({
    left: 500, top: 70, width: 360, height: 260, x: [Math.log(2.5), Math.log(800)], y: [0.02, 0.07], title: 'Rate of each expiry, two standard errors', xLabel: 'days to expiry',
    xTicks: [3, 7, 14, 30, 90, 180, 365, 730].map((days) => ({ at: Math.log(days), text: String(days) })), yTicks: ticksBetween([0.02, 0.07], 5, percent),
  });
  const curve = Float64Array.from({ length: 100 }, (_, i) => (3 * Math.exp((i / 99) * Math.log(230))) / 365);
  const some = (stale: boolean): typeof pairs => pairs.filter((pair) => pair.stale === stale);
  return svgDocument(890, 385, 'Put-call parity of the S&P 500 chain: misses of single pairs, and rates of single expiries beside the pooled curve', [
    legend(70, 24, [['both quotes of the day', COLORS.blue, 'dot'], ['one or both of an earlier day', COLORS.red, 'dot'], ['pooled discount curve', COLORS.green]]),
    left.axes, ...([[true, COLORS.red], [false, COLORS.blue]] as const).map(([stale, color]) => dots(left, some(stale).map(({ strike }) => strike), some(stale).map(({ miss }) => miss), color, 2.2)),
    right.axes, bars(right, own.map(({ expiryYears }) => x(expiryYears)), own.map(({ rate, rateError }) => rate - 2 * rateError), own.map(({ rate, rateError }) => rate + 2 * rateError), COLORS.grey, 1.4),
    dots(right, own.map(({ expiryYears }) => x(expiryYears)), own.map(({ rate }) => rate), COLORS.text, 2), line(right, curve.map(x), curve.map((years) => curveDiscount(forwards.discountCurve!, years).rate), COLORS.green, 'stroke-width="2"'),
  ]);
}

// Two expiries: the smiles, and below what they miss the mids by.
function fits(): string {
  const parts = [march, smiles.find(({ group, expiryTime }) => group === 'SPX' && new Date(expiryTime).toISOString().startsWith('2026-07-17'))!].flatMap((expiry: SmileQuotes & { readonly group: string; readonly expiryTime: number }, p) => {
    const { logMoneyness, midVol, bidVol, askVol, expiryYears } = expiry;
    const x = shownRange(expiry);
    const rows = [...logMoneyness.keys()].filter((i) => logMoneyness[i] >= x[0] && logMoneyness[i] <= x[1] && bidVol[i] > 0 && askVol[i] > 0);
    const at = (column: Float64Array): number[] => rows.map((i) => column[i]);
    const left = 70 + 430 * p;
    const xTicks = ticksBetween(x, 6, decimal);
    const upper = panel({ left, top: 70, width: 360, height: 190, x, y: [0.05, 0.5], title: `SPX ${new Date(expiry.expiryTime).toISOString().slice(0, 10)}`, xTicks, yTicks: ticksBetween([0.05, 0.5], 5, percent), ...(p === 0 && { yLabel: 'volatility' }) });
    const lower = panel({ left, top: 300, width: 360, height: 150, x, y: [-1.5, 1.5], xTicks, yTicks: ticksBetween([-1.5, 1.5], 6, decimal), xLabel: 'ln(strike / forward)', ...(p === 0 && { yLabel: 'less the mid, points' }) });
    const grid = Float64Array.from({ length: 201 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 200);
    const miss = (vols: readonly number[]): number[] => vols.map((vol, j) => 100 * (vol - midVol[rows[j]]));
    const curves = ([[svi, COLORS.red], [splines, COLORS.blue]] as const).map(([surface, color]) => {
      const { smile } = surfaceSmile(surface, expiryYears);
      const vol = (k: number): number => Math.sqrt(smileTotalVariance(smile!, k) / expiryYears);
      return [line(upper, grid, grid.map(vol), color, 'stroke-width="1.4"'), line(lower, at(logMoneyness), miss(at(logMoneyness).map(vol)).map((points) => (Math.abs(points) <= 1.5 ? points : NaN)), color, 'stroke-width="1.2"')].join('');
    });
    return [upper.axes, lower.axes, bars(upper, at(logMoneyness), at(bidVol), at(askVol), COLORS.grey, 1.4), bars(lower, at(logMoneyness), miss(at(bidVol)), miss(at(askVol)), COLORS.grey, 1.4), ...curves];
  });
  return svgDocument(890, 505, 'Two smiles of the S&P 500 with bid and ask, an SVI surface and price splines', [legend(70, 24, [['bid to ask', COLORS.grey], ['SVI surface', COLORS.red], ['price splines', COLORS.blue]]), ...parts]);
}

save('spx-quotes', quotes());
save('spx-parity', parity());
save('spx-fits', fits());
