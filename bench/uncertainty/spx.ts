/** The composed intervals on the S&P 500, next day, 2000 to 2022: sqrt(RiskMetrics x VIX) as scale, calibrated on the nineties. */
import { coverageReport } from 'quantwright/metrics';
import { indexRows, METHODS, replayed, vixTerciles } from '../../examples/spx-intervals.ts';
import type { MethodName } from '../../examples/spx-intervals.ts';
import { report } from '../report.ts';

// Lowest coverage of 250 sessions that each of the composed methods must keep; the others are for comparison.
const WORST_AT_LEAST: Partial<Record<MethodName, number>> = { 'width x volatility, ACI, by VIX tercile': 0.86, 'width x volatility, ACI': 0.87 };

/** Coverage, worst window and Winkler score of every method of the example. */
export function spxCases(): void {
  const rows = indexRows();
  const outcomes = rows.outcomes.subarray(rows.start);
  const groups = vixTerciles(rows).subarray(rows.start);
  for (const name of Object.keys(METHODS) as MethodName[]) {
    const judged = coverageReport({ ...bounds(rows, name), outcomes, groups });
    const worstAtLeast = WORST_AT_LEAST[name];
    const line = (metric: string, value: number, unit: string, extra: object = {}): void => {
      report({ bench: 'uncertainty', case: `SPX 2000-2022, ${name}`, metric, value, unit, ...(worstAtLeast !== undefined && extra) });
    };
    line('coverage', judged.coverage, 'share', { target: 0.9, met: Math.abs(judged.coverage - 0.9) <= 0.005 });
    for (const group of judged.byGroup) line(`coverage-tercile-${group.group}`, group.coverage, 'share');
    line('worst-250-sessions', judged.worstWindow?.coverage ?? NaN, 'share', { target: worstAtLeast, better: 'at-least' });
    line('winkler', 100 * judged.winkler, '%', { target: 4.75 });
    line('infinite-days', Math.round(judged.widths.infiniteShare * judged.n), 'days');
  }
}

function bounds(rows: ReturnType<typeof indexRows>, name: MethodName): { readonly lower: Float64Array; readonly upper: Float64Array } {
  const { lower, upper } = replayed(rows, METHODS[name]);
  return { lower, upper };
}
