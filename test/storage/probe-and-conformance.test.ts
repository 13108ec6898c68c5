import { describe, expect, it } from 'vitest';
import { faultStore, memoryStore, probeStore, storeConformance } from '../../src/storage/index.ts';
import type { ObjectStore } from '../../src/storage/index.ts';

/** A memory store with some methods broken. */
function broken(change: (store: ObjectStore) => Partial<ObjectStore>): ObjectStore {
  const store = memoryStore();
  return { ...store, ...change(store) };
}

describe('probeStore', () => {
  it('passes a sound store and leaves nothing behind', async () => {
    const store = memoryStore();
    await probeStore(store, 'probe');
    expect((await store.list('')).keys).toEqual([]);
  });

  it('refuses a store that accepts if-absent and ignores it', async () => {
    await expect(probeStore(faultStore(memoryStore(), { ignoreConditions: true }), 'probe')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', details: { rule: 'refuse to create a key that exists' } });
  });

  it('refuses a store that checks first and writes later', async () => {
    const store = broken((inner) => ({
      put: async (key, body, options) => {
        const found = await inner.get(key);
        await new Promise((resolve) => setImmediate(resolve));
        if (options.if.kind === 'absent' && found === undefined) return inner.put(key, body, { if: { kind: 'any' } });
        return inner.put(key, body, options);
      },
    }));
    await expect(probeStore(store, 'probe')).rejects.toMatchObject({ details: { rule: 'let exactly one of 8 racing creators win' } });
  });

  it('refuses a store that ignores etags, or accepts a condition outside its caps', async () => {
    const ignoring = broken((inner) => ({ put: (key, body, options) => inner.put(key, body, options.if.kind === 'match' ? { if: { kind: 'any' } } : options) }));
    await expect(probeStore(ignoring, 'probe')).rejects.toMatchObject({ details: { rule: 'refuse a stale etag' } });
    const undeclared = broken((inner) => ({ caps: { ...inner.caps, ifMatch: 'none' } }));
    await expect(probeStore(undeclared, 'probe')).rejects.toMatchObject({ details: { rule: 'refuse a condition outside its caps' } });
  });

  it('refuses a store whose listing lags although it says strong', async () => {
    await expect(probeStore(broken(() => ({ list: async () => ({ keys: [], more: false }) })), 'probe')).rejects.toMatchObject({ details: { rule: 'list what was put, in order' } });
  });
});

describe('storeConformance', () => {
  const failing = async (store: () => ObjectStore): Promise<string[]> => {
    const results: string[] = [];
    for (const { name, run } of storeConformance(() => {
      const first = store();
      return { first, second: first };
    })) await run().catch(() => results.push(name));
    return results;
  };

  it.each<[string, (inner: ObjectStore) => Partial<ObjectStore>, RegExp]>([
    ['ignores conditions', (inner) => ({ put: (key, body) => inner.put(key, body, { if: { kind: 'any' } }) }), /creators win/],
    ['loses a byte', (inner) => ({ get: async (key, options) => inner.get(key, options).then((found) => found && { ...found, body: found.body.subarray(1) }) }), /bytes that were put/],
    ['throws for a missing key', (inner) => ({ get: async (key, options) => (await inner.get(key, options)) ?? Promise.reject(new Error('missing')) }), /missing key/],
    ['matches foo with foobar', (inner) => ({ list: async (prefix, options) => {
      const { keys } = await inner.list('', { limit: 1000 });
      const rest = keys.filter(({ key }) => key.startsWith(prefix.replace(/\/$/, '')) && key > (options?.after ?? ''));
      return { keys: rest.slice(0, options?.limit ?? 1000), more: rest.length > (options?.limit ?? 1000) };
    } }), /byte order/],
    ['lists backwards', (inner) => ({ list: async (prefix, options) => inner.list(prefix, options).then((page) => ({ ...page, keys: [...page.keys].reverse() })) }), /byte order/],
    ['cleans keys up instead of refusing them', (inner) => ({ get: (key, options) => inner.get(String(key).toLowerCase().replace(/[^a-z0-9/]/g, '').replace(/^\/+/, '') || 'x', options) }), /hostile key/],
    ['ignores maxBytes', (inner) => ({ get: (key, options) => inner.get(key, options?.signal ? { signal: options.signal } : {}) }), /larger than the reader/],
    ['ignores the signal', (inner) => ({ delete: (key) => inner.delete(key) }), /aborted/],
  ])('catches a store that %s', async (_, change, name) => {
    expect((await failing(() => broken(change))).join('\n')).toMatch(name);
  });
});

describe('faultStore', () => {
  it('fails before, after, and by truncation at the chosen operation only', async () => {
    const inner = memoryStore();
    const store = faultStore(inner, { faults: [{ at: 1, kind: 'before' }, { at: 2, kind: 'after' }, { at: 3, kind: 'truncate' }, { at: 5, kind: 'before', code: 'ERR_TRANSIENT', isLasting: true }] });
    const put = () => store.put('a', new Uint8Array(10), { if: { kind: 'any' } });
    await expect(put()).rejects.toMatchObject({ code: 'ERR_UNKNOWN_OUTCOME', outcome: 'unknown' });
    expect(await inner.get('a')).toBeUndefined();
    await expect(put()).rejects.toMatchObject({ code: 'ERR_UNKNOWN_OUTCOME' });
    expect(await inner.get('a')).toBeDefined();
    expect((await store.get('a'))?.body.length).toBe(5);
    expect((await store.get('a'))?.body.length).toBe(10);
    await expect(store.list('')).rejects.toMatchObject({ code: 'ERR_TRANSIENT', retryable: true });
    await expect(store.delete('a')).rejects.toMatchObject({ code: 'ERR_TRANSIENT' });
    expect(store.operations.map(({ method }) => method)).toEqual(['put', 'put', 'get', 'get', 'list', 'delete']);
  });

  it('refuses a plan it does not understand', () => {
    expect(() => faultStore(memoryStore(), { faults: [{ at: 0, kind: 'before' }] })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => faultStore(memoryStore(), { fault: [] } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
