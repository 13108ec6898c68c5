/** Draws the figures of the guide on Heston: npx tsx -C quantwright-source examples/figures/heston.ts */
import { writeFileSync } from 'node:fs';
import { batesSurface, calibrateBatesSync, calibrateHestonSync, hestonSurface } from 'quantwright/iv';
import type { HestonVolGrid } from 'quantwright/iv';
import { daxVols } from '../dax-2002.ts';
import { percent, ticksBetween } from './smile-chart.ts';
import { COLORS, dots, legend, line, panel, svgDocument, text } from './svg-chart.ts';

const save = (name: string, svg: string): void => writeFileSync(new URL(`../../docs/guide/figures/${name}.svg`, import.meta.url), svg);
const decimal = (value: number): string => String(Math.round(1000 * value) / 1000);

const all = daxVols();
const LONG = daxVols([4, 5, 6, 7]);

// Market and model at four expiries.
function smiles(): string {
  const heston = calibrateHestonSync(all).parameters!;
  const bates = calibrateBatesSync(all).parameters!;
  const parts = [0, 1, 3, 7].flatMap((e, p) => {
    const k = all.logMoneyness[e];
    const x = [-0.33, 0.27] as const;
    const plot = panel({
      left: 70 + 203 * p, top: 70, width: 185, height: 240, x, y: [0.15, 0.7], title: `${Math.round(365 * all.expiryYears[e])} days`, xTicks: ticksBetween(x, 5, decimal), yTicks: ticksBetween([0.15, 0.7], 6, (vol) => (p === 0 ? percent(vol) : '')),
      xLabel: 'ln(strike / forward)', ...(p === 0 && { yLabel: 'volatility' }),
    });
    const grid = Float64Array.from({ length: 121 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 120);
    const points = { expiryYears: [all.expiryYears[e]], logMoneyness: [grid] };
    return [
      plot.axes, line(plot, grid, hestonSurface(heston, points).annualizedVol, COLORS.blue, 'stroke-width="1.6"'), line(plot, grid, batesSurface(bates, points).annualizedVol.map((vol) => (vol <= 0.7 ? vol : NaN)), COLORS.red, 'stroke-width="1.6"'),
      dots(plot, k, all.annualizedVol[e], COLORS.text, 2.4),
    ];
  });
  return svgDocument(890, 365, 'Volatilities of options on the DAX of 5 July 2002 and of the Heston and Bates models fitted to all of them', [legend(70, 24, [['market', COLORS.text, 'dot'], ['Heston, five parameters for all expiries', COLORS.blue], ['Bates, eight', COLORS.red]]), ...parts]);
}

// The best fit for each fixed mean reversion: all expiries, and those beyond eight months.
function ridge(): string {
  const speeds = Float64Array.from({ length: 29 }, (_, i) => 0.25 * Math.exp((i / 28) * Math.log(256)));
  const along = (quotes: HestonVolGrid): { readonly rmse: number[]; readonly sigma: number[] } => {
    const fits = Array.from(speeds, (meanReversion) => calibrateHestonSync(quotes, { fixed: { meanReversion } }));
    return { rmse: fits.map(({ rmseVol }) => 100 * rmseVol!), sigma: fits.map(({ parameters }) => parameters!.volOfVariance) };
  };
  const [every, long] = [along(all), along(LONG)];
  const best = [all, LONG].map((quotes) => calibrateHestonSync(quotes));
  for (const fit of best) console.log(fit);
  const at = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, Math.log);
  const axes = { top: 70, width: 360, height: 240, x: [Math.log(0.25), Math.log(64)] as const, xTicks: [0.25, 1, 4, 16, 64].map((value) => ({ at: Math.log(value), text: String(value) })), xLabel: 'mean reversion kappa held at' };
  const left = panel({ ...axes, left: 70, y: [0, 3.5], yTicks: ticksBetween([0, 3.5], 7, decimal), title: 'Best fit, root mean square error', yLabel: 'volatility points' });
  const right = panel({ ...axes, left: 500, y: [Math.log(0.25), Math.log(32)], yTicks: [0.25, 0.5, 1, 2, 4, 8, 16, 32].map((value) => ({ at: Math.log(value), text: String(value) })), title: 'Vol of variance sigma of that fit' });
  const found = best.map(({ parameters, rmseVol }, i) => {
    const [kappa, sigma] = [Math.log(parameters!.meanReversion), Math.log(parameters!.volOfVariance)];
    const color = [COLORS.blue, COLORS.red][i];
    return dots(left, [kappa], [100 * rmseVol!], color, 4) + dots(right, [kappa], [sigma], color, 4);
  });
  return svgDocument(890, 365, 'Error and vol of variance of the best Heston fit of DAX options for each mean reversion', [
    legend(70, 24, [['all eight expiries', COLORS.blue], ['the four beyond eight months', COLORS.red]]), left.axes, right.axes,
    ...([[every, COLORS.blue], [long, COLORS.red]] as const).map(([{ rmse, sigma }, color]) => line(left, at(speeds), rmse, color, 'stroke-width="1.6"') + line(right, at(speeds), at(sigma), color, 'stroke-width="1.6"')), ...found,
    text(540, 300, 'dots: mean reversion free', `fill="${COLORS.grey}"`),
  ]);
}

save('heston-dax', smiles());
save('heston-ridge', ridge());
