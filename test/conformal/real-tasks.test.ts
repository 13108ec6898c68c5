import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aci } from '../../src/conformal/adaptive/aci.ts';
import { adaptScores } from '../../src/conformal/adaptive/adapt-scores.ts';
import { quantileTracker } from '../../src/conformal/adaptive/quantile-tracker.ts';
import { rolling } from '../../src/conformal/adaptive/rolling.ts';
import type { Adaptor } from '../../src/conformal/adaptive/tail.ts';
import { conformal } from '../../src/conformal/conformal.ts';
import type { AdaptiveIntervals } from '../../src/conformal/conformal-rows.ts';
import { fitGroupCuts, groupsOf } from '../../src/conformal/groups.ts';
import { intervalCoverage, winklerScore } from '../../src/metrics/intervals.ts';
import { btc, spx } from './real-series.ts';
import type { Series } from './real-series.ts';

interface Row {
  readonly coverage: number;
  readonly mean_width_pct: number;
  readonly n_infinite: number;
  readonly winkler_pct: number;
  readonly min_rolling250_coverage: number;
  readonly max_rolling250_coverage: number;
  readonly q_at_0_100_1000: readonly number[];
}

const file = JSON.parse(readFileSync(new URL('./fixtures/real_tasks.json', import.meta.url), 'utf8')) as { conformal: { methods: Record<string, Row> }[] };

/** All rows but the static and the grouped one, which are tested apart. */
const METHODS: Record<string, Adaptor> = {
  rolling500: rolling({ window: 500 }),
  'aci_g0.005_rolling500': aci({ gamma: 0.005, window: 500 }),
  'aci_g0.02_rolling500': aci({ gamma: 0.02, window: 500 }),
  'quantile_tracker_eta0.05q0': quantileTracker({ learningRate: 0.05 }),
  'nexcp_rho0.99_window500': rolling({ window: 500, decay: 0.99 }),
};

/** Mean width and Winkler score of the finite intervals, rolling coverage with infinite ones covered: the conventions of the file. */
function outcome(radii: ArrayLike<number>, scales: ArrayLike<number>, returns: Float64Array): Row {
  const n = radii.length;
  const half = Float64Array.from(radii, (radius, i) => radius * scales[i]);
  const finite = [...half.keys()].filter((i) => Number.isFinite(half[i]));
  const [low, high, y] = [finite.map((i) => -half[i]), finite.map((i) => half[i]), finite.map((i) => returns[i])];
  const inside = Float64Array.from(half, (width, i) => (Math.abs(returns[i]) / scales[i] <= width / scales[i] ? 1 : 0));
  const moving = Array.from({ length: n - 249 }, (_, s) => inside.subarray(s, s + 250).reduce((sum, hit) => sum + hit, 0) / 250);
  return {
    coverage: inside.reduce((sum, hit) => sum + hit, 0) / n,
    mean_width_pct: 100 * intervalCoverage(low, high, y).meanWidth,
    n_infinite: n - finite.length,
    winkler_pct: 100 * winklerScore(low, high, y, { alpha: 0.1 }),
    min_rolling250_coverage: Math.min(...moving),
    max_rolling250_coverage: Math.max(...moving),
    q_at_0_100_1000: [0, 100, 1000].map((t) => radii[t]),
  };
}

function expectRow(actual: Row, expected: Row): void {
  for (const key of ['coverage', 'mean_width_pct', 'n_infinite', 'winkler_pct', 'min_rolling250_coverage', 'max_rolling250_coverage'] as const) {
    expect(Math.abs(actual[key] - expected[key]), key).toBeLessThanOrEqual(1e-9 * (1 + expected[key]) + 5e-10); // written with 10 digits
  }
  expected.q_at_0_100_1000.forEach((q, i) => {
    expect(Math.abs(actual.q_at_0_100_1000[i] / q - 1)).toBeLessThan(1e-9);
  });
}

