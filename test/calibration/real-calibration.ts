/** The calibration rows of the real task: probabilities of an over-fitted classifier, 2000 to fit on and 4000 later ones. */
import { readFileSync } from 'node:fs';

interface Scores {
  readonly brier: number;
  readonly logloss: number;
  readonly auc: number;
  readonly mean_p: number;
  readonly slope: number;
  readonly intercept: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly T: number;
  readonly n_thresholds: number;
}
interface Task {
  readonly p_cal: readonly number[];
  readonly y_cal: string;
  readonly p_test: readonly number[];
  readonly y_test: string;
  readonly results: Readonly<Record<'raw' | 'logistic_on_logit_unpenalised' | 'platt_sklearn_on_logit' | 'isotonic' | 'temperature' | 'beta', Scores>>;
  readonly venn_abers_first20_p0_p1_p: readonly (readonly [number, number, number])[];
}

const task = JSON.parse(readFileSync(new URL('./fixtures/real-calibration.json', import.meta.url), 'utf8')) as Task;
export const fitScores: readonly number[] = task.p_cal;
export const fitLabels: readonly number[] = [...task.y_cal].map(Number);
export const laterScores: readonly number[] = task.p_test;
export const laterLabels: readonly number[] = [...task.y_test].map(Number);
export const expected: Task['results'] = task.results;
export const expectedVennAbers: Task['venn_abers_first20_p0_p1_p'] = task.venn_abers_first20_p0_p1_p;

/** Area under the ROC curve; ties count one half. */
export function areaUnderCurve(scores: ArrayLike<number>, labels: readonly number[]): number {
  const order = [...labels.keys()].sort((a, b) => scores[a] - scores[b]);
  let [rankSum, positives] = [0, 0];
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j]] === scores[order[i]]) j++;
    for (let k = i; k < j; k++) {
      if (labels[order[k]] !== 1) continue;
      rankSum += (i + j + 1) / 2;
      positives++;
    }
    i = j;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}
