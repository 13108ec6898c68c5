/** Structure of a manifest as it stands in a file. Functions of the rooms below check what is inside their own parts. */
import * as z from 'zod/mini';
import { SchemaError } from '../core/errors.ts';
import type { BundleContract, BundleManifest, MemberRecord } from './types.ts';

const text = z.string().check(z.minLength(1), z.maxLength(512));
const count = z.number().check(z.int(), z.nonnegative());
const time = z.union([z.number(), z.nan()]);
const real = z.union([z.number(), z.nan(), z.literal(Infinity), z.literal(-Infinity)]);
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const evidence = z.enum(['folds', 'calibration', 'test']);
const record = z.record(z.string(), z.unknown());

const manifestSchema = z.strictObject({
  kind: z.literal('bundle'),
  schemaVersion: z.literal(1),
  family: z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)),
  label: record,
  horizon: z.number().check(z.int(), z.positive()),
  recipe: z.unknown(),
  recipeDigest: sha256,
  features: record,
  context: record,
  contract: z.strictObject({
    columns: z.array(text).check(z.maxLength(4096)),
    specs: z.array(record).check(z.maxLength(4096)),
    lookbackSessions: count,
    maxMissingShare: z.number().check(z.minimum(0), z.maximum(1)),
  }),
  lineage: z.strictObject({ panelDigest: sha256, rowCount: count, entityCount: count, firstTime: time, lastTime: time, labelledRows: count }),
  split: z.strictObject({
    developmentRows: count,
    calibrationRows: count,
    testRows: count,
    purgedRows: count,
    trainedThrough: time,
    calibrationFrom: z.nullable(time),
    testFrom: z.nullable(time),
  }),
  refit: z.enum(['none', 'all']),
  members: z.array(z.strictObject({ name: text, kind: text, weight: z.number().check(z.minimum(0), z.maximum(1)), plain: z.unknown() })).check(z.minLength(1), z.maxLength(64)),
  uncertainty: z.nullable(z.strictObject({ dispersion: text, groupBy: z.nullable(text), groupCuts: z.nullable(record), conformal: record })),
  direction: z.nullable(record),
  expiresAfterDays: z.nullable(z.number().check(z.positive())),
  quality: z.number().check(z.minimum(0), z.maximum(1)),
  metrics: z.array(z.strictObject({ metric: text, evidence, value: real, standardError: real, n: count, unit: z.enum(['rows', 'sessions']) })),
  gates: z.array(z.strictObject({ code: text, evidence, value: real, threshold: real, n: count, status: z.enum(['passed', 'failed', 'insufficient', 'warned']) })),
  importances: z.array(z.strictObject({ feature: text, importance: real })),
  regimes: z.array(z.never()),
  outOfSample: z.strictObject({ entities: z.array(text), roles: z.array(text).check(z.maxLength(255)) }),
  parts: z.array(z.strictObject({ name: z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,95}$/)), bytes: count, sha256 })).check(z.maxLength(64)),
});

type Unread = Readonly<Record<string, unknown>>;

/** The manifest as read: structure checked, the parts that rooms below own not yet. */
export type RawManifest = Omit<BundleManifest, 'label' | 'features' | 'context' | 'contract' | 'members' | 'uncertainty' | 'direction' | 'recipe'> & {
  readonly label: Unread;
  readonly features: Unread;
  readonly context: Unread;
  readonly contract: Omit<BundleContract, 'specs'> & { readonly specs: readonly Unread[] };
  readonly members: readonly (MemberRecord & { readonly plain: unknown })[];
  readonly uncertainty: { readonly dispersion: string; readonly groupBy: string | null; readonly groupCuts: Unread | null; readonly conformal: Unread } | null;
  readonly direction: Unread | null;
  readonly recipe: unknown;
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
};

/** Checks the structure of a manifest. @throws SchemaError naming the first field that is wrong */
export function parseManifest(fn: string, value: unknown): RawManifest {
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data as RawManifest;
  const issue = parsed.error.issues[0];
  throw new SchemaError(`${fn}: manifest.${issue?.path.join('.')} is not valid: ${issue?.message ?? 'unknown'}`, { details: { issues: parsed.error.issues } });
}
