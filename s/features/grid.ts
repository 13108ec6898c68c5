/**
 * The panel's rows in entity order, cut into runs.
 *
 * A run is a stretch of rows of one entity at consecutive sessions, so a window of k sessions without a gap is k neighbours inside a run.
 * Absent rows take no memory, however sparse the panel is. A position is an index into this order.
 */
import type { Panel } from '../panel/types.ts';

export interface Grid {
  readonly panel: Panel;
  /** First session covered; rows before it are left out. */
  readonly base: number;
  /** First panel row covered. */
  readonly firstRow: number;
  /** Number of positions m. */
  readonly size: number;
  /** Panel row at each position, shape (m). */
  readonly rowAt: Uint32Array;
  /** Position of panel row `firstRow + i`, shape (m). */
  readonly positionOf: Uint32Array;
  /** Panel session at each position, shape (m). */
  readonly sessionAt: Uint32Array;
  /** Run j is positions `runStart[j]` up to but not including `runStart[j + 1]`, shape (R + 1). */
  readonly runStart: Uint32Array;
  /** First position of the entity of each run, shape (R). */
  readonly entityStart: Uint32Array;
}

// Rows between two steps: a few milliseconds.
const ROWS_PER_STEP = 262144;

/** The grid over the rows of session `base` and later. Yields between steps of a few milliseconds. */
export function* entityGridSteps(panel: Panel, base = 0): Generator<undefined, Grid, void> {
  const firstRow = panel.sessionStart[base];
  const size = panel.rowCount - firstRow;
  const { entity, session } = panel;
  // Counting sort by entity; the panel is ordered by session, so each entity's rows stay in time order.
  const next = new Uint32Array(panel.entities.length + 1);
  for (let a = firstRow; a < panel.rowCount; a += ROWS_PER_STEP) {
    countEntities(entity, next, a, Math.min(panel.rowCount, a + ROWS_PER_STEP));
    yield;
  }
  for (let e = 1; e < next.length; e++) next[e] += next[e - 1];
  const rowAt = new Uint32Array(size);
  const positionOf = new Uint32Array(size);
  const sessionAt = new Uint32Array(size);
  for (let a = firstRow; a < panel.rowCount; a += ROWS_PER_STEP) {
    const b = Math.min(panel.rowCount, a + ROWS_PER_STEP);
    for (let row = a; row < b; row++) {
      const position = next[entity[row]]++;
      rowAt[position] = row;
      positionOf[row - firstRow] = position;
      sessionAt[position] = session[row];
    }
    yield;
  }
  const starts: number[] = [];
  const entityStarts: number[] = [];
  for (let a = 0; a < size; a += ROWS_PER_STEP) {
    for (let position = a; position < Math.min(size, a + ROWS_PER_STEP); position++) {
      const newEntity = position === 0 || entity[rowAt[position]] !== entity[rowAt[position - 1]];
      if (newEntity || sessionAt[position] !== sessionAt[position - 1] + 1) {
        starts.push(position);
        entityStarts.push(newEntity ? position : entityStarts[entityStarts.length - 1]);
      }
    }
    yield;
  }
  starts.push(size);
  return { panel, base, firstRow, size, rowAt, positionOf, sessionAt, runStart: Uint32Array.from(starts), entityStart: Uint32Array.from(entityStarts) };
}

// counts[e + 1] becomes the number of rows of entity e.
function countEntities(entity: Uint32Array, counts: Uint32Array, from: number, to: number): void {
  for (let row = from; row < to; row++) counts[entity[row] + 1]++;
}

/** {@link entityGridSteps} in one go. */
export function entityGrid(panel: Panel, base = 0): Grid {
  const steps = entityGridSteps(panel, base);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
