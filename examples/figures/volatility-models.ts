/** Draws the figures of the guide on volatility models and prints its table: npx tsx -C quantwright-source examples/figures/volatility-models.ts */
import { writeFileSync } from 'node:fs';
import { fitSvi, repairSvi, repairSviClosedForm, smileTotalVariance, surfaceDiagnosticsSync, sviButterfly, sviCalendar, sviG, sviSmile } from 'quantwright/iv';
import type { Smile } from 'quantwright/iv';
import { MODELS, spxSmiles } from '../spx-models.ts';
import type { ModelName } from '../spx-models.ts';
import { percent, ticksBetween } from './smile-chart.ts';
import { COLORS, legend, line, panel, svgDocument, text } from './svg-chart.ts';

const save = (name: string, svg: string): void => writeFileSync(new URL(`../../docs/guide/figures/${name}.svg`, import.meta.url), svg);
const decimal = (value: number): string => String(Math.round(1000 * value) / 1000);
const between = ([low, high]: readonly [number, number], count = 301): Float64Array => Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

const { smiles: quotes } = spxSmiles();

// Share inside bid and ask by expiry, and the table.
function comparison(): string {
  const colors: Partial<Record<ModelName, string>> = { 'SVI surface, vega weights': COLORS.red, eSSVI: COLORS.grey, 'SABR, beta 1': COLORS.green, 'price splines': COLORS.blue };
  const plot = panel({
    left: 70, top: 60, width: 790, height: 260, x: [Math.log(2.5), Math.log(800)], y: [0, 1], xLabel: 'days to expiry', yLabel: 'share inside bid and ask',
    xTicks: [3, 7, 14, 30, 60, 90, 180, 365, 730].map((days) => ({ at: Math.log(days), text: String(days) })), yTicks: ticksBetween([0, 1], 5, percent),
  });
  const lines: string[] = [];
  const table: Record<string, object> = {};
  for (const [name, fitted] of Object.entries(MODELS)) {
    let fastest = Infinity;
    for (let run = 0; run < 5; run++) {
      const from = performance.now();
      fitted(quotes);
      fastest = Math.min(fastest, performance.now() - from);
    }
    const { expiries, overall, arbitrage } = surfaceDiagnosticsSync(fitted(quotes), quotes, { arbitrage: { between: 0 } });
    const { butterfly, calendar, wing } = arbitrage.counts;
    table[name] = { 'inside %': (100 * overall.insideShare).toFixed(1), 'rmse, points': (100 * overall.rmseVol).toFixed(2), 'rmse, spreads': overall.rmseSpreads.toFixed(2), butterfly, calendar, wing, ms: Math.round(fastest) };
    const color = colors[name as ModelName];
    if (color !== undefined) lines.push(line(plot, expiries.map(({ expiryYears }) => Math.log(365 * expiryYears)), expiries.map(({ insideShare }) => insideShare), color, 'stroke-width="1.4"'));
  }
  console.table(table);
  return svgDocument(890, 375, 'Share of quotes of the S&P 500 chain inside bid and ask, by expiry, for four kinds of smile', [plot.axes, legend(70, 24, Object.entries(colors).map(([name, color]) => [name, color] as const)), ...lines]);
}

// The slice of Axel Vogt (Gatheral and Jacquier 2014, example 3.1), which looks harmless and is not, with two repairs.
function butterfly(): string {
  const vogt = sviSmile({ a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 });
  const slices = [['as quoted', vogt, COLORS.red], ['closest without arbitrage', repairSvi(vogt, { from: -1.5, to: 1.5 }).smile, COLORS.blue], ['closed form', repairSviClosedForm(vogt).smile, COLORS.green]] as const;
  for (const [name, slice] of slices) console.log(name, slice, sviButterfly(slice));
  const x = [-1.5, 1.5] as const;
  const grid = between(x);
  const axes = { top: 70, width: 360, height: 240, x, xTicks: ticksBetween(x, 6, decimal), xLabel: 'ln(strike / forward)' };
  const left = panel({ ...axes, left: 70, y: [0, 0.25], yTicks: ticksBetween([0, 0.25], 5, decimal), title: 'Total variance', yLabel: 'w(k)' });
  const right = panel({ ...axes, left: 500, y: [-0.2, 1.4], yTicks: ticksBetween([-0.2, 1.4], 8, decimal), title: 'Durrleman\'s g: the sign of the density' });
  return svgDocument(890, 365, 'A smile with negative density and two repairs: total variance and Durrleman\'s g', [
    legend(70, 24, slices.map(([name, , color]) => [name, color] as const)), left.axes, right.axes,
    `<rect x="500" y="${right.py(0)}" width="360" height="${right.py(-0.2) - right.py(0)}" fill="${COLORS.red}" fill-opacity="0.1"/>`, text(510, right.py(-0.1) + 4, 'butterflies of negative price', `fill="${COLORS.red}"`),
    ...slices.map(([, slice, color]) => line(left, grid, grid.map((k) => smileTotalVariance(slice, k)), color, 'stroke-width="1.6"') + line(right, grid, grid.map((k) => sviG(slice, k)), color, 'stroke-width="1.6"')),
  ]);
}

