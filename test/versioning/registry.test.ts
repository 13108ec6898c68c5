import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../src/adapters/store-file/index.ts';
import { encodeBundle } from '../../src/bundle/index.ts';
import type { Bundle } from '../../src/bundle/index.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import { memoryStore } from '../../src/storage/index.ts';
import { openEncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import { openRegistry } from '../../src/versioning/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

const now = (): Date => new Date('2026-01-02T03:04:05Z');
let bundle: Bundle;
beforeAll(async () => {
  ({ bundle } = await trainedSmall());
});

describe('openRegistry with a trained bundle', () => {
  it('publishes to a folder and loads from it to the bit, in a registry opened later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quantwright-registry-'));
    try {
      const published = await openRegistry({ store: fileStore(folder), now, actor: 'ops@desk' }).publish(bundle, { note: 'first' });
      expect(published).toEqual({ id: 'small.h5.v1', family: 'small', horizon: 5, version: 1, digest: bundle.digest, publishedAt: '2026-01-02T03:04:05.000Z' });
      const later = openRegistry({ store: fileStore(folder), now });
      for (const selector of [{ id: published.id }, { family: 'small', horizon: 5, version: 1 }, { family: 'small', horizon: 5, newest: true }, { family: 'small', newest: true }] as const) {
        const loaded = await later.load(selector);
        expect(loaded.id).toBe('small.h5.v1');
        expect(loaded.record).toMatchObject({ digest: bundle.digest, actor: 'ops@desk', note: 'first' });
        expect(loaded.bundle.manifest).toEqual(bundle.manifest);
        expect(createPredictor(loaded.bundle).predictLast(smallPanel())).toEqual(createPredictor(bundle).predictLast(smallPanel()));
      }
      expect((await later.list()).map(({ id }) => id)).toEqual(['small.h5.v1']);
      expect((await later.newest({ family: 'small', horizon: 5 }))?.digest).toBe(bundle.digest);
      await expect(later.load({ id: 'small.h5.v2' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses a bundle that is no longer what was sealed', async () => {
    const registry = openRegistry({ store: memoryStore(), now });
    const changed = { ...bundle, manifest: { ...bundle.manifest, quality: 1 } };
    await expect(registry.publish(changed)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    expect(await registry.list()).toEqual([]);
  });

  it('refuses a bundle of another family under a version\'s name', async () => {
    const store = memoryStore();
    await openEncodedRegistry({ store, now }).publishEncoded(await encodeBundle(bundle), { family: 'other', horizon: 5 });
    await expect(openRegistry({ store, now }).load({ id: 'other.h5.v1' })).rejects.toMatchObject({ code: 'ERR_INTEGRITY', message: expect.stringContaining('small.h5') });
  });

  it('finds a publish by its nonce, and repeats none', async () => {
    const registry = openRegistry({ store: memoryStore(), now });
    const first = await registry.publish(bundle, { nonce: 'job-7' });
    expect(await registry.publish(bundle, { nonce: 'job-7' })).toEqual(first);
    expect((await registry.resolve('job-7'))?.id).toBe(first.id);
    expect((await registry.publish(bundle)).id).toBe('small.h5.v2');
  });

  it('takes the nonce source of the host', async () => {
    const nonces = ['a', 'b'];
    const registry = openRegistry({ store: memoryStore(), now, nonce: () => nonces.shift() as string });
    await registry.publish(bundle);
    await registry.publish(bundle);
    expect((await registry.list()).map(({ nonce }) => nonce)).toEqual(['a', 'b']);
  });

  it('refuses what is no registry option', () => {
    expect(() => openRegistry({ store: memoryStore(), now, clock: now } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
    expect(() => openRegistry({ store: memoryStore() } as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => openRegistry({ store: 'trained_models', now } as never)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
