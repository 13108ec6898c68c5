/** Loops that see every row, beside scikit-learn, scipy and numpy. */
import { join } from 'node:path';
import { fitIsotonic } from 'quantwright/calibration';
import { aci, adaptScores } from 'quantwright/conformal';
import { spearmanCorrelation } from 'quantwright/metrics';
import { randomStream } from '../../src/core/random.ts';
import { speedLines } from '../speed-cases.ts';
import type { SpeedCase } from '../speed-cases.ts';

const ROWS = 1_000_000;

/** Isotonic regression and Spearman's correlation of a million rows, and adaptive conformal inference over 19,500 steps. */
export async function speedCases(): Promise<void> {
  await speedLines('uncertainty', CASES, join(import.meta.dirname, 'peer.py'));
}

const CASES: Readonly<Record<string, () => SpeedCase>> = {
  isotonic: () => {
    const stream = randomStream(1, 'isotonic');
    const scores = Float64Array.from({ length: ROWS }, () => stream.normal());
    const labels = scores.map((score) => (stream.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0));
    return { title: 'fitIsotonic, 1e6 rows', target: 0.2, run: () => fitIsotonic(scores, labels) };
  },
  spearman: () => {
    const stream = randomStream(2, 'spearman');
    const x = Float64Array.from({ length: ROWS }, () => stream.normal());
    const y = x.map((value) => 0.1 * value + stream.normal());
    return { title: 'spearmanCorrelation, 1e6 pairs', target: 0.4, run: () => spearmanCorrelation(x, y) };
  },
  aci: () => {
    const stream = randomStream(3, 'aci');
    const scores = Float64Array.from({ length: 20_000 }, () => Math.abs(stream.normal()));
    const adapt = aci({ gamma: 0.02, window: 500 });
    return { title: 'ACI on the last 500 scores, 19,500 steps', target: 0.03, run: () => adaptScores(scores, { adapt, calibration: 500 }) };
  },
};
