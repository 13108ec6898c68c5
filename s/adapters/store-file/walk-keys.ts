/** Keys of a folder tree in byte order, read no further than asked. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isKeySegment } from '../../storage/keys.ts';
import { hasFolderBody } from './body.ts';
import { isMissing } from './folders.ts';

/**
 * Every key under `folder` that is greater than `after`, in order. Temporary files, links and names that are no keys are left out.
 *
 * @param prefix - `''` or the key of `folder` with a trailing slash
 */
export async function* walkKeys(folder: string, prefix: string, after: string): AsyncGenerator<string, void, void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  // `a` comes before `a-b`, which comes before `a/b`: a folder has two places, as a body of the second form and as what is under it.
  const places: { readonly key: string; readonly kind: 'file' | 'body' | 'folder' }[] = [];
  for (const entry of entries) {
    if (!isKeySegment(entry.name)) continue;
    const key = prefix + entry.name;
    if (entry.isFile()) places.push({ key, kind: 'file' });
    else if (entry.isDirectory()) places.push({ key, kind: 'body' }, { key: `${key}/`, kind: 'folder' });
  }
  places.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { key, kind } of places) {
    if (kind === 'folder') {
      // All keys in it start with its name: they are past, unless `after` is among or before them.
      if (key > after || after.startsWith(key)) yield* walkKeys(join(folder, key.slice(prefix.length)), key, after);
    } else if (key > after && (kind === 'file' || (await hasFolderBody(join(folder, key.slice(prefix.length)))))) {
      yield key;
    }
  }
}
