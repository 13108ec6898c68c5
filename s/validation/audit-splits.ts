/** Proof that the parts of a split share no row and no time. */
import { requireInteger, requireKnownKeys, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { printable, textTable } from '../core/inspect.ts';
import { comparePair, readRole } from './audit-pairs.ts';
import type { OffenceKind, Role } from './audit-pairs.ts';
import { checkSpans } from './eligible-rows.ts';
import type { HoldoutSplit } from './holdout-split.ts';
import type { PurgedFold } from './purged-k-fold.ts';
import type { LabelSpans } from './types.ts';
import type { WalkForwardSplit } from './walk-forward-splits.ts';

/**
 * Row sets by role, in order of use: what is fitted first comes first, what judges comes last, as in
 * `{ train, earlyStopping, calibration, test }`. A role called `test` counts as last wherever it is written.
 */
export type SplitRoles = Readonly<Record<string, ArrayLike<number>>>;

export interface AuditSplitsOptions {
  /** Sessions after a later-used role's labels in which no row of an earlier-used role may stand. @default 0 */
  readonly embargoSessions?: number;
  /** Rows of an earlier-used role must not stand after those of a later-used one; always asked of holdout and walk-forward splits. @default false */
  readonly chronological?: boolean;
}

export interface SplitOffence {
  /** Index of the split. */
  readonly split: number;
  /** The role used earlier. */
  readonly earlier: string;
  /** The role used later; the same role for `unlabelled`. */
  readonly later: string;
  /**
   * `shared-row`: the same row in both. `overlap`: two rows whose closed label intervals meet. `embargo`: a row of the earlier role too soon
   * after one of the later. `order`: a row of the earlier role after one of the later. `unlabelled`: a row that has no label.
   */
  readonly kind: OffenceKind;
  /** Number of offending pairs of rows; of rows for `shared-row` and `unlabelled`. */
  readonly count: number;
  /** Up to 10 of them as [row of the earlier role, row of the later role]. */
  readonly rows: readonly (readonly [number, number])[];
}

export interface SplitAudit {
  /** True when there is no offence. */
  readonly passed: boolean;
  readonly offences: readonly SplitOffence[];
  /** Number of pairs of rows the verdict speaks for. */
  readonly pairsChecked: number;
}

/**
 * Checks every pair of roles of every split, row against row.
 *
 * Any splitter's output can be given, ours or another's. The work is proportional to rows and sessions, not to pairs.
 *
 * @throws DomainError for a split with fewer than two roles, and for rows that do not exist
 * @example auditSplits(spans, [{ train, earlyStopping, test }], { embargoSessions: 2 }).offences
 */
export function auditSplits(spans: LabelSpans, splits: readonly (SplitRoles | HoldoutSplit | PurgedFold | WalkForwardSplit)[], options: AuditSplitsOptions = {}): SplitAudit {
  const fn = 'auditSplits';
  requireKnownKeys(fn, options, ['embargoSessions', 'chronological']);
  const { embargoSessions = 0, chronological = false } = options;
  requireInteger(fn, 'embargoSessions', embargoSessions, { min: 0 });
  if (!Array.isArray(splits)) throw new DomainError(`${fn}: splits must be a list of splits, got ${show(splits)}`);
  const rowCount = checkSpans(fn, spans);
  const offences: SplitOffence[] = [];
  let pairsChecked = 0;
  splits.forEach((split: SplitRoles | HoldoutSplit | PurgedFold | WalkForwardSplit, index) => {
    const { named, inOrder } = rolesOf(fn, index, split);
    const roles = named.map(([name, rows]) => readRole(fn, spans, rowCount, `splits[${index}].${name}`, name, rows));
    const add = (earlier: Role, later: Role, kind: OffenceKind, count: number, rows: SplitOffence['rows']): void => {
      if (count > 0) offences.push(Object.freeze({ split: index, earlier: earlier.name, later: later.name, kind, count, rows: Object.freeze(rows.map((pair) => Object.freeze(pair))) }));
    };
    for (const role of roles) add(role, role, 'unlabelled', role.unlabelled.length, Array.from(role.unlabelled.subarray(0, 10), (row) => [row, row] as const));
    for (let i = 0; i < roles.length; i++) {
      for (let j = i + 1; j < roles.length; j++) {
        pairsChecked += roles[i].rows.length * roles[j].rows.length;
        for (const { kind, count, rows } of comparePair(spans, roles[i], roles[j], { embargoSessions, chronological: chronological || inOrder })) add(roles[i], roles[j], kind, count, rows);
      }
    }
  });
  return Object.freeze(printable({ passed: offences.length === 0, offences: Object.freeze(offences), pairsChecked }, describe));
}

// Our own splits say what they are; in any other record every field is a role.
function rolesOf(fn: string, index: number, split: SplitRoles | HoldoutSplit | PurgedFold | WalkForwardSplit): { named: (readonly [string, ArrayLike<number>])[]; inOrder: boolean } {
  if (typeof split !== 'object' || split === null) throw new DomainError(`${fn}: splits[${index}] must be a record of row sets, got ${show(split)}`);
  if (split.kind === 'holdout') {
    const { development, calibration, test } = split as HoldoutSplit;
    return { named: [['development', development], ['calibration', calibration], ['test', test]], inOrder: true };
  }
  if (split.kind === 'fold' || split.kind === 'walk-forward') {
    const { kind, train, test } = split as PurgedFold | WalkForwardSplit;
    return { named: [['train', train], ['test', test]], inOrder: kind === 'walk-forward' };
  }
  const named = Object.entries(split as SplitRoles).sort(([a], [b]) => Number(a === 'test') - Number(b === 'test'));
  if (named.length < 2) throw new DomainError(`${fn}: splits[${index}] must have at least two roles, got ${named.length}`);
  return { named, inOrder: false };
}

function describe({ passed, offences, pairsChecked }: SplitAudit): string {
  if (passed) return `no offence in ${pairsChecked} pairs of rows`;
  return textTable(offences.map(({ split, earlier, later, kind, count, rows }) => ({ split, earlier, later, kind, count, example: rows[0].join(', ') })));
}
