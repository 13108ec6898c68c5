/** Scores that need a calibrator: which stocks will be among the most volatile 30 % of their session, from trees fitted too hard. */
import { computeFeatures, computeLabel, crossSectionalRank, forwardVolatility } from 'quantwright/features';
import { binMatrix, fitGbdt, predictGbdt } from 'quantwright/learners';
import { panelFromCsv } from 'quantwright/panel';
import { holdoutSplit } from 'quantwright/validation';
import { readExampleCsv } from './read-csv-gz.ts';
import { stockFeatures } from './us120-features.ts';

/** Rows that the trees have not seen, in time order. */
export interface ScoredRows {
  /** Log-odds as the trees give them. */
  readonly scores: Float64Array;
  /** 1 when the stock's volatility over the next five sessions ranks in the top 30 % of its session. */
  readonly labels: Float64Array;
  /** Session index. */
  readonly sessions: Float64Array;
}

const FEATURES = ['vol10', 'vol21', 'vol63', 'absret10', 'maxabs21', 'ret5', 'volz21', 'beta63'];

/** Rows to calibrate on, and later ones to judge by; labels of the first end before the second begin. */
export async function restlessStocks(): Promise<{ readonly calibration: ScoredRows; readonly later: ScoredRows }> {
  const bars = panelFromCsv(readExampleCsv('us120_ohlcv_2013_2018.csv.gz'), { entity: 'symbol', time: 'date' });
  const { names, columns } = computeFeatures(bars, Object.fromEntries(FEATURES.map((name) => [name, stockFeatures[name]])));
  const matrix = { rowCount: bars.rowCount, names, columns };
  const volatility = computeLabel(bars, forwardVolatility({ sessions: 5, periodsPerYear: 252 }));
  const labels = crossSectionalRank(volatility.values, bars).rank.map((rank) => (rank === rank ? Number(rank > 0.7) : NaN));
  const spans = { session: bars.session, endSession: volatility.endSession, sessionCount: bars.sessions.length };
  const { development, calibration, test } = holdoutSplit(spans, { calibration: 0.15, test: 0.25 });
  // No penalty, five rows a leaf, large steps: sure of itself, and wrong.
  const hard = { objective: 'logistic', numIterations: 50, numLeaves: 63, learningRate: 0.2, lambdaL2: 0, minDataInLeaf: 5 } as const;
  const { model } = await fitGbdt(binMatrix(matrix, { rows: development }), labels, { rows: development, ...hard });
  const part = (rows: Uint32Array): ScoredRows => ({
    scores: predictGbdt(model, matrix, { rows, output: 'margin' }),
    labels: Float64Array.from(rows, (row) => labels[row]),
    sessions: Float64Array.from(rows, (row) => bars.session[row]),
  });
  return { calibration: part(calibration), later: part(test) };
}

/** The rows of the last sessions. */
export function lastSessions({ scores, labels, sessions }: ScoredRows, count: number): ScoredRows {
  const from = sessions.findIndex((session) => session > sessions[sessions.length - 1] - count);
  return { scores: scores.subarray(from), labels: labels.subarray(from), sessions: sessions.subarray(from) };
}
