import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../src/adapters/store-file/index.ts';
import type { FileStoreOptions } from '../../src/adapters/store-file/index.ts';
import { storeConformance } from '../../src/storage/index.ts';

const ABSENT = { if: { kind: 'absent' } } as const;
const ANY = { if: { kind: 'any' } } as const;

let base: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'quantwright-store-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));
const newFolder = (): string => join(base, `store-${++count}`);

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const modes: readonly [string, FileStoreOptions][] = [
  ['with sync and links', {}],
  ['without sync', { fsync: false }],
  ['on a file system without hard links', { hardLinks: false }],
];
describe.each(modes)('fileStore keeps the contract of a store, %s', (_, options) => {
  const makePair = () => {
    const folder = newFolder();
    return { first: fileStore(folder, options), second: fileStore(folder, options) };
  };
  for (const { name, run } of storeConformance(makePair)) it(name, run);

  it('leaves no temporary file behind', async () => {
    const folder = newFolder();
    const store = fileStore(folder, options);
    await store.put('a/b', new Uint8Array([1]), ABSENT);
    await store.put('a/b', new Uint8Array([2]), ABSENT).catch(() => {});
    await store.put('a/b', new Uint8Array([3]), ANY);
    const controller = new AbortController();
    const aborted = store.put('a/c', new Uint8Array([1]), { ...ABSENT, signal: controller.signal });
    controller.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    expect((await filesUnder(folder)).filter((file) => file.includes('.tmp-'))).toEqual([]);
    expect((await store.list('')).keys.map(({ key }) => key)).toEqual(['a/b']);
  });
});

describe('fileStore on the disk', () => {
  it('makes its folder at the first put and not before', async () => {
    const folder = newFolder();
    const store = fileStore(folder);
    expect(await store.get('a/b')).toBeUndefined();
    expect((await store.list('')).keys).toEqual([]);
    await store.delete('a/b');
    expect(existsSync(folder)).toBe(false);
    await store.put('a/b', new Uint8Array([1, 2]), ABSENT);
    expect([...(await readFile(join(folder, 'a/b')))]).toEqual([1, 2]);
    expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o600);
  });

  it('says how durable it is', () => {
    expect(fileStore(newFolder()).caps).toMatchObject({ ifAbsent: 'store', ifMatch: 'none', durability: 'fsync', list: 'strong' });
    expect(fileStore(newFolder(), { fsync: false }).caps.durability).toBe('os');
  });

  it('lets both ways of creating exclude each other', async () => {
    const folder = newFolder();
    const [linked, linkless] = [fileStore(folder), fileStore(folder, { hardLinks: false })];
    await linked.put('a', new Uint8Array([1]), ABSENT);
    await expect(linkless.put('a', new Uint8Array([2]), ABSENT)).rejects.toMatchObject({ code: 'ERR_PRECONDITION' });
    await linkless.put('b', new Uint8Array([3]), ABSENT);
    await expect(linked.put('b', new Uint8Array([4]), ABSENT)).rejects.toMatchObject({ code: 'ERR_PRECONDITION' });
    expect([(await linkless.get('a'))?.body[0], (await linked.get('b'))?.body[0]]).toEqual([1, 3]);
    await linked.put('b', new Uint8Array([5]), ANY);
    expect((await linkless.get('b'))?.body[0]).toBe(5);
    const results = await Promise.allSettled(Array.from({ length: 32 }, (__, i) => [linked, linkless][i % 2].put('c', new Uint8Array([i]), ABSENT)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('ignores temporary files, sweeps old ones at the first put and keeps young ones', async () => {
    const folder = newFolder();
    await mkdir(join(folder, 'a'), { recursive: true });
    await writeFile(join(folder, 'a/.tmp-young'), 'x');
    await writeFile(join(folder, 'a/.tmp-old'), 'x');
    await utimes(join(folder, 'a/.tmp-old'), 1, 1);
    const store = fileStore(folder);
    expect((await store.list('')).keys).toEqual([]);
    expect(existsSync(join(folder, 'a/.tmp-old'))).toBe(true);
    await store.put('b', new Uint8Array(1), ABSENT);
    expect(await readdir(join(folder, 'a'))).toEqual(['.tmp-young']);
    expect((await store.list('')).keys.map(({ key }) => key)).toEqual(['b']);
  });

  it('never leaves its folder through a symbolic link', async () => {
    const [folder, outside] = [newFolder(), newFolder()];
    await mkdir(join(folder, 'real'), { recursive: true });
    await mkdir(outside, { recursive: true });
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(folder, 'out'));
    await symlink(join(outside, 'secret'), join(folder, 'real/file'));
    await symlink(join(outside, 'nothing'), join(folder, 'dangling'));
    const store = fileStore(folder);
    for (const call of [
      () => store.get('out/secret'), () => store.get('real/file'), () => store.stat?.('real/file'), () => store.list('out/'), () => store.delete('out/secret'),
      () => store.put('out/new', new Uint8Array(1), ABSENT), () => store.put('out/deep/new', new Uint8Array(1), ANY), () => store.put('dangling/new', new Uint8Array(1), ANY),
    ]) {
      await expect((async () => call())()).rejects.toMatchObject({ code: 'ERR_STORE' });
    }
    expect((await store.list('')).keys).toEqual([]);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('opens through a link to the folder itself: the host chose it', async () => {
    const [folder, alias] = [newFolder(), newFolder()];
    await mkdir(folder, { recursive: true });
    await symlink(folder, alias);
    await fileStore(alias).put('a/b', new Uint8Array([1]), ABSENT);
    expect((await fileStore(folder).get('a/b'))?.body[0]).toBe(1);
  });

  it('refuses a key that is the folder of others, and one under a key', async () => {
    const store = fileStore(newFolder());
    await store.put('a/b', new Uint8Array(1), ABSENT);
    for (const condition of [ABSENT, ANY]) await expect(store.put('a', new Uint8Array(1), condition)).rejects.toMatchObject({ code: 'ERR_STORE' });
    await expect(store.put('a/b/c', new Uint8Array(1), ABSENT)).rejects.toMatchObject({ code: 'ERR_STORE', outcome: 'not-applied' });
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('a/b/c')).toBeUndefined();
    await store.delete('a');
    await store.delete('a/b/c');
    expect((await store.list('')).keys.map(({ key }) => key)).toEqual(['a/b']);
  });

  it('reports the disk\'s refusal as a store error with its cause', async () => {
    const folder = newFolder();
    await writeFile(folder, 'a file');
    await expect(fileStore(folder).put('a', new Uint8Array(1), ABSENT)).rejects.toMatchObject({ code: 'ERR_STORE', details: { system: 'ENOTDIR' } });
    expect(await fileStore(folder).get('a')).toBeUndefined();
    expect(() => fileStore('')).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => fileStore(folder, { sync: true } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
