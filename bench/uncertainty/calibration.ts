/** The calibrator that is chosen forward in time against the one that turned out best. */
import { readFileSync } from 'node:fs';
import { applyCalibratorBatch, fitCalibratorSync } from 'quantwright/calibration';
import type { CalibratorMethod, ScoreScale } from 'quantwright/calibration';
import { brierScore } from 'quantwright/metrics';
import { lastSessions, restlessStocks } from '../../examples/us120-restless.ts';
import { report } from '../report.ts';

const METHODS: readonly CalibratorMethod[] = ['base-rate', 'platt', 'temperature', 'beta', 'histogram', 'smooth-isotonic', 'venn-abers', 'isotonic'];

interface Rows {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly sessions?: ArrayLike<number>;
}

/** Brier scores on later rows: 2,000 probabilities of scikit-learn's booster, and scores of our own trees from 2 to 136 sessions. */
export async function calibrationCases(): Promise<void> {
  const fixture = JSON.parse(readFileSync(new URL('../../test/calibration/fixtures/real-calibration.json', import.meta.url), 'utf8')) as Record<'p_cal' | 'p_test', number[]> & Record<'y_cal' | 'y_test', string>;
  const digits = (text: string): number[] => Array.from(text, Number);
  compare('us120, over-fitted HGB, 2000 rows', 'probability', { scores: fixture.p_cal, labels: digits(fixture.y_cal) }, { scores: fixture.p_test, labels: digits(fixture.y_test) }, 0);
  const { calibration, later } = await restlessStocks();
  for (const sessions of [2, 5, 20, 136]) compare(`us120, over-fitted trees, ${sessions} sessions`, 'logit', lastSessions(calibration, sessions), later, 5);
}

function compare(title: string, scale: ScoreScale, rows: Rows, later: Rows, horizon: number): void {
  const { scores, labels, sessions } = rows;
  const options = { scale, horizon, ...(sessions && { sessions }) };
  const brier = (methods: readonly CalibratorMethod[]): { readonly value: number; readonly answered: string } => {
    const fit = fitCalibratorSync(scores, labels, { ...options, methods });
    return { value: brierScore(later.labels, applyCalibratorBatch(fit, later.scores)), answered: fit.method };
  };
  // A method that refuses so few rows has answered with another, and is no rival.
  const single = METHODS.map((method) => ({ method, ...brier([method]) })).filter(({ method, answered }) => method === answered);
  const best = single.reduce((a, b) => (b.value < a.value ? b : a));
  const chosen = brier(METHODS);
  report({ bench: 'uncertainty', case: title, metric: 'brier', value: chosen.value, unit: `Brier, ${chosen.answered} chosen`, peer: `best single method: ${best.method}`, peerValue: best.value, target: 0.001, met: chosen.value <= best.value + 0.001 });
}
