// Provisional, until the room's own files land.
import type { Task } from '../core/drive.ts';
import { randomStream } from '../core/random.ts';
import type { FeatureMatrix } from '../learners/types.ts';
export function* permutationImportanceTask(o: { predict: (m: FeatureMatrix, rows: Uint32Array) => Float64Array; matrix: FeatureMatrix; rows: Uint32Array; target: ArrayLike<number>; seed: number }): Task<{ feature: string; importance: number; standardError: number }[]> {
  const loss = (m: FeatureMatrix): Float64Array => { const p = o.predict(m, o.rows); return p.map((v, i) => (v - o.target[o.rows[i]]) ** 2); };
  const base = loss(o.matrix); const out = [];
  for (let f = 0; f < o.matrix.names.length; f++) {
    const col = Float64Array.from(o.matrix.columns[f]); const perm = randomStream(o.seed, o.matrix.names[f]).permutation(o.rows.length);
    perm.forEach((j, i) => { col[o.rows[i]] = o.matrix.columns[f][o.rows[j]]; });
    const d = loss({ ...o.matrix, columns: o.matrix.columns.map((c, k) => (k === f ? col : c)) }).map((v, i) => v - base[i]);
    const m = d.reduce((a, b) => a + b, 0) / d.length; const se = Math.sqrt(d.reduce((a, b) => a + (b - m) ** 2, 0)) / d.length;
    out.push({ feature: o.matrix.names[f], importance: m, standardError: se }); yield { phase: 'importance', done: f + 1, total: o.matrix.names.length };
  }
  return out.sort((a, b) => b.importance - a.importance);
}
