// Provisional, until the room's own files land.
import { spearman } from '../core/correlation.ts';
import { mean } from '../core/stats.ts';
export function neweyWestMean(v: ArrayLike<number>, lags: number): { mean: number; standardError: number; tStatistic: number; n: number } {
  const n = v.length; const m = mean(v); const d = Array.from(v, (x) => x - m); let s = d.reduce((a, b) => a + b * b, 0) / n;
  for (let l = 1; l <= lags; l++) { let c = 0; for (let i = l; i < n; i++) c += d[i] * d[i - l]; s += 2 * (1 - l / (lags + 1)) * (c / n); }
  const se = Math.sqrt(Math.max(0, s) / n); return { mean: m, standardError: se, tStatistic: m / se, n };
}
export function informationCoefficient(p: Float64Array, a: Float64Array, sessions: Int32Array, o: { lags: number }): { mean: number; tStatistic: number; standardError: number; sessions: number } {
  const by = new Map<number, number[]>(); sessions.forEach((s, i) => { const l = by.get(s) ?? []; l.push(i); by.set(s, l); });
  const ics = [...by].sort(([x], [y]) => x - y).filter(([, l]) => l.length >= 5).map(([, l]) => spearman(l.map((i) => p[i]), l.map((i) => a[i]))).filter(Number.isFinite);
  const nw = neweyWestMean(ics, o.lags); return { mean: nw.mean, tStatistic: nw.tStatistic, standardError: nw.standardError, sessions: nw.n };
}
export function rootMeanSquaredError(a: ArrayLike<number>, p: ArrayLike<number>): number { return Math.sqrt(mean(Array.from(a, (x, i) => (x - p[i]) ** 2))); }
export function intervalCoverage(l: ArrayLike<number>, u: ArrayLike<number>, a: ArrayLike<number>): { coverage: number } { return { coverage: mean(Array.from(a, (x, i) => (x >= l[i] && x <= u[i] ? 1 : 0))) }; }
export function blockStandardError(v: ArrayLike<number>, _b: number): number { return neweyWestMean(v, 20).standardError; }
