/** Structure of a manifest as it stands in a file. Functions of the rooms below check what is inside their own parts. */
import { anything, count, list, matching, nullable, object, oneOf, optional, real, record, text, within } from '../core/shape.ts';
import type { Shape } from '../core/shape.ts';
import type { BundleContract, BundleManifest, MemberRecord } from './types.ts';

const sha256 = matching(/^[0-9a-f]{64}$/);
const evidence = oneOf('folds', 'calibration', 'test');
const positive = within(Number.MIN_VALUE, Number.MAX_VALUE);
const time = within(-8.64e15, 8.64e15);

const manifestShape: Shape = object({
  kind: oneOf('bundle'),
  schemaVersion: oneOf(1),
  family: matching(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  label: record,
  horizon: count,
  recipe: anything,
  recipeDigest: sha256,
  features: record,
  context: record,
  contract: object({ columns: list(text, 4096), specs: list(record, 4096), lookbackSessions: count, maxMissingShare: within(0, 1) }),
  lineage: object({ panelDigest: sha256, rowCount: count, entityCount: count, firstTime: time, lastTime: time, labelledRows: count }),
  split: object({
    developmentRows: count, calibrationRows: count, testRows: count, droppedRows: count,
    trainedThrough: time, calibrationFrom: nullable(time), testFrom: nullable(time),
  }),
  refit: oneOf('none', 'all'),
  members: list(object({ name: matching(/^[A-Za-z0-9][\w-]{0,63}$/), kind: text, weight: within(0, 1), plain: anything }), 64, 1),
  uncertainty: nullable(object({ dispersion: text, groupBy: nullable(text), groupCuts: nullable(record), conformal: record })),
  direction: nullable(record),
  drift: optional(nullable(record)), // bundles of the first builds have none
  expiresAfterDays: nullable(positive),
  quality: within(0, 1),
  metrics: list(object({ metric: text, evidence, value: real, standardError: real, n: count, unit: oneOf('rows', 'sessions') }), 4096),
  gates: list(object({ code: text, evidence, value: real, threshold: real, n: count, status: oneOf('passed', 'failed', 'insufficient', 'warned') }), 4096),
  importances: list(object({ feature: text, importance: real }), 4096),
  regimes: list(anything, 0),
  outOfSample: object({ entities: list(text, 2 ** 32), roles: list(text, 255) }),
  parts: list(object({ name: matching(/^[a-z0-9][a-z0-9._-]{0,95}$/), bytes: count, sha256 }), 64),
});

type Unread = Readonly<Record<string, unknown>>;

/** The manifest as read: structure checked, the parts that rooms below own not yet. */
export type RawManifest = Omit<BundleManifest, 'label' | 'features' | 'context' | 'contract' | 'members' | 'uncertainty' | 'direction' | 'drift' | 'recipe'> & {
  readonly label: Unread;
  readonly features: Unread;
  readonly context: Unread;
  readonly contract: Omit<BundleContract, 'specs'> & { readonly specs: readonly Unread[] };
  readonly members: readonly (MemberRecord & { readonly plain: unknown })[];
  readonly uncertainty: { readonly dispersion: string; readonly groupBy: string | null; readonly groupCuts: Unread | null; readonly conformal: Unread } | null;
  readonly direction: Unread | null;
  readonly drift?: Unread | null;
  readonly recipe: unknown;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
};

/** Checks the structure of a manifest. @throws SchemaError naming the first field that is wrong */
export function parseManifest(fn: string, value: unknown): RawManifest {
  manifestShape(value, `${fn}: manifest`);
  return value as RawManifest;
}