describe.each([['SPX 2000-2022', spx() as Series, 0], ['BTC hourly 2018-2019', btc(), 1]] as const)('%s, next |log return|', (_name, { returns, volatility, start }, index) => {
  const expected = file.conformal[index].methods;
  const n = returns.length;
  const tested = returns.subarray(start);
  const ones = new Float64Array(n).fill(1);

  // NexCP sorts its window at every step: seconds on the 15,694 hours, for nothing that the days do not show.
  const methods = Object.keys(METHODS).filter((method) => index === 0 || !method.startsWith('nexcp'));

  it.each(['abs', 'norm'].flatMap((score) => methods.map((method) => [score, method] as const)))('reproduces %s/%s', (score, method) => {
    const scale = score === 'abs' ? ones : volatility;
    const scores = returns.map((r, i) => Math.abs(r) / scale[i]).subarray(start - 500);
    const { radii } = adaptScores(scores, { alpha: 0.1, adapt: METHODS[method], calibration: 500 });
    expectRow(outcome(radii, scale.subarray(start), tested), expected[`${score}/${method}`]);
  });

  it.each(['abs', 'norm'] as const)('reproduces %s/static_first500: no adaptor keeps the calibrated radius', (score) => {
    const scale = score === 'abs' ? ones : volatility;
    const c = conformal({ score: 'normalized', dispersionFloor: 0 });
    c.calibrate({ predictions: new Float64Array(500), dispersion: scale.subarray(start - 500, start), outcomes: returns.subarray(start - 500, start) });
    const { upper } = c.intervals({ predictions: new Float64Array(n - start), dispersion: scale.subarray(start) });
    expectRow(outcome(upper.map((u, i) => u / scale[start + i]), scale.subarray(start), tested), expected[`${score}/static_first500`]);
  });
});

describe('SPX 2000-2022, composed', () => {
  const { returns, volatility, start, vix } = spx();
  // Geometric mean of the EWMA volatility and the implied one, a day's part of a year.
  const dispersion = volatility.map((sigma, t) => Math.sqrt((sigma * vix[t]) / 100 / Math.sqrt(252)));
  const groups = groupsOf(fitGroupCuts(vix.subarray(1, start), 3), vix); // cuts from before 2000
  const rows = (from: number, to: number, grouped: boolean) => ({
    sessions: Float64Array.from({ length: to - from }, (_, i) => from + i),
    predictions: new Float64Array(to - from),
    dispersion: dispersion.subarray(from, to),
    ...(grouped && { groups: groups.subarray(from, to) }),
    outcomes: returns.subarray(from, to),
  });
  const replay = (grouped: boolean): { c: ReturnType<typeof conformal>; out: AdaptiveIntervals } => {
    const c = conformal({ alpha: 0.1, score: 'normalized', groups: grouped ? 3 : 1, adapt: aci() });
    c.calibrate(rows(22, start, grouped)); // the volatility starts on the first 22 returns
    return { c, out: c.replaySync(rows(start, returns.length, grouped)) };
  };
  const tested = returns.subarray(start);
  const winkler = ({ lower, upper }: AdaptiveIntervals): number => {
    const finite = [...lower.keys()].filter((i) => Number.isFinite(lower[i]) && Number.isFinite(upper[i]));
    return 100 * winklerScore(finite.map((i) => lower[i]), finite.map((i) => upper[i]), finite.map((i) => tested[i]), { alpha: 0.1 });
  };

  it('normalised x VIX terciles x ACI: coverage 89.5-90.5 % overall and per tercile within a point, Winkler at most 4.75 %, worst 250 sessions at least 86 %', () => {
    const { c, out } = replay(true);
    expect(c.coverage.coverage).toBeGreaterThan(0.895);
    expect(c.coverage.coverage).toBeLessThan(0.905);
    for (const { coverage } of c.coverage.byGroup) expect(Math.abs(coverage - 0.9)).toBeLessThan(0.01);
    expect(winkler(out)).toBeLessThan(4.75);
    expect(c.coverage.worst!.coverage).toBeGreaterThanOrEqual(0.86);
    expect(c.coverage.shareInfinite).toBeLessThan(0.001);
  });

  it('normalised x ACI without groups: worst 250 sessions at least 87 %', () => {
    const { c, out } = replay(false);
    expect(Math.abs(c.coverage.coverage - 0.9)).toBeLessThan(0.005);
    expect(winkler(out)).toBeLessThan(4.75);
    expect(c.coverage.worst!.coverage).toBeGreaterThanOrEqual(0.87);
  });

  it('groups even out the terciles that one radius covers unequally', () => {
    const spread = (out: AdaptiveIntervals): number => {
      const shares = intervalCoverage(out.lower, out.upper, tested, { groups: groups.subarray(start) }).byGroup.map(({ coverage }) => coverage);
      return Math.max(...shares) - Math.min(...shares);
    };
    expect(spread(replay(true).out)).toBeLessThan(0.005);
    expect(spread(replay(false).out)).toBeGreaterThan(0.01);
  });

  it('the coverage kept inside is that of the intervals issued', () => {
    const { c, out } = replay(true);
    const known = tested.length - 1; // the outcome of the last session is still to come
    const direct = intervalCoverage(out.lower.subarray(0, known), out.upper.subarray(0, known), tested.subarray(0, known), { groups: groups.subarray(start, start + known) });
    expect(c.coverage.n).toBe(known);
    expect(c.coverage.coverage).toBe(direct.coverage);
    expect(c.coverage.byGroup.map(({ coverage, n }) => [coverage, n])).toEqual(direct.byGroup.map(({ coverage, n }) => [coverage, n]));
  });
});
