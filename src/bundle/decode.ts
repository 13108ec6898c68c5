/** Bytes to a bundle: a part's digest is checked before the part is parsed, and what is parsed before it is used. */
import { checkPlattFit } from '../calibration/index.ts';
import { canonicalJson, fromPlain } from '../core/codec.ts';
import type { Plain } from '../core/codec.ts';
import { digestOf, sha256 } from '../core/digest.ts';
import { QuantwrightError, SchemaError } from '../core/errors.ts';
import { checkConformalFit, checkGroupCuts } from '../conformal/index.ts';
import { featureContract, labelInfo, lookbackSessions, requiredColumns, validateFeatures, validateLabel } from '../features/index.ts';
import type { Tensor } from '../learners/types.ts';
import { checkDriftReference } from '../shift-detection/index.ts';
import { codecOf } from './codecs.ts';
import type { BundleCodecOptions } from './codecs.ts';
import { makeBundle, TENSOR_PART } from './make.ts';
import { parseManifest } from './schema.ts';
import type { RawManifest } from './schema.ts';
import { decodeTensors } from './tensors.ts';
import type { Bundle, BundleManifest, OutOfSample } from './types.ts';

export interface DecodeBundleOptions extends BundleCodecOptions {
  /** Digest the bundle must have, from the registry or wherever it is trusted. Without it the file only vouches for itself. */
  readonly digest?: string;
}

// A manifest of a hundred features is some ten kB; parsed JSON takes a hundred times its text in the worst case.
const MAX_MANIFEST_BYTES = 4 << 20;

/**
 * Reads a bundle.
 *
 * @param encoded - manifest bytes and the parts it names
 * @throws QuantwrightError `ERR_INTEGRITY` for any byte that is not the one written, before parsing; `SchemaError` for a well-digested file of a wrong structure
 */
export async function decodeBundle(
  encoded: { readonly manifest: Uint8Array; readonly parts: readonly { readonly name: string; readonly bytes: Uint8Array }[] },
  options: DecodeBundleOptions = {},
): Promise<Bundle> {
  const { manifest: bytes, parts } = encoded;
  if (bytes.length > MAX_MANIFEST_BYTES) throw new QuantwrightError('ERR_TOO_LARGE', `decodeBundle: manifest must be at most ${MAX_MANIFEST_BYTES} bytes, got ${bytes.length}`);
  const digest = await sha256(bytes);
  if (options.digest !== undefined && digest !== options.digest) throw new QuantwrightError('ERR_INTEGRITY', `decodeBundle: manifest must have digest ${options.digest}, got ${digest}`);
  const raw = readManifest(bytes);
  demand(new Set(raw.parts.map((part) => part.name)).size === raw.parts.length, 'parts must have names of their own');
  const files = new Map<string, Uint8Array>();
  for (const part of raw.parts) {
    const file = parts.find((p) => p.name === part.name);
    if (file === undefined) throw new QuantwrightError('ERR_INTEGRITY', `decodeBundle: part ${part.name} must be present`);
    if (file.bytes.length !== part.bytes || (await sha256(file.bytes)) !== part.sha256) throw new QuantwrightError('ERR_INTEGRITY', `decodeBundle: part ${part.name} does not match its digest`);
    files.set(part.name, file.bytes);
  }
  const tensorFile = files.get(TENSOR_PART);
  if (tensorFile === undefined) throw new SchemaError(`decodeBundle: manifest must name the part ${TENSOR_PART}`);
  const tensors = decodeTensors(tensorFile);
  const models = raw.members.map((member, i) => codecOf('decodeBundle', member.kind, options.codecs).decode({ plain: member.plain as Plain, tensors: withPrefix(tensors, `members/${i}/`) }));
  const manifest = await checkManifest(raw);
  models.forEach((model, i) => {
    const unknown = model.featureNames.filter((name) => !Object.hasOwn(manifest.features, name));
    if (unknown.length > 0) throw new SchemaError(`decodeBundle: member ${manifest.members[i].name} reads features the manifest does not define: ${unknown.slice(0, 5).join(', ')}`);
  });
  return makeBundle({ manifest, models: Object.freeze(models), outOfSample: readOutOfSample(withPrefix(tensors, 'outOfSample/'), manifest) }, digest);
}

function readManifest(bytes: Uint8Array): RawManifest {
  let plain: Plain;
  try {
    plain = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Plain;
  } catch (cause) {
    throw new SchemaError('decodeBundle: manifest must be UTF-8 JSON', { cause });
  }
  return parseManifest('decodeBundle', fromPlain(plain));
}

