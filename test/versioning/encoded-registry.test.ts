import { describe, expect, it } from 'vitest';
import { memoryStore, openCommitLog } from '../../src/storage/index.ts';
import type { ObjectStore } from '../../src/storage/index.ts';
import { openEncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import type { EncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import { fakeBundle } from './fixtures/fake-bundle.ts';

const NOW = new Date('2026-03-29T01:30:00.123Z');
const open = (store: ObjectStore, now: () => Date = () => NOW): EncodedRegistry => openEncodedRegistry({ store, now, actor: 'ops@desk' });
const us = (horizon: number) => ({ family: 'us-equity', horizon });
const keysOf = async (store: ObjectStore): Promise<string[]> => (await store.list('', { limit: 1000 })).keys.map(({ key }) => key);

describe('publish', () => {
  it('numbers versions per family and horizon from 1, and says what it did', async () => {
    const registry = open(memoryStore());
    const bundle = fakeBundle('a');
    const record = await registry.publishEncoded(bundle, us(5), { note: 'first', nonce: 'job-1' });
    expect(record).toMatchObject({ id: 'us-equity.h5.v1', family: 'us-equity', horizon: 5, version: 1, digest: bundle.digest, publishedAt: '2026-03-29T01:30:00.123Z', actor: 'ops@desk', note: 'first', nonce: 'job-1', seq: 1 });
    expect(record.publishId).toMatch(new RegExp(`^${bundle.digest.slice(0, 16)}-[0-9a-f]{12}$`));
    expect((await registry.publishEncoded(fakeBundle('b'), us(5))).id).toBe('us-equity.h5.v2');
    expect((await registry.publishEncoded(fakeBundle('c'), us(20))).id).toBe('us-equity.h20.v1');
    expect((await registry.publishEncoded(fakeBundle('d'), { family: 'other', horizon: 5 })).id).toBe('other.h5.v1');
  });

  it('writes the parts, then the manifest, then the one commit', async () => {
    const order: string[] = [];
    const inner = memoryStore();
    const store: ObjectStore = { ...inner, put: (key, body, options) => {
      order.push(key);
      return inner.put(key, body, options);
    } };
    const { publishId } = await open(store).publishEncoded(fakeBundle('a'), us(5));
    const folder = `m/us-equity.h5/b/${publishId}`;
    // The format is created twice: the second creation must be refused, which proves the store.
    expect(order).toEqual(['format.json', 'format.json', `${folder}/0.bin`, `${folder}/1.bin`, `${folder}/manifest.json`, 'm/us-equity.h5/log/000000000001.json']);
    expect((await keysOf(inner)).sort()).toEqual([...new Set(order)].sort());
  });

  it('gives back the bytes of a version, bundle without parts included', async () => {
    const registry = open(memoryStore());
    for (const bundle of [fakeBundle('a'), fakeBundle('b', []), fakeBundle('c', [0, 1])]) {
      const record = await registry.publishEncoded(bundle, us(5));
      const bytes = await registry.readEncoded(await registry.find({ id: record.id }));
      expect(bytes.manifest).toEqual(bundle.manifest.bytes);
      expect(bytes.parts).toEqual(bundle.parts.map(({ name, bytes: part }) => ({ name, bytes: part })));
    }
  });

  it('publishes once per nonce, whoever repeats it, and refuses the nonce for another bundle', async () => {
    const store = memoryStore();
    const first = await open(store).publishEncoded(fakeBundle('a'), us(5), { nonce: 'job-1' });
    const again = await open(store).publishEncoded(fakeBundle('a'), us(5), { nonce: 'job-1' });
    expect(again).toEqual(first);
    await expect(open(store).publishEncoded(fakeBundle('b'), us(5), { nonce: 'job-1' })).rejects.toMatchObject({ code: 'ERR_DUPLICATE', details: { id: first.id } });
    const twins = await Promise.all([0, 1, 2, 3].map(() => open(store).publishEncoded(fakeBundle('c'), us(5), { nonce: 'job-2' })));
    expect(new Set(twins.map(({ id }) => id))).toEqual(new Set(['us-equity.h5.v2']));
    expect(await open(store).list()).toHaveLength(2);
    expect((await open(store).resolve('job-2'))?.id).toBe('us-equity.h5.v2');
    expect(await open(store).resolve('job-3')).toBeUndefined();
  });

  it('loses no version among concurrent publishers', async () => {
    const store = memoryStore();
    const records = await Promise.all(Array.from({ length: 20 }, (_, i) => open(store).publishEncoded(fakeBundle(`n${i}`), us(5))));
    expect(records.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect((await open(store).list()).map(({ digest }) => digest).sort()).toEqual(records.map(({ digest }) => digest).sort());
  });

  it('refuses a bundle whose bytes are not those of its digests', async () => {
    const good = fakeBundle('a');
    const store = memoryStore();
    const torn = { ...good, parts: [good.parts[0], { ...good.parts[1], bytes: good.parts[1].bytes.slice(1) }] };
    await expect(open(store).publishEncoded(torn, us(5))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    await expect(open(store).publishEncoded({ ...good, digest: fakeBundle('b').digest }, us(5))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    expect(await keysOf(store)).toEqual([]);
  });

  it('refuses a store that accepts if-absent and ignores it, before anything is published', async () => {
    const inner = memoryStore();
    const liar: ObjectStore = { ...inner, put: (key, body) => inner.put(key, body, { if: { kind: 'any' } }) };
    await expect(open(liar).publishEncoded(fakeBundle('a'), us(5))).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await keysOf(inner)).toEqual(['format.json']);
  });

  it('refuses unknown options and bad values', async () => {
    const registry = open(memoryStore());
    const bundle = fakeBundle('a');
    await expect(registry.publishEncoded(bundle, us(5), { notes: 'x' } as never)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_NAME' });
    for (const options of [{ note: 'x'.repeat(1001) }, { nonce: '' }, { nonce: 'x'.repeat(129) }]) await expect(registry.publishEncoded(bundle, us(5), options)).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
    for (const horizon of [0, -5, 1.5, Number.NaN, 1e6]) await expect(registry.publishEncoded(bundle, us(horizon))).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });
});

describe('which version', () => {
  async function filled(): Promise<EncodedRegistry> {
    const registry = open(memoryStore());
    for (const [family, horizon] of [['us-equity', 5], ['us-equity', 20], ['us-equity', 5], ['us-equity', 10], ['us-equity-vol', 5]] as const) await registry.publishEncoded(fakeBundle(`${family}${horizon}`), { family, horizon });
    return registry;
  }

  it('is found by id, by number and as the newest', async () => {
    const registry = await filled();
    expect((await registry.find({ id: 'us-equity.h5.v1' })).version).toBe(1);
    expect((await registry.find({ ...us(5), version: 2 })).id).toBe('us-equity.h5.v2');
    expect((await registry.find({ ...us(5), newest: true })).id).toBe('us-equity.h5.v2');
    expect((await registry.find({ family: 'us-equity-vol', newest: true })).id).toBe('us-equity-vol.h5.v1');
    expect((await registry.newest(us(20)))?.id).toBe('us-equity.h20.v1');
    expect(await registry.newest(us(7))).toBeUndefined();
  });

  it('is listed by family, horizon as a number, and version', async () => {
    const registry = await filled();
    const ids = async (...args: Parameters<EncodedRegistry['list']>): Promise<string[]> => (await registry.list(...args)).map(({ id }) => id);
    expect(await ids()).toEqual(['us-equity.h5.v1', 'us-equity.h5.v2', 'us-equity.h10.v1', 'us-equity.h20.v1', 'us-equity-vol.h5.v1']);
    expect(await ids({ family: 'us-equity-vol' })).toEqual(['us-equity-vol.h5.v1']);
    expect(await ids({ horizon: 5 })).toEqual(['us-equity.h5.v1', 'us-equity.h5.v2', 'us-equity-vol.h5.v1']);
    expect(await ids({ family: 'us-equity', horizon: 20 })).toEqual(['us-equity.h20.v1']);
    expect(await ids({ family: 'none' })).toEqual([]);
    await expect(registry.list({ famly: 'x' } as never)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_NAME' });
  });

  it('engine 9: latest is per horizon, so publishing 5, 10 and 20 leaves each loadable', async () => {
    const registry = open(memoryStore());
    for (const horizon of [5, 10, 20]) await registry.publishEncoded(fakeBundle(`h${horizon}`), us(horizon));
    for (const horizon of [5, 10, 20]) {
      const record = await registry.find({ ...us(horizon), newest: true });
      expect(record.id).toBe(`us-equity.h${horizon}.v1`);
      expect((await registry.readEncoded(record)).manifest).toEqual(fakeBundle(`h${horizon}`).manifest.bytes);
    }
  });

  it('is refused as ambiguous, with the candidates, when the family has several horizons', async () => {
    const registry = await filled();
    for (const selector of [{ family: 'us-equity', newest: true }, { family: 'us-equity', version: 2 }] as const) {
      await expect(registry.find(selector)).rejects.toMatchObject({ code: 'ERR_AMBIGUOUS', details: { candidates: ['us-equity.h5', 'us-equity.h10', 'us-equity.h20'] } });
    }
  });

  it('engine 2: an explicit version never falls back; the error names what exists', async () => {
    const registry = await filled();
    await expect(registry.find({ id: 'us-equity.h5.v3' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', message: expect.stringContaining('its versions are 1 to 2'), details: { wanted: 'us-equity.h5.v3', exists: ['us-equity.h5.v1', 'us-equity.h5.v2'] } });
    await expect(registry.find({ ...us(20), version: 2 })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', details: { exists: ['us-equity.h20.v1'] } });
    const models = ['us-equity-vol.h5', 'us-equity.h10', 'us-equity.h20', 'us-equity.h5'];
    await expect(registry.find({ ...us(7), newest: true })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', details: { wanted: 'us-equity.h7', exists: models } });
    await expect(registry.find({ family: 'none', newest: true })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', details: { wanted: 'none', exists: models } });
    await expect(open(memoryStore()).find({ id: 'a.h5.v1' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', message: expect.stringContaining('published are none') });
  });

  it('must be said in exactly one way', async () => {
    const registry = await filled();
    for (const selector of [{}, us(5), { ...us(5), version: 1, newest: true }, { id: 'us-equity.h5.v1', ...us(5) }, { id: 'us-equity.h5.v1', version: 1 }, { ...us(5), newest: false }, { newest: true }, { version: 1 }, { ...us(5), version: 0 }, { ...us(5), version: 1.5 }, { ...us(5), version: '1' }]) {
      await expect(registry.find(selector as never), JSON.stringify(selector)).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
    }
    await expect(registry.find({ ...us(5), latest: true } as never)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_NAME' });
    for (const selector of [undefined, null, 'us-equity.h5.v1']) await expect(registry.find(selector as never)).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });

  it('engine 2: no path gets through an id, a family or a version', async () => {
    const inner = memoryStore();
    await open(inner).publishEncoded(fakeBundle('a'), us(5));
    const touched: string[] = [];
    const store: ObjectStore = { ...inner, get: (key, options) => {
      touched.push(key);
      return inner.get(key, options);
    } };
    const registry = open(store);
    const hostile = ['../../x', '..', '%2e%2e', '%2e', 'a/b', 'a\\b', '/etc/passwd', 'c:\\x', 'us-equity.h5.v1/../v2', 'us-equity.h5.v01', 'us-equity.h05.v1', 'us-equity.h5.v1 ', ' us-equity.h5.v1', 'us-equity.h5.v1\n', 'US-equity.h5.v1', 'us-equity.h5.v1.', 'us-equity.h5.v1\0', 'us-equity.h5.v', 'us-equity.h5.v-1', 'us-equity.h5.v1e3', 'us.equity.h5.v1', 'con.h5.v1', '__proto__', '', 'us-equity.h5.v9999999999', `${'a'.repeat(65)}.h5.v1`];
    for (const text of hostile) {
      await expect(registry.find({ id: text }), text).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
      await expect(registry.find({ ...us(5), version: text } as never), text).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
      await expect(registry.find({ family: text, horizon: 5, newest: true }), text).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
      await expect(registry.publishEncoded(fakeBundle('b'), { family: text, horizon: 5 }), text).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
      await expect(registry.list({ family: text }), text).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
    }
    expect(touched).toEqual([]);
    await expect(registry.publishEncoded(fakeBundle('b'), { family: 'con', horizon: 5 })).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });

  it('engine 9: a stale instance is impossible: two registries over one store see each other\'s publishes at once', async () => {
    const store = memoryStore();
    const [trainer, caller] = [open(store), open(store)];
    expect(await caller.newest(us(5))).toBeUndefined();
    for (let version = 1; version <= 3; version++) {
      const { id } = await trainer.publishEncoded(fakeBundle(`v${version}`), us(5));
      expect((await caller.newest(us(5)))?.id).toBe(id);
      expect((await caller.find({ id })).digest).toBe(fakeBundle(`v${version}`).digest);
      expect(await caller.list()).toHaveLength(version);
    }
    expect((await caller.publishEncoded(fakeBundle('v4'), us(5))).id).toBe('us-equity.h5.v4');
    expect((await trainer.newest(us(5)))?.id).toBe('us-equity.h5.v4');
  });

  it('engine 9: ids are not local time: the same second, a clock change and a clock running backwards make 1, 2, 3', async () => {
    const times = ['2026-10-25T01:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T00:30:00Z'];
    const store = memoryStore();
    for (const [i, time] of times.entries()) expect((await open(store, () => new Date(time)).publishEncoded(fakeBundle(`v${i}`), us(5))).id).toBe(`us-equity.h5.v${i + 1}`);
    const published = (await open(store).list()).map(({ publishedAt }) => publishedAt);
    expect(published).toEqual([...published].sort());
    expect(published.every((text) => text.endsWith('Z'))).toBe(true);
  });

  it('engine 9: the list is chronological and its last of a model is the newest', async () => {
    const registry = await filled();
    const records = await registry.list(us(5));
    expect(records.map(({ version }) => version)).toEqual([1, 2]);
    expect(records.at(-1)).toEqual(await registry.newest(us(5)));
  });
});

describe('what a registry refuses to read', () => {
  const logOf = (store: ObjectStore, prefix = 'm/us-equity.h5') => openCommitLog({ store, prefix, now: () => NOW, initial: 0, reduce: (n: number) => n + 1 });
  const register = async (version: number) => {
    const { publishId, digest, manifestBytes, parts } = await open(memoryStore()).publishEncoded(fakeBundle('a'), us(5));
    return { op: 'register', model: 'us-equity.h5', version, publishId, digest, manifestBytes, parts };
  };

  it('stops at an op of a later version', async () => {
    const store = memoryStore();
    await open(store).publishEncoded(fakeBundle('a'), us(5));
    await logOf(store).append(() => [{ op: 'alias', name: 'champion', to: 1 }]);
    for (const call of [() => open(store).find({ id: 'us-equity.h5.v1' }), () => open(store).list(), () => open(store).publishEncoded(fakeBundle('b'), us(5))]) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_LAYOUT_NEWER', details: { op: 'alias', seq: 2 } });
    }
    for (const op of ['toString', '__proto__', 'constructor']) {
      const other = memoryStore();
      await logOf(other).append(() => [{ op }]);
      await expect(open(other).list()).rejects.toMatchObject({ code: 'ERR_LAYOUT_NEWER' });
    }
  });

  it('stops at a store that needs a later reader', async () => {
    const store = memoryStore();
    await open(store).publishEncoded(fakeBundle('a'), us(5));
    const { seal } = await import('../../src/storage/sealed.ts');
    const write = async (value: unknown) => store.put('format.json', (await seal(value)).body, { if: { kind: 'any' } });
    await write({ layout: 2, minReader: 2 });
    await expect(open(store).find({ id: 'us-equity.h5.v1' })).rejects.toMatchObject({ code: 'ERR_LAYOUT_NEWER' });
    await expect(open(store).publishEncoded(fakeBundle('b'), us(5))).rejects.toMatchObject({ code: 'ERR_LAYOUT_NEWER' });
    await write({ layout: 2, minReader: 1 });
    expect((await open(store).find({ id: 'us-equity.h5.v1' })).version).toBe(1);
    await write({ layout: 2 });
    await expect(open(store).find({ id: 'us-equity.h5.v1' })).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
  });

  it('refuses a log under another model\'s name, and versions out of order', async () => {
    const store = memoryStore();
    await open(store).publishEncoded(fakeBundle('a'), us(5));
    const commit = (await store.get('m/us-equity.h5/log/000000000001.json'))?.body as Uint8Array;
    await store.put('m/us-equity.h20/log/000000000001.json', commit, { if: { kind: 'any' } });
    await expect(open(store).newest(us(20))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    const skipped = memoryStore();
    await logOf(skipped).append(() => [{ op: 'register', version: 2 }]);
    await expect(open(skipped).newest(us(5))).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
    const jumped = memoryStore();
    const op = await register(2);
    await logOf(jumped).append(() => [op]);
    await expect(open(jumped).newest(us(5))).rejects.toMatchObject({ code: 'ERR_INTEGRITY', message: expect.stringContaining('version 1') });
  });

  it('refuses an entry that points out of its folder or has absurd sizes', async () => {
    const good = await register(1);
    for (const change of [{ publishId: '../../../../etc/passwd' }, { publishId: '' }, { digest: 'x' }, { manifestBytes: -1 }, { manifestBytes: 2 ** 40 }, { parts: [{ name: 'p', bytes: 1e12, sha256: good.digest }] }, { parts: Array.from({ length: 65 }, () => good.parts[0]) }, { parts: 'none' }]) {
      const store = memoryStore();
      await logOf(store).append(() => [{ ...good, ...change }]);
      await expect(open(store).newest(us(5)), JSON.stringify(change).slice(0, 80)).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
    }
    const store = memoryStore();
    await logOf(store).append(() => [{ ...good, addedLater: true }]);
    expect((await open(store).newest(us(5)))?.version).toBe(1);
  });

  it('does not take strange folders under m/ for models', async () => {
    const store = memoryStore();
    await open(store).publishEncoded(fakeBundle('a'), us(5));
    for (const key of ['m/readme', 'm/us-equity/log/000000000001.json', 'm/us-equity.h05/x', 'm/z.h5', 'm/a.b.h5/log/000000000001.json', 'm/us-equity.h5-x/y']) await store.put(key, new Uint8Array([1]), { if: { kind: 'any' } });
    await store.put('m/orphan.h5/b/0123456789abcdef-0123456789ab/0.bin', new Uint8Array([1]), { if: { kind: 'any' } });
    expect((await open(store).list()).map(({ id }) => id)).toEqual(['us-equity.h5.v1']);
    await expect(open(store).find({ family: 'orphan', newest: true })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND', details: { exists: ['us-equity.h5'] } });
  });
});
