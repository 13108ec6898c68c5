/** A test of law 1 for any feature code: change the future, rebuild, and see whether the past moved. */
import { requireInteger, requireKnownKeys, show } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { printable } from '../core/inspect.ts';
import { randomStream } from '../core/random.ts';
import { formatTime } from '../core/time.ts';
import { withColumns } from '../panel/columns.ts';
import { selectSessions } from '../panel/select.ts';
import type { Panel } from '../panel/types.ts';

export interface AuditCausalityOptions {
  /** Sessions after which the data is changed, spread over the panel; each costs two builds. @default 5 */
  readonly cuts?: number;
  /** Any 32-bit integer; places the cuts and draws the changes. @default 0 */
  readonly seed?: number;
}

/** A column whose past depends on the future. */
export interface CausalityOffence {
  readonly column: string;
  /** First row that moved, over all cuts. */
  readonly row: number;
  /** Time of that row, epoch milliseconds UTC. */
  readonly time: number;
  readonly entity: string;
  /** Last session that was left as it is, epoch milliseconds UTC. */
  readonly cutTime: number;
  /** `perturbed`: later values were changed. `truncated`: later rows were removed, and entities that only appear later with them. */
  readonly change: 'perturbed' | 'truncated';
  readonly before: number;
  readonly after: number;
  /** Moved values over all cuts and changes. */
  readonly count: number;
}

export interface CausalityAudit {
  /** True when no column offends. */
  readonly passed: boolean;
  /** One per offending column, by first row. */
  readonly offences: readonly CausalityOffence[];
  /** Columns that did not move after any cut either: constants and calendars, or data that does not come from the panel and so was not audited. */
  readonly insensitive: readonly string[];
  /** Columns looked at. */
  readonly columns: readonly string[];
  /** Times of the cut sessions, epoch milliseconds UTC. */
  readonly cutTimes: readonly number[];
}

/** Makes one value per row of the panel it is given, from that panel alone. */
export type BuildColumns = (panel: Panel) => Readonly<Record<string, ArrayLike<number>>>;

/**
 * Looks for features that see the future.
 *
 * After each of several cut sessions the panel's values are perturbed, and in a second trial its rows removed; `build` runs again and every row up to
 * the cut must have the same bits. Finds labels among features, centred windows, statistics of the whole sample, tomorrow's open,
 * and joins from later rows. It cannot find a leak that already sits in a panel column, nor see data that `build` takes from elsewhere: those
 * columns are listed as `insensitive`.
 *
 * @param build - deterministic; called 1 + 2 * cuts times
 * @throws DomainError for fewer than 3 sessions; ShapeError when `build` does not return one value per row
 * @example auditCausality(panel, (p) => ({ momentum: computeFeatures(p, { m: momentum(126, { skip: 21 }) }).columns[0] })).passed // true
 */
