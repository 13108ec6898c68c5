import { describe, expect, it } from 'vitest';
import { faultStore, memoryStore } from '../../src/storage/index.ts';
import type { Fault, ObjectStore } from '../../src/storage/index.ts';
import { openEncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import type { EncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import { fakeBundle } from './fixtures/fake-bundle.ts';

const KEY = { family: 'us-equity', horizon: 5 };
const OLD = fakeBundle('old');
const NEW = fakeBundle('new');
const open = (store: ObjectStore): EncodedRegistry => openEncodedRegistry({ store, now: () => new Date('2026-01-02T00:00:00Z') });

async function withOld(): Promise<ObjectStore> {
  const store = memoryStore();
  await open(store).publishEncoded(OLD, KEY, { nonce: 'old' });
  return store;
}

/** What any reader sees: every version whole, verified byte by byte. */
async function visible(store: ObjectStore): Promise<string[]> {
  const registry = open(store);
  const digests: string[] = [];
  for (const record of await registry.list()) {
    const { manifest, parts } = await registry.readEncoded(record);
    const source = [OLD, NEW].find(({ digest }) => digest === record.digest);
    expect(manifest).toEqual(source?.manifest.bytes);
    expect(parts.map(({ bytes }) => bytes)).toEqual(source?.parts.map(({ bytes }) => bytes));
    digests.push(record.digest);
  }
  expect((await registry.newest(KEY))?.digest).toBe(digests.at(-1));
  return digests;
}

async function operationCount(makeInner: () => Promise<ObjectStore>): Promise<number> {
  const store = faultStore(await makeInner(), {});
  await open(store).publishEncoded(NEW, KEY);
  return store.operations.length;
}

const starts: [string, () => Promise<ObjectStore>, readonly string[]][] = [
  ['into an empty store', async () => memoryStore(), []],
  ['beside an older version', withOld, [OLD.digest]],
];

describe.each(starts)('publish %s with a fault at every operation', (_, makeInner, before) => {
  const after = [...before, NEW.digest];

  // The process dies at operation k: nothing reaches the store from then on, and with `after` operation k itself did.
  it.each(['before', 'after'] as const)('dead from operation k on, k applied: %s: readers see all or nothing, and a repeat completes it once', async (kind) => {
    const count = await operationCount(makeInner);
    expect(count).toBeGreaterThanOrEqual(8);
    const seen = new Set<number>();
    for (let at = 1; at <= count; at++) {
      const inner = await makeInner();
      const faults: Fault[] = [{ at, kind }, { at: at + 1, kind: 'before', isLasting: true }];
      const error = await open(faultStore(inner, { faults })).publishEncoded(NEW, KEY, { nonce: 'job' }).then(() => undefined, (thrown: unknown) => thrown as { code: string; outcome: string; details: { nonce?: string } });
      const digests = await visible(inner);
      expect([before, after], `operation ${at}`).toContainEqual(digests);
      seen.add(digests.length);
      if (error === undefined || error.outcome === 'not-applied') expect(digests, `operation ${at}: ${error?.code}`).toEqual(error === undefined ? after : before);
      else expect(error).toMatchObject({ code: 'ERR_UNKNOWN_OUTCOME', details: { nonce: 'job', family: 'us-equity', horizon: 5 } });
      expect((await open(inner).resolve('job'))?.digest).toBe(digests.length === after.length ? NEW.digest : undefined);
      const record = await open(inner).publishEncoded(NEW, KEY, { nonce: 'job' });
      expect(record.version).toBe(after.length);
      expect(await visible(inner)).toEqual(after);
    }
    expect(seen.size).toBe(kind === 'after' ? 2 : 1);
  });

  it.each(['before', 'after', 'truncate'] as const)('a single fault %s at operation k is survived, or refused without a trace, and never applied twice', async (kind) => {
    const count = await operationCount(makeInner);
    for (let at = 1; at <= count; at++) {
      for (const code of [undefined, 'ERR_TRANSIENT', 'ERR_STORE'] as const) {
        const inner = await makeInner();
        const registry = open(faultStore(inner, { faults: [{ at, kind, ...(code === undefined ? {} : { code }) }] }));
        const publish = (): Promise<unknown> => registry.publishEncoded(NEW, KEY, { nonce: 'job' });
        const error = await publish().then(() => undefined, (thrown: unknown) => thrown);
        if (error !== undefined) {
          expect([before, after]).toContainEqual(await visible(inner));
          await publish();
        }
        expect(await visible(inner), `${kind} ${code} at ${at}`).toEqual(after);
      }
    }
  });

  it('a failed write of a commit or file is repeated without the caller noticing', async () => {
    const probe = faultStore(await makeInner(), {});
    await open(probe).publishEncoded(NEW, KEY);
    for (const [i, { method }] of probe.operations.entries()) {
      if (method !== 'put') continue;
      for (const kind of ['before', 'after'] as const) {
        const inner = await makeInner();
        await open(faultStore(inner, { faults: [{ at: i + 1, kind }] })).publishEncoded(NEW, KEY);
        expect(await visible(inner)).toEqual(after);
      }
    }
  });
});

describe('an aborted publish', () => {
  it('engine 9: leaves the previous newest loadable, at whatever operation it is aborted', async () => {
    const count = await operationCount(withOld);
    for (let at = 1; at <= count; at++) {
      const inner = await withOld();
      const controller = new AbortController();
      const reason = new Error('stop');
      let index = 0;
      const call = <T>(work: () => Promise<T>): Promise<T> => {
        if (++index === at) controller.abort(reason);
        return work();
      };
      const store: ObjectStore = { ...inner, get: (...args) => call(() => inner.get(...args)), put: (...args) => call(() => inner.put(...args)), list: (...args) => call(() => inner.list(...args)) };
      await expect(open(store).publishEncoded(NEW, KEY, { signal: controller.signal }), `operation ${at}`).rejects.toBe(reason);
      expect(await visible(inner)).toEqual([OLD.digest]);
      await open(inner).publishEncoded(NEW, KEY);
      expect(await visible(inner)).toEqual([OLD.digest, NEW.digest]);
    }
  });

  it('stops list and load as well', async () => {
    const store = await withOld();
    const signal = AbortSignal.abort(new Error('stop'));
    for (const call of [() => open(store).list({}, { signal }), () => open(store).find({ id: 'us-equity.h5.v1' }, { signal }), () => open(store).newest(KEY, { signal }), () => open(store).resolve('old', { signal })]) await expect(call()).rejects.toThrow('stop');
  });
});
