import { describe, expect, it } from 'vitest';
import { memoryStore, storeConformance } from '../../src/storage/index.ts';

describe('memoryStore keeps the contract of a store', () => {
  const makePair = () => {
    const store = memoryStore();
    return { first: store, second: store };
  };
  for (const { name, run } of storeConformance(makePair)) it(name, run);

  it('shares nothing with another memory store', async () => {
    const [a, b] = [memoryStore(), memoryStore()];
    await a.put('k', new Uint8Array([1]), { if: { kind: 'any' } });
    expect(await b.get('k')).toBeUndefined();
  });

  it('names the unknown option', async () => {
    await expect(memoryStore().list('', { limits: 3 } as never)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('did you mean "limit"') });
    await expect(memoryStore().put('k', new Uint8Array(1), { if: { kind: 'none' } } as never)).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
    await expect(memoryStore().put('k', 'text' as never, { if: { kind: 'any' } })).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });
});