export function auditCausality(panel: Panel, build: BuildColumns, options: AuditCausalityOptions = {}): CausalityAudit {
  const fn = 'auditCausality';
  requireKnownKeys(fn, options, ['cuts', 'seed']);
  if (typeof build !== 'function') throw new DomainError(`${fn}: build must be a function, got ${show(build)}`);
  const sessionCount = panel.sessions.length;
  if (sessionCount < 3) throw new DomainError(`${fn}: panel must have at least 3 sessions, got ${sessionCount}`);
  const cutCount = requireInteger(fn, 'cuts', options.cuts ?? 5, { min: 1, max: 1000 });
  const seed = requireInteger(fn, 'seed', options.seed ?? 0, { min: -2147483648, max: 4294967295 });
  const original = built(build, panel);
  const offences = new Map<string, CausalityOffence>();
  const moved = new Set<string>(); // columns that react to the data at all
  const cuts = cutSessions(sessionCount, cutCount, seed);
  const cutTimes = cuts.map((session) => panel.sessions[session]);
  for (const cut of cuts) {
    const rows = panel.sessionStart[cut + 1];
    const cutTime = panel.sessions[cut];
    const perturbed = built(build, perturbAfter(panel, rows, seed));
    const truncated = built(build, selectSessions(panel, { to: cutTime }));
    for (const [change, rebuilt] of [['perturbed', perturbed], ['truncated', truncated]] as const) {
      for (const column of new Set([...original.keys(), ...rebuilt.keys()])) {
        const before = original.get(column);
        const after = rebuilt.get(column);
        const { first, count } = compare(before, after, 0, rows);
        if (change === 'perturbed' && (count > 0 || compare(before, after, rows, panel.rowCount).count > 0)) moved.add(column);
        if (count === 0) continue;
        const known = offences.get(column);
        const total = count + (known?.count ?? 0);
        if (known !== undefined && known.row <= first) offences.set(column, Object.freeze({ ...known, count: total }));
        else {
          offences.set(column, Object.freeze({ column, row: first, time: panel.sessions[panel.session[first]], entity: panel.entities[panel.entity[first]], cutTime, change, before: before?.[first] ?? NaN, after: after?.[first] ?? NaN, count: total }));
        }
      }
    }
  }
  const columns = [...original.keys()];
  const audit: CausalityAudit = {
    passed: offences.size === 0,
    offences: Object.freeze([...offences.values()].sort((a, b) => a.row - b.row)),
    insensitive: Object.freeze(columns.filter((column) => !moved.has(column) && !offences.has(column))),
    columns: Object.freeze(columns),
    cutTimes: Object.freeze(cutTimes),
  };
  return Object.freeze(printable(audit, auditSentence));
}

function built(build: BuildColumns, panel: Panel): Map<string, ArrayLike<number>> {
  const columns = new Map(Object.entries(build(panel)));
  for (const [name, values] of columns) {
    if (values?.length !== panel.rowCount) throw new ShapeError(`auditCausality: build must return one value per row (${panel.rowCount}) for column ${show(name)}, got ${show(values?.length)}`);
  }
  return columns;
}

// One cut in each of equal stretches of the sessions 0..S-2, so that something is left to change after it.
function cutSessions(sessionCount: number, count: number, seed: number): number[] {
  const random = randomStream(seed, 'causality cuts');
  const choices = sessionCount - 1;
  const cuts = Array.from({ length: count }, (_, i) => Math.floor(((i + random.uniform()) / count) * choices));
  return [...new Set(cuts)];
}

// Every value of the rows from `row` on is scaled by a factor around 1; signs and missing values stay, and zeros become positive.
function perturbAfter(panel: Panel, row: number, seed: number): Panel {
  const columns = Object.entries(panel.columns).map(([name, values]) => {
    const random = randomStream(seed, `causality change of ${name} from row ${row}`);
    const changed = values.slice();
    for (let i = row; i < changed.length; i++) changed[i] = changed[i] === 0 ? random.uniform() : changed[i] * Math.exp(0.2 * random.normal());
    return [name, changed] as const;
  });
  return withColumns(panel, Object.fromEntries(columns));
}

// Rows in [begin, end) whose values differ; NaN equals NaN, and an absent column is all NaN.
function compare(before: ArrayLike<number> | undefined, after: ArrayLike<number> | undefined, begin: number, end: number): { readonly first: number; readonly count: number } {
  let first = -1;
  let count = 0;
  for (let i = begin; i < end; i++) {
    const a = before === undefined ? NaN : before[i];
    const b = after === undefined ? NaN : after[i];
    if (a === b || (a !== a && b !== b)) continue;
    if (count++ === 0) first = i;
  }
  return { first, count };
}

function auditSentence({ passed, offences, columns, cutTimes, insensitive }: CausalityAudit): string {
  const head = `CausalityAudit ${passed ? 'passed' : 'FAILED'}: ${columns.length} columns, ${cutTimes.length} cuts`;
  const lines = offences.map(({ column, time, entity, change, cutTime, count }) => `  ${column} moves at ${formatTime(time)} ${entity} when data after ${formatTime(cutTime)} is ${change} (${count} values)`);
  return [head, ...lines, ...(insensitive.length > 0 ? [`  not moved by the panel's data: ${insensitive.join(', ')}`] : [])].join('\n');
}
