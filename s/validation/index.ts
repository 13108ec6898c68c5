/** How to split: by session, purged by label end, audited. */
export { auditSplits } from './audit-splits.ts';
export type { AuditSplitsOptions, SplitAudit, SplitOffence, SplitRoles } from './audit-splits.ts';
export type { OffenceKind } from './audit-pairs.ts';
export type { Boundary } from './boundary.ts';
export { holdoutSplit } from './holdout-split.ts';
export type { HoldoutCounts, HoldoutSplit, HoldoutSplitOptions } from './holdout-split.ts';
export { purgedKFold } from './purged-k-fold.ts';
export type { PurgedFold, PurgedKFoldOptions } from './purged-k-fold.ts';
export type { LabelSpans, RowSet } from './types.ts';
export { walkForwardSplits } from './walk-forward-splits.ts';
export type { WalkForwardSplit, WalkForwardSplitsOptions } from './walk-forward-splits.ts';
