/**
 * Where things lie in the store.
 *
 * ```
 * format.json                            sealed { layout, minReader }
 * m/<family>.h<horizon>/log/<seq>.json   commits: the only truth
 * m/<family>.h<horizon>/b/<publishId>/   manifest.json, 0.bin, 1.bin, ...: seen by nobody until a commit names them
 * ```
 */
import { show } from '../core/assert.ts';
import { isQuantwrightError, QuantwrightError, SchemaError, StoreError } from '../core/errors.ts';
import type { ObjectStore } from '../storage/index.ts';
import { seal, unseal } from '../storage/sealed.ts';
import { repeatOnFault } from './files.ts';
import { modelName, parseModelName } from './ids.ts';
import type { ModelKey } from './ids.ts';

const FORMAT_KEY = 'format.json';
const MAX_FORMAT_BYTES = 4096;
const LAYOUT = 1;

export function modelPrefix(key: ModelKey): string {
  return `m/${modelName(key)}`;
}

export function manifestKey(key: ModelKey, publishId: string): string {
  return `${modelPrefix(key)}/b/${publishId}/manifest.json`;
}

/** Files are numbered: the names of the parts are data in the commit, never part of a path. */
export function partKey(key: ModelKey, publishId: string, index: number): string {
  return `${modelPrefix(key)}/b/${publishId}/${index}.bin`;
}

/** The models that have anything in the store, one listing call each. */
export async function findModels(store: ObjectStore, signal?: AbortSignal): Promise<ModelKey[]> {
  const models: ModelKey[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.list('m/', { limit: 1, ...(after === undefined ? {} : { after }), ...(signal === undefined ? {} : { signal }) });
    const key = page.keys[0]?.key;
    if (key === undefined) return models;
    const [, name, ...rest] = key.split('/');
    const model = rest.length > 0 ? parseModelName(name) : undefined;
    if (model !== undefined) models.push(model);
    after = rest.length > 0 ? `m/${name}/${'z'.repeat(96)}` : key; // no key of the model comes after 96 times the last letter
  }
}

/**
 * Reads `format.json`. False when the store has none yet.
 *
 * @throws QuantwrightError `ERR_LAYOUT_NEWER` for a store that only later versions may read
 */
export async function checkFormat(fn: string, store: ObjectStore, signal?: AbortSignal): Promise<boolean> {
  const found = await store.get(FORMAT_KEY, { maxBytes: MAX_FORMAT_BYTES, ...(signal === undefined ? {} : { signal }) });
  if (found === undefined) return false;
  const { value } = await unseal(fn, FORMAT_KEY, found.body);
  const minReader = (value as { readonly minReader?: unknown } | null)?.minReader;
  if (typeof minReader !== 'number') throw new SchemaError(`${fn}: ${FORMAT_KEY} must have a minReader, got ${show(minReader)}`);
  if (minReader > LAYOUT) throw new QuantwrightError('ERR_LAYOUT_NEWER', `${fn}: the store needs a reader of layout ${minReader}, this version reads up to ${LAYOUT}`, { details: { minReader } });
  return true;
}

/**
 * Writes `format.json` if need be, and with it proves that the store keeps create-if-absent: a second creation must be refused.
 *
 * @throws StoreError `ERR_UNSUPPORTED` for a store that accepts the condition and ignores it: two publishers would overwrite each other
 */
export async function ensureFormat(store: ObjectStore, signal?: AbortSignal): Promise<void> {
  const { body } = await seal({ layout: LAYOUT, minReader: LAYOUT });
  let accepted = 0;
  const isEnforced = async (): Promise<boolean> => {
    try {
      await store.put(FORMAT_KEY, body, { if: { kind: 'absent' }, ...(signal === undefined ? {} : { signal }) });
      accepted++;
      return false;
    } catch (error) {
      if (isQuantwrightError(error, 'ERR_PRECONDITION')) return true;
      throw error;
    }
  };
  while (!(await repeatOnFault(FORMAT_KEY, signal, isEnforced))) {
    if (accepted > 1) throw new StoreError('ERR_UNSUPPORTED', `publish: ${store.name} must refuse to create a key that exists; it accepts the condition and ignores it`, { details: { store: store.name } });
  }
  await checkFormat('publish', store, signal);
}
