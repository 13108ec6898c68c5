/** Draws the figure of the guide on alarms: npx tsx -C quantwright-source examples/figures/alarms.ts */
import { writeFileSync } from 'node:fs';
import { dailyMoves, DETECTORS, REFERENCE_DAYS } from '../spx-shift.ts';
import type { DetectorName } from '../spx-shift.ts';
import { COLORS, panel, svgDocument, text } from './svg-chart.ts';

const { dates, moves } = dailyMoves();
const last = dates.length - 1;
const years = [1990, 1994, 1998, 2002, 2006, 2010, 2014, 2018, 2022].map((year) => ({ at: dates.findIndex((date) => date.startsWith(String(year))), text: String(year) }));
const plot = panel({
  left: 190, top: 70, width: 620, height: 220, x: [0, last], y: [0, 12], xTicks: years, yTicks: [0, 3, 6, 9, 12].map((at) => ({ at, text: `${at} %` })),
});

// The largest move of each week, all in one path.
const weeks = Array.from({ length: Math.ceil(moves.length / 5) }, (_, w) => Math.max(...moves.subarray(5 * w, 5 * w + 5)));
const spikes = weeks.map((move, w) => `M${plot.px(5 * w).toFixed(1)},${plot.py(0)}V${plot.py(move).toFixed(1)}`).join('');

const OURS: DetectorName = 'DriftAlarm, 63 days of rest';
const numbered = DETECTORS[OURS](moves).map(({ index }, i) => {
  const x = plot.px(index);
  return `<path d="M${x.toFixed(1)},62V${plot.py(0)}" stroke="${COLORS.blue}" stroke-opacity="0.55"/>${text(x, i % 2 === 0 ? 58 : 46, String(i + 1), `text-anchor="middle" font-size="10" fill="${COLORS.blue}"`)}`;
});

const STRIPS: readonly (readonly [name: DetectorName, label: string, color: string])[] = [
  [OURS, 'DriftAlarm', COLORS.blue], ['Adwin', 'Adwin', COLORS.grey], ['PageHinkley', 'PageHinkley', COLORS.grey], ['Cusum, threshold 8', 'Cusum, threshold 8', COLORS.red],
];
const strips = STRIPS.map(([name, label, color], k) => {
  const y = 326 + 20 * k;
  const alarms = DETECTORS[name](moves);
  const ticks = alarms.map(({ index }) => `M${plot.px(index).toFixed(1)},${y - 10}v13`).join('');
  return `${text(184, y, label, 'text-anchor="end"')}<path d="${ticks}" stroke="${color}" stroke-width="1.3"/>${text(820, y, String(alarms.length))}`;
});

const svg = svgDocument(880, 405, 'Daily moves of the S&P 500 from 1990 to 2022 with the alarms of four detectors', [
  text(190, 22, 'Largest daily move of the S&P 500 in each week, and alarms', 'font-weight="600"'),
  `<rect x="${plot.px(0)}" y="70" width="${(plot.px(REFERENCE_DAYS) - plot.px(0)).toFixed(1)}" height="220" fill="${COLORS.green}" fill-opacity="0.12"/>`,
  text((plot.px(0) + plot.px(REFERENCE_DAYS)) / 2, 88, 'reference', `text-anchor="middle" fill="${COLORS.green}"`),
  plot.axes, `<path d="${spikes}" stroke="${COLORS.grey}" stroke-width="0.7"/>`, ...numbered, ...strips,
]);
writeFileSync(new URL('../../docs/guide/figures/alarms.svg', import.meta.url), svg);