// What a shape cannot say: closed sets of functions, agreement between fields.
async function checkManifest(raw: RawManifest): Promise<BundleManifest> {
  const { parts: _parts, members, ...rest } = raw;
  const features = validateFeatures('decodeBundle', rest.features);
  const context = validateFeatures('decodeBundle', rest.context);
  const label = validateLabel('decodeBundle', rest.label);
  const all = { ...context, ...features };
  const uncertainty = checkUncertainty(rest.uncertainty);
  demand(Object.keys(features).length > 0, 'must have at least one feature');
  const { horizon, signed } = labelInfo(label);
  demand(horizon === rest.horizon, "horizon must be the label's own");
  const specs = featureContract(all);
  demand(rest.contract.lookbackSessions === lookbackSessions(all), 'contract.lookbackSessions must follow from its features');
  demand(JSON.stringify(rest.contract.columns) === JSON.stringify(requiredColumns(all)), 'contract.columns must follow from its features');
  demand(JSON.stringify(rest.contract.specs) === JSON.stringify(specs), 'contract.specs must follow from its features');
  for (const name of [uncertainty?.dispersion === 'constant' ? null : uncertainty?.dispersion, uncertainty?.groupBy]) demand(name == null || Object.hasOwn(context, name), 'uncertainty must name context features');
  const drift = rest.drift == null ? null : checkDriftReference(rest.drift);
  demand(drift === null || drift.features.every(({ name }) => Object.hasOwn(features, name)), 'drift must be of its features');
  const direction = rest.direction === null ? null : checkPlattFit(rest.direction);
  demand(direction === null || signed, 'direction must be null for a label without a sign');
  const total = members.reduce((sum, m) => sum + m.weight, 0);
  demand(Math.abs(total - 1) < 1e-9, `members must have weights that sum to 1, got ${total}`);
  demand(new Set(members.map((m) => m.name)).size === members.length, 'members must have names of their own');
  demand(rest.lineage.lastTime >= rest.lineage.firstTime, 'lineage must run forward');
  const recipe = rest.recipe as { readonly family?: unknown; readonly label?: unknown; readonly features?: Readonly<Record<string, unknown>> } | null;
  demand((await digestOf(recipe)) === rest.recipeDigest, 'recipe must have the digest recipeDigest');
  demand(recipe?.family === rest.family && canonicalJson(recipe.label) === canonicalJson(label), 'recipe must be of the family and label');
  for (const name of Object.keys(features)) demand(canonicalJson(recipe?.features?.[name] ?? null) === canonicalJson(features[name]), `feature ${name} must be the recipe's`);
  return Object.freeze({
    ...rest,
    label,
    features,
    context,
    recipe: rest.recipe as Plain,
    contract: { ...rest.contract, specs },
    members: members.map(({ name, kind, weight }) => ({ name, kind, weight })),
    uncertainty,
    direction,
    drift,
    regimes: [],
  });
}

function demand(ok: boolean, rule: string): void {
  if (!ok) throw new SchemaError(`decodeBundle: manifest ${rule}`);
}

function checkUncertainty(raw: RawManifest['uncertainty']): BundleManifest['uncertainty'] {
  if (raw === null) return null;
  const conformal = checkConformalFit(raw.conformal);
  const groupCuts = raw.groupCuts === null ? null : checkGroupCuts(raw.groupCuts);
  demand((raw.groupBy === null) === (groupCuts === null), 'uncertainty must have groupBy and groupCuts together');
  demand(conformal.radii.length === (groupCuts?.groupCount ?? 1), 'uncertainty must have a radius for every group');
  demand((conformal.score === 'absolute') === (raw.dispersion === 'constant'), 'uncertainty must scale a normalised score only');
  return { dispersion: raw.dispersion, groupBy: raw.groupBy, groupCuts, conformal };
}

function withPrefix(tensors: Readonly<Record<string, Tensor>>, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function readOutOfSample(tensors: Readonly<Record<string, Tensor>>, manifest: BundleManifest): OutOfSample {
  const { time, entity, prediction, outcome, labelEnd, role } = tensors;
  const n = time?.length ?? -1;
  const { entities, roles } = manifest.outOfSample;
  if (
    !(time instanceof Float64Array && prediction instanceof Float64Array && outcome instanceof Float64Array && labelEnd instanceof Float64Array && entity instanceof Uint32Array && role instanceof Uint8Array) ||
    [entity, prediction, outcome, labelEnd, role].some((tensor) => tensor.length !== n) ||
    entity.some((code) => code >= entities.length) ||
    role.some((code) => code >= roles.length) ||
    time.some((t, i) => !(t <= labelEnd[i])) ||
    !prediction.every(Number.isFinite) ||
    !outcome.every(Number.isFinite)
  ) {
    throw new SchemaError('decodeBundle: out-of-sample tensors must be time, entity, prediction, outcome, labelEnd and role of one length, finite, with codes in range and labels that end later');
  }
  return Object.freeze({ time, entity, prediction, outcome, labelEnd, role });
}
