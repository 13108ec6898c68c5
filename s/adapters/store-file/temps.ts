/** Temporary files: where a body lies before it is put in place. Their names are no keys, so no listing shows them. */
import { randomBytes } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Etag } from '../../storage/types.ts';
import { etagOf } from './body.ts';

const TEMP_PREFIX = '.tmp-';
const TEMP_MODE = 0o600;

// A put takes seconds. What is older was left by a process that died; sweeping a live one too early only fails its put.
const STALE_MS = 3_600_000;

export interface TempBody {
  readonly path: string;
  readonly etag: Etag;
}

/** A name nobody can guess, never the name of a key. */
export function tempName(): string {
  return `${TEMP_PREFIX}${randomBytes(12).toString('hex')}`;
}

/** Writes a body to a new file in `folder`; synced when asked. Leaves nothing behind when it fails. */
export async function writeTemp(folder: string, body: Uint8Array, isSynced: boolean): Promise<TempBody> {
  const path = join(folder, tempName());
  const handle = await open(path, 'wx', TEMP_MODE);
  try {
    await handle.writeFile(body);
    if (isSynced) await handle.sync();
    return { path, etag: etagOf(await handle.stat({ bigint: true })) };
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  } finally {
    await handle.close();
  }
}

/** Removes what dead processes left behind. Never fails: a file that cannot be removed is only untidy. */
export async function sweepTemps(folder: string, now: number): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(TEMP_PREFIX)) {
      const age = await stat(path).then(({ mtimeMs }) => now - mtimeMs, () => 0);
      if (age > STALE_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
    } else if (entry.isDirectory()) {
      await sweepTemps(path, now);
    }
  }
}
