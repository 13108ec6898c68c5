/** From 17,107 quotes of options on the S&P 500 to a volatility surface without arbitrage, and what can be read off it. Draws the smiles: pass a path, or find them in the temporary directory. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atmShape, buildSviSurface, chainStrip, chainToSmiles, deltaQuotes, fitPriceSurface, surfaceDiagnosticsSync, surfaceFromFits, surfaceSmile, varianceSwap, vixIndex, vixTerm } from 'quantwright/iv';
import type { IvSurface } from 'quantwright/iv';
import { smileChart } from './figures/smile-chart.ts';
import { COLORS } from './figures/svg-chart.ts';
import { spxChain } from './spx-quotes.ts';

const chain = spxChain();
const { smiles, report, filter, forwards } = chainToSmiles(chain, { filter: { tradedSince: '2026-01-30' } });
console.log(`${chain.size} rows, ${chain.slices.length} expiries; ${smiles.length} smiles of ${smiles.reduce((n, { row }) => n + row.length, 0)} quotes out of the money. Every row has a reason:`);
console.log(filter.counts);

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
console.log('Forwards by put-call parity, every eighth expiry:');
console.table(report.filter((_, i) => i % 8 === 0).map(({ forward: f, quotes }) => ({ root: f.group, expiry: dateOf(f.expiryTime), status: f.status, pairs: f.used, forward: f.forward.toFixed(2), '+-': f.forwardError.toFixed(2), 'rate %': (100 * f.rate).toFixed(2), quotes })));

// Two surfaces of the same quotes: five parameters an expiry, fitted where vega is and beyond a tenth of a point ever less; and a distribution an expiry.
const svi = await buildSviSurface(smiles, { weights: 'vega', lossScale: 0.001, asOf: chain.asOf });
const splines = await fitPriceSurface(smiles);
const free = surfaceFromFits(splines.slices, { interpolation: 'price', asOf: chain.asOf });
if (svi.surface === null || free === null) throw new Error('no surface');
const surfaces: readonly (readonly [string, IvSurface])[] = [['SVI', svi.surface], ['price splines', free]];
console.table(Object.fromEntries(surfaces.map(([name, surface]) => {
  const { overall, arbitrage } = surfaceDiagnosticsSync(surface, smiles, { arbitrage: { between: 1 } });
  const { smileCount, pairCount, violations } = arbitrage;
  return [name, { expiries: surface.slices.length, 'inside bid/ask %': (100 * overall.insideShare).toFixed(1), 'rmse, vol points': (100 * overall.rmseVol).toFixed(2), 'rmse, spreads': overall.rmseSpreads.toFixed(2), 'smiles checked': smileCount, 'pairs checked': pairCount, arbitrages: violations.length }];
})));

const points = (vol: number): string => (100 * vol).toFixed(2);
console.log('In volatility points, read off each surface:');
console.table([7, 30, 91, 182, 365].flatMap((days) => surfaces.map(([name, surface]) => {
  const slice = surfaceSmile(surface, days / 365);
  const { annualizedVol, skew } = atmShape(slice);
  const { riskReversal, butterfly } = deltaQuotes(slice, { deltas: [0.25] }).quotes[0];
  return { days, surface: name, 'at the money': points(annualizedVol), 'skew per 10 %': points(skew / 10), '25-delta reversal': points(riskReversal), '25-delta butterfly': points(butterfly), 'variance swap': points(varianceSwap(slice).fairVol) };
})));

// The exchange's formula sees the quotes themselves, of the Fridays before and after the 30 days.
const terms = [28, 35].map((days) => {
  const place = chain.slices.findIndex(({ group, expiryYears }) => group === 'SPXW' && Math.round(365 * expiryYears) === days);
  const strip = chainStrip(chain, place);
  return vixTerm(strip, { minutes: strip.minutes, rate: forwards.slices[place].rate });
});
console.log(`The exchange's formula for 30 days: ${vixIndex([terms[0], terms[1]]).index.toFixed(2)}`);

const shown = smiles.filter(({ group, expiryTime }) => ['SPXW 2026-02-06', 'SPX 2026-03-20', 'SPX 2026-07-17', 'SPX 2027-12-17'].includes(`${group} ${dateOf(expiryTime)}`));
const curves = surfaces.map(([name, surface], c) => ({ name, color: [COLORS.red, COLORS.blue][c], smiles: shown.map(({ expiryYears }) => surface.slices.find((slice) => slice.expiryYears === expiryYears)!.smile) }));
const path = process.argv[2] ?? join(tmpdir(), 'spx-smiles.svg');
writeFileSync(path, smileChart('Smiles of the S&P 500 on 30 January 2026', shown.map((quotes) => ({ title: `${quotes.group} ${dateOf(quotes.expiryTime)}, ${quotes.row.length} quotes`, quotes })), curves));
console.log(`Drawn: ${path}`);
console.log('Notice that half of the rows are quotes of another day, that both surfaces agree at the money and at 25 deltas and neither has an arbitrage, and that the variance swap, which lives in the far puts, tells five parameters from a fit inside bid and ask.');
