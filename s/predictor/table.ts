/** Predictions as flat rows for `console.table` and notebooks. */
import type { Prediction } from './types.ts';

/** One flat row; numbers rounded to 5 significant digits. */
export type PredictionTableRow = Readonly<Record<string, string | number | null>>;

/** Flat rows: date, entity, value, interval, P(up), share of imputed features, weaknesses or the reason of an abstention. */
export function predictionTable(predictions: readonly Prediction[]): PredictionTableRow[] {
  const round = (x: number): number => (Number.isFinite(x) ? Number(x.toPrecision(5)) : x);
  return predictions.map((row) => {
    const head = { date: row.date, entity: row.entity };
    if (row.status === 'abstained') return { ...head, value: null, lower: null, upper: null, note: `${row.reason}: ${row.detail}` };
    return {
      ...head,
      value: round(row.value),
      lower: round(row.lower),
      upper: round(row.upper),
      ...(row.probabilityUp === null ? {} : { probabilityUp: round(row.probabilityUp) }),
      disagreement: round(row.disagreement),
      imputed: round(row.provenance.imputedShare),
      version: row.provenance.version ?? row.provenance.digest.slice(0, 8),
      note: [row.provenance.inSample ? 'in-sample' : '', ...row.provenance.degraded].filter((text) => text !== '').join(' '),
    };
  });
}