// Two neighbouring expiries fitted by themselves, whose total variances cross, and the same two within a surface.
function calendar(): string {
  const alone = quotes.map((expiry) => fitSvi(expiry).smile!);
  const crossing = quotes.map((_, i) => i).filter((i) => i > 0 && quotes[i].expiryYears - quotes[i - 1].expiryYears > 0.01 && sviCalendar(alone[i - 1], alone[i]).crossings.some((k) => k > -0.35 && k < 0.1));
  const far = crossing[crossing.length - 1];
  const surface = MODELS['SVI surface, vega weights'](quotes);
  const shown = (values: Float64Array, from: number, to: number): Float64Array => values.map((value) => (value >= from && value <= to ? value : NaN));
  const inOrder = (i: number): Smile => surface.slices.find(({ expiryYears }) => expiryYears === quotes[i].expiryYears)!.smile;
  const x = [-0.5, 0.3] as const;
  const grid = between(x);
  const days = (i: number): string => `${Math.round(365 * quotes[i].expiryYears)} days`;
  const difference = (near: Smile, later: Smile): Float64Array => grid.map((k) => 100 * (smileTotalVariance(later, k) - smileTotalVariance(near, k)));
  console.log(`${crossing.length} pairs cross; drawn ${days(far - 1)} and ${days(far)}: ${sviCalendar(alone[far - 1], alone[far]).crossings}`);
  const axes = { top: 70, width: 360, height: 240, x, xTicks: ticksBetween(x, 8, decimal), xLabel: 'ln(strike / forward)' };
  const highest = 100 * smileTotalVariance(alone[far], x[0]);
  const left = panel({ ...axes, left: 70, y: [0, highest], yTicks: ticksBetween([0, highest], 5, decimal), title: 'Each fitted by itself', yLabel: 'total variance x 100' });
  const right = panel({ ...axes, left: 500, y: [-0.6, 1.2], yTicks: ticksBetween([-0.6, 1.2], 6, decimal), title: `Total variance of ${days(far)} less that of ${days(far - 1)}, x 100` });
  return svgDocument(890, 365, 'Two expiries of the S&P 500 whose total variances cross when each is fitted by itself', [
    legend(70, 24, [[days(far - 1), COLORS.grey], [days(far), COLORS.red], ['difference, each by itself', COLORS.red, 'dash'], ['difference, as a surface', COLORS.blue]]), left.axes, right.axes,
    `<rect x="500" y="${right.py(0)}" width="360" height="${right.py(-0.6) - right.py(0)}" fill="${COLORS.red}" fill-opacity="0.1"/>`, text(510, right.py(-0.4) + 4, 'calendar spreads of negative price', `fill="${COLORS.red}"`),
    line(left, grid, shown(grid.map((k) => 100 * smileTotalVariance(alone[far - 1], k)), 0, highest), COLORS.grey, 'stroke-width="1.6"'), line(left, grid, grid.map((k) => 100 * smileTotalVariance(alone[far], k)), COLORS.red, 'stroke-width="1.6"'),
    line(right, grid, shown(difference(alone[far - 1], alone[far]), -0.6, 1.2), COLORS.red, 'stroke-width="1.6" stroke-dasharray="5 3"'), line(right, grid, difference(inOrder(far - 1), inOrder(far)), COLORS.blue, 'stroke-width="1.6"'),
  ]);
}

save('smile-models', comparison());
save('svi-butterfly', butterfly());
save('svi-calendar', calendar());
