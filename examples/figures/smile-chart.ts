/** Smiles of several expiries side by side: bid and ask of each quote as a bar, fitted smiles as lines. */
import { smileTotalVariance } from 'quantwright/iv';
import type { Smile, SmileQuotes } from 'quantwright/iv';
import { bars, COLORS, legend, line, panel, svgDocument } from './svg-chart.ts';
import type { Tick } from './svg-chart.ts';

export interface SmileCurve {
  readonly name: string;
  readonly color: string;
  /** One smile per expiry drawn. */
  readonly smiles: readonly Smile[];
}

export interface SmilePanel {
  readonly title: string;
  readonly quotes: SmileQuotes;
}

const COLUMNS = 2;
const [WIDTH, HEIGHT] = [350, 210];

/** Log-moneyness shown: where strikes are within six at-the-money standard deviations below and four above the forward. */
export function shownRange({ expiryYears, logMoneyness, midVol }: SmileQuotes): readonly [number, number] {
  const atm = logMoneyness.reduce((best, k, i) => (Math.abs(k) < Math.abs(logMoneyness[best]) ? i : best), 0);
  const deviation = midVol[atm] * Math.sqrt(expiryYears);
  return [Math.max(logMoneyness[0], -6 * deviation), Math.min(logMoneyness[logMoneyness.length - 1], 4 * deviation)];
}

/** Ticks at multiples of 1, 2 or 5 times a power of ten, about `count` of them; log-moneyness is shown as strike over forward in percent. */
export function ticksBetween([low, high]: readonly [number, number], count: number, text: (value: number) => string): Tick[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step).map((at) => ({ at, text: text(at) }));
}

export const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`;

/** The document; volatility against log-moneyness. */
export function smileChart(description: string, panels: readonly SmilePanel[], curves: readonly SmileCurve[]): string {
  const parts = panels.flatMap(({ title, quotes }, p) => {
    const { logMoneyness, bidVol, askVol, expiryYears } = quotes;
    const x = shownRange(quotes);
    const rows = [...logMoneyness.keys()].filter((i) => logMoneyness[i] >= x[0] && logMoneyness[i] <= x[1] && askVol[i] > 0);
    const low = (i: number): number => (bidVol[i] > 0 ? bidVol[i] : 0);
    const highest = Math.max(...rows.map((i) => askVol[i]));
    const y = [Math.max(0, Math.floor(20 * Math.min(...rows.map((i) => bidVol[i]).filter((vol) => vol > 0))) / 20 - 0.05), Math.ceil(20 * highest) / 20] as const;
    const plot = panel({
      left: 70 + (p % COLUMNS) * (WIDTH + 70), top: 70 + Math.floor(p / COLUMNS) * (HEIGHT + 80), width: WIDTH, height: HEIGHT, x, y, title,
      xTicks: ticksBetween(x, 6, (k) => String(Math.round(1000 * k) / 1000)), yTicks: ticksBetween(y, 4, percent),
      ...(p % COLUMNS === 0 && { yLabel: 'volatility' }), ...(p >= panels.length - COLUMNS && { xLabel: 'ln(strike / forward)' }),
    });
    const grid = Float64Array.from({ length: 201 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 200);
    return [
      plot.axes, bars(plot, rows.map((i) => logMoneyness[i]), rows.map(low), rows.map((i) => askVol[i]), COLORS.grey, 1.2),
      ...curves.map(({ smiles, color }) => line(plot, grid, grid.map((k) => Math.sqrt(smileTotalVariance(smiles[p], k) / expiryYears)), color, 'stroke-width="1.4"')),
    ];
  });
  const rowCount = Math.ceil(panels.length / COLUMNS);
  return svgDocument(70 + COLUMNS * (WIDTH + 70) - 30, 50 + rowCount * (HEIGHT + 80), description, [legend(70, 24, [['bid to ask', COLORS.grey], ...curves.map(({ name, color }) => [name, color] as const)]), ...parts]);
}
