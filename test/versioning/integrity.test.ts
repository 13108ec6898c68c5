import { describe, expect, it, vi } from 'vitest';
import { memoryStore } from '../../src/storage/index.ts';
import type { ObjectStore } from '../../src/storage/index.ts';
import { openEncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import { fakeBundle } from './fixtures/fake-bundle.ts';

const KEY = { family: 'us-equity', horizon: 5 };
const open = (store: ObjectStore) => openEncodedRegistry({ store, now: () => new Date('2026-01-02T00:00:00Z') });

async function published(): Promise<{ store: ObjectStore; keys: readonly string[] }> {
  const store = memoryStore();
  await open(store).publishEncoded(fakeBundle('a'), KEY, { nonce: 'job' });
  return { store, keys: (await store.list('')).keys.map(({ key }) => key) };
}

async function readNewest(store: ObjectStore): Promise<unknown> {
  const registry = open(store);
  return registry.readEncoded(await registry.find({ ...KEY, newest: true }));
}

async function withBytes(store: ObjectStore, key: string, change: (bytes: Uint8Array) => Uint8Array, check: () => Promise<void>): Promise<void> {
  const good = (await store.get(key))?.body as Uint8Array;
  await store.put(key, change(good.slice()), { if: { kind: 'any' } });
  await check();
  await store.put(key, good, { if: { kind: 'any' } });
}

describe('every stored object', () => {
  it('is one of format, commit, manifest and parts', async () => {
    const { keys } = await published();
    expect(keys.map((key) => key.replace(/[0-9a-f]{16}-[0-9a-f]{12}/, 'ID'))).toEqual(['format.json', 'm/us-equity.h5/b/ID/0.bin', 'm/us-equity.h5/b/ID/1.bin', 'm/us-equity.h5/b/ID/manifest.json', 'm/us-equity.h5/log/000000000001.json']);
  });

  it('is refused with any byte flipped, before it is parsed', async () => {
    const { store, keys } = await published();
    const parse = vi.spyOn(JSON, 'parse');
    try {
      for (const key of keys) {
        const size = (await store.get(key))?.body.length as number;
        // Every byte of format, commit and manifest; every 37th of the parts.
        for (let i = 0; i < size; i += key.endsWith('.bin') ? 37 : 1) {
          const flip = (bytes: Uint8Array): Uint8Array => {
            bytes[i] ^= 1 << (i % 8);
            return bytes;
          };
          await withBytes(store, key, flip, async () => {
            parse.mockClear();
            await expect(readNewest(store), `${key} byte ${i}`).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
            // The objects read before it are whole and may be parsed: none before format, format before commit, both before the files.
            expect(parse.mock.calls.length, `${key} byte ${i}`).toBe(key === 'format.json' ? 0 : key.includes('/log/') ? 1 : 2);
          });
        }
      }
    } finally {
      parse.mockRestore();
    }
    await readNewest(store);
  });

  it('is refused when it is cut, longer, empty, swapped or gone', async () => {
    const { store, keys } = await published();
    for (const key of keys) {
      for (const change of [(b: Uint8Array) => b.subarray(0, b.length - 1), (b: Uint8Array) => b.subarray(0, b.length >> 1), () => new Uint8Array(), (b: Uint8Array) => Uint8Array.from([...b, 0]), (b: Uint8Array) => b.reverse()]) {
        await withBytes(store, key, change, async () => {
          await expect(readNewest(store), key).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
        });
      }
    }
    const [part0, part1] = await Promise.all([keys[1], keys[2]].map(async (key) => (await store.get(key))?.body as Uint8Array));
    await store.put(keys[1], part1, { if: { kind: 'any' } });
    await store.put(keys[2], part0, { if: { kind: 'any' } });
    await expect(readNewest(store)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    await store.put(keys[1], part0, { if: { kind: 'any' } });
    await store.put(keys[2], part1, { if: { kind: 'any' } });
    await readNewest(store);
    for (const key of [keys[1], keys[3]]) {
      const good = (await store.get(key))?.body as Uint8Array;
      await store.delete(key);
      await expect(readNewest(store)).rejects.toMatchObject({ code: 'ERR_INTEGRITY', message: expect.stringContaining('missing') });
      await store.put(key, good, { if: { kind: 'any' } });
    }
    await store.delete(keys[0]); // without a format the log still says what it is
    await readNewest(store);
  });

  it('engine 9: a corrupt commit is refused by publish as well, and is not overwritten', async () => {
    const { store, keys } = await published();
    await withBytes(store, keys[4], (bytes) => bytes.subarray(0, 200), async () => {
      const torn = (await store.get(keys[4]))?.body;
      await expect(open(store).publishEncoded(fakeBundle('b'), KEY)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
      expect((await store.get(keys[4]))?.body).toEqual(torn);
    });
    expect((await open(store).publishEncoded(fakeBundle('b'), KEY)).version).toBe(2);
  });

  it('of another publish under this one\'s name is refused by the publish that meets it', async () => {
    const { store, keys } = await published();
    const other = memoryStore();
    // A repeat of an interrupted publish finds its own files; changed ones are not taken for them.
    await other.put(keys[1], new Uint8Array(3000), { if: { kind: 'any' } });
    await expect(open(other).publishEncoded(fakeBundle('a'), KEY, { nonce: 'job' })).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    await other.put(keys[1], (await store.get(keys[1]))?.body as Uint8Array, { if: { kind: 'any' } });
    expect((await open(other).publishEncoded(fakeBundle('a'), KEY, { nonce: 'job' })).version).toBe(1);
  });
});
