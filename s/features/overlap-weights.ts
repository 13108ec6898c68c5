/** Weights of overlapping labels. */
import { requireSameLength } from '../core/assert.ts';
import type { Panel } from '../panel/types.ts';
import { entityGrid } from './grid.ts';
import type { LabelTable } from './types.ts';

/**
 * Average uniqueness of every label: the mean over its window (t, end] of 1 / (labels of the same entity alive at that session).
 *
 * 1 for a label that overlaps no other, about 1 / h for h-session labels taken at every session; 0 for a row without a label.
 *
 * @returns shape (n)
 * @see Lopez de Prado (2018), Advances in Financial Machine Learning, sections 4.3 and 4.4, snippets 4.1 and 4.2
 */
export function overlapWeights(panel: Panel, label: LabelTable): Float64Array {
  requireSameLength('overlapWeights', { 'panel rows': panel.session, 'label.endSession': label.endSession });
  const { endSession } = label;
  const { rowAt, sessionAt, runStart, entityStart, size } = entityGrid(panel);
  const weights = new Float64Array(panel.rowCount);
  for (let run = 0; run < entityStart.length; ) {
    const entity = entityStart[run];
    while (run < entityStart.length && entityStart[run] === entity) run++;
    const entityEnd = run < entityStart.length ? runStart[run] : size;
    // Labels whose windows touch no other cluster's are counted together; memory is bounded by the windows, not by the entity's span.
    for (let i = entity; i < entityEnd; ) {
      const first = sessionAt[i] + 1;
      let last = endSession[rowAt[i]];
      let j = i + 1;
      for (; j < entityEnd && sessionAt[j] < last; j++) last = Math.max(last, endSession[rowAt[j]]);
      if (last >= first) weigh(i, j, first, last);
      i = j;
    }
  }
  return weights;

  function weigh(begin: number, end: number, first: number, last: number): void {
    const alive = new Int32Array(last - first + 2);
    for (let i = begin; i < end; i++) {
      const until = endSession[rowAt[i]];
      if (until < 0) continue;
      alive[sessionAt[i] + 1 - first]++;
      alive[until + 1 - first]--;
    }
    const uniqueness = new Float64Array(last - first + 2); // sum of 1 / alive over the sessions before
    for (let s = 0, count = 0; s <= last - first; s++) {
      count += alive[s];
      uniqueness[s + 1] = uniqueness[s] + (count > 0 ? 1 / count : 0);
    }
    for (let i = begin; i < end; i++) {
      const until = endSession[rowAt[i]];
      if (until < 0) continue;
      const start = sessionAt[i] + 1 - first;
      weights[rowAt[i]] = (uniqueness[until + 1 - first] - uniqueness[start]) / (until - sessionAt[i]);
    }
  }
}
