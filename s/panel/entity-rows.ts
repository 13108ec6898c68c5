/** Rows of each entity. */
import type { Panel } from './types.ts';

/** Rows grouped by entity: entity e owns `rows[start[e]]` up to but not including `rows[start[e + 1]]`, in time order. */
export interface EntityRows {
  /** Shape (E + 1). */
  readonly start: Uint32Array;
  /** Row indices, shape (n). */
  readonly rows: Uint32Array;
}

/** The rows of each entity in time order: one counting pass, O(n). */
export function entityRows(panel: Panel): EntityRows {
  const { entity, rowCount: n } = panel;
  const count = panel.entities.length;
  const start = new Uint32Array(count + 1);
  for (let i = 0; i < n; i++) start[entity[i] + 1]++;
  for (let e = 0; e < count; e++) start[e + 1] += start[e];
  const next = start.slice();
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[next[entity[i]]++] = i;
  return Object.freeze({ start, rows });
}
