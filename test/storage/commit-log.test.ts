import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { faultStore, memoryStore, openCommitLog } from '../../src/storage/index.ts';
import type { Commit, CommitLog, FaultPlan, LogHead, ObjectStore } from '../../src/storage/index.ts';

const NOW = '2026-01-02T03:04:05.000Z';

interface Ledger {
  readonly balance: number;
  readonly seen: readonly string[];
}

function reduceLedger(state: Ledger, commit: Commit): Ledger {
  let { balance } = state;
  for (const { op, amount } of commit.ops) {
    if (op !== 'add' || typeof amount !== 'number') throw new Error(`unknown op ${op}`);
    balance += amount;
  }
  return { balance, seen: [...state.seen, commit.nonce] };
}

function openLedger(store: ObjectStore, options: { readonly now?: () => Date; readonly actor?: string } = {}): CommitLog<Ledger> {
  return openCommitLog({ store, prefix: 'x/ledger', now: () => new Date(NOW), initial: { balance: 0, seen: [] }, reduce: reduceLedger, ...options });
}

const add = (amount: number) => () => [{ op: 'add', amount }];
const keyOf = (seq: number): string => `x/ledger/log/${String(seq).padStart(12, '0')}.json`;
async function bytesOf(store: ObjectStore, key: string): Promise<Uint8Array> {
  return (await store.get(key))?.body as Uint8Array;
}
async function overwrite(store: ObjectStore, key: string, body: Uint8Array): Promise<void> {
  await store.put(key, body, { if: { kind: 'any' } });
}

describe('openCommitLog', () => {
  it('is empty at first, numbers from 1, and folds to its state', async () => {
    const log = openLedger(memoryStore(), { actor: 'ops@desk' });
    expect(await log.head()).toEqual({ seq: 0, digest: null, at: null, state: { balance: 0, seen: [] } });
    const first = await log.append(add(5), { nonce: 'n1' });
    expect(first).toMatchObject({ status: 'committed', isRepeat: false, commit: { seq: 1, nonce: 'n1', previous: null, at: NOW, actor: 'ops@desk', ops: [{ op: 'add', amount: 5 }] }, head: { state: { balance: 5 } } });
    await log.append(add(-2), { nonce: 'n2' });
    expect(await log.head()).toMatchObject({ seq: 2, state: { balance: 3, seen: ['n1', 'n2'] } });
    const commits = await log.read();
    expect(commits.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(commits[1].previous).toBe(commits[0].digest);
    expect(await log.read(2)).toHaveLength(1);
    expect(await log.read(9)).toEqual([]);
  });

  it('stores one line of SHA-256 and then canonical JSON, to the byte', async () => {
    const store = memoryStore();
    await openLedger(store).append(add(5), { nonce: 'n1' });
    const [head, json, ...rest] = new TextDecoder().decode(await bytesOf(store, keyOf(1))).split('\n');
    expect(json).toBe(`{"at":"${NOW}","nonce":"n1","ops":[{"amount":5,"op":"add"}],"previous":null,"seq":1,"v":1}`);
    expect(head).toMatch(/^[0-9a-f]{64}$/);
    expect(rest).toEqual([]);
  });

  it('gives the same state to the writer, to another instance and to one opened later', async () => {
    const store = memoryStore();
    const [a, b] = [openLedger(store), openLedger(store)];
    await a.append(add(1));
    await b.append(add(2));
    await a.append(() => [{ op: 'add', amount: 3, note: undefined, data: new Float64Array([Number.NaN, -0]) }]);
    const heads = [await a.head(), await b.head(), await openLedger(store).head()];
    expect(heads[1]).toEqual(heads[0]);
    expect(heads[2]).toEqual(heads[0]);
    expect(await a.read()).toEqual(await openLedger(store).read());
  });

  it('lets a refusal pass as a value and writes nothing', async () => {
    const store = memoryStore();
    const log = openLedger(store);
    const outcome = await log.append((head: LogHead<Ledger>) => ({ refused: { code: 'overdrawn', balance: head.state.balance } }));
    expect(outcome).toMatchObject({ status: 'refused', reason: { code: 'overdrawn', balance: 0 } });
    expect((await store.list('')).keys).toEqual([]);
  });

  it('refuses an op the reducer refuses before anything is written', async () => {
    const store = memoryStore();
    await expect(openLedger(store).append(() => [{ op: 'steal' }])).rejects.toThrow('unknown op steal');
    await expect(openLedger(store).append(() => [])).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
    await expect(openLedger(store).append(() => [{ op: 'add', amount: 1, f: () => 1 }])).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
    await expect(openLedger(store).append(() => [{ op: 'add', amount: 1, text: 'x'.repeat(1 << 20) }])).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    expect((await store.list('')).keys).toEqual([]);
  });

  it('asks the intent again on the new state after a lost race', async () => {
    const store = memoryStore();
    const [a, b] = [openLedger(store), openLedger(store)];
    const seen: number[] = [];
    // The rival commits between this writer's look at the state and its put.
    const rival = { ...store, put: async (...args: Parameters<ObjectStore['put']>) => {
      if (seen.length === 1) await b.append(add(100));
      return store.put(...args);
    } };
    const log = openLedger(rival);
    await a.append(add(10));
    const outcome = await log.append(({ state }) => {
      seen.push(state.balance);
      return state.balance > 50 ? { refused: 'rich enough' } : [{ op: 'add', amount: 1 }];
    });
    expect(seen).toEqual([10, 110]);
    expect(outcome).toMatchObject({ status: 'refused', reason: 'rich enough' });
    expect((await a.head()).state.balance).toBe(110);
  });

  it('loses no update among 32 writers at once, and writes no gap', async () => {
    const store = memoryStore();
    await Promise.all(Array.from({ length: 32 }, () => openLedger(store).append(({ state }) => [{ op: 'add', amount: state.balance + 1 }])));
    // Each doubles and adds one: 2^n - 1, in any order, if and only if every append saw all those before it.
    expect(await openLedger(store).head()).toMatchObject({ seq: 32, state: { balance: 2 ** 32 - 1 } });
  });

  it('gives up after 100 lost races and says that nothing was applied', async () => {
    const store = memoryStore();
    const lying = { ...store, put: async () => Promise.reject(Object.assign(new Error('exists'), { code: 'ERR_PRECONDITION', details: {} })) };
    await expect(openLedger(lying).append(add(1))).rejects.toMatchObject({ code: 'ERR_TRANSIENT', outcome: 'not-applied', retryable: true });
  });

  it('keeps history in order when the clock runs backwards', async () => {
    const times = ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z'];
    const log = openLedger(memoryStore(), { now: () => new Date(times.shift() as string) });
    for (let i = 0; i < 3; i++) await log.append(add(1));
    expect((await log.read()).map(({ at }) => at.slice(0, 10))).toEqual(['2026-01-02', '2026-01-02', '2026-01-03']);
    await expect(openLedger(memoryStore(), { now: () => new Date(Number.NaN) }).append(add(1))).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });

  it('replays the state as of a moment', async () => {
    let day = 0;
    const log = openLedger(memoryStore(), { now: () => new Date(Date.UTC(2026, 0, ++day)) });
    for (let i = 0; i < 3; i++) await log.append(add(10));
    expect((await log.asOf('2025-12-31')).seq).toBe(0);
    expect((await log.asOf('2026-01-02')).state.balance).toBe(20);
    expect((await log.asOf(new Date('2026-01-02T23:59:59Z'))).state.balance).toBe(20);
    expect((await log.asOf('2027-01-01')).state.balance).toBe(30);
  });

  it('reads a log of many pages and windows, and other files in its folder are not commits', async () => {
    const store = memoryStore();
    const log = openLedger(store);
    for (let i = 0; i < 40; i++) await log.append(add(1));
    await overwrite(store, 'x/ledger/log/000000000041.json.bak', new Uint8Array(3));
    await overwrite(store, 'x/ledger/log/41.json', new Uint8Array(3));
    const paged: ObjectStore = { ...store, list: (prefix, options) => store.list(prefix, { ...options, limit: 7 }) };
    expect((await openLedger(paged).head()).state.balance).toBe(40);
    const lagging: ObjectStore = { ...store, caps: { ...store.caps, list: 'eventual' }, list: async () => ({ keys: [], more: false }) };
    expect((await openLedger(lagging).head()).state.balance).toBe(40);
    await openLedger(lagging).append(add(1));
    expect((await log.head()).state.balance).toBe(41);
  });

  it('needs create-if-absent and says so at once', () => {
    const store = memoryStore();
    expect(() => openLedger({ ...store, caps: { ...store.caps, ifAbsent: 'none' } })).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
    expect(() => openCommitLog({ store, prefix: '../x', now: () => new Date(NOW), initial: 0, reduce: () => 0 })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }));
  });

  it('stops at an aborted signal with its reason', async () => {
    const store = memoryStore();
    const reason = new Error('stop');
    await expect(openLedger(store).append(add(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await store.list('')).keys).toEqual([]);
  });
});

describe('a commit log finds every change of its bytes', () => {
  async function threeCommits(): Promise<ObjectStore> {
    const store = memoryStore();
    for (let i = 1; i <= 3; i++) await openLedger(store).append(add(i), { nonce: `n${i}` });
    return store;
  }

  it('refuses every flipped byte before it is parsed', async () => {
    const store = await threeCommits();
    const good = await bytesOf(store, keyOf(1));
    const parse = vi.spyOn(JSON, 'parse');
    try {
      for (let i = 0; i < good.length; i++) {
        const bad = good.slice();
        bad[i] ^= 1 << (i % 8);
        await overwrite(store, keyOf(1), bad);
        await expect(openLedger(store).head(), `byte ${i}`).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
      }
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  it('refuses every truncation and any addition', async () => {
    const store = await threeCommits();
    const good = await bytesOf(store, keyOf(1));
    for (let length = 0; length < good.length; length++) {
      await overwrite(store, keyOf(1), good.subarray(0, length));
      await expect(openLedger(store).head(), `length ${length}`).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    }
    await overwrite(store, keyOf(1), Uint8Array.from([...good, 10]));
    await expect(openLedger(store).head()).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    await overwrite(store, keyOf(1), new Uint8Array(2 << 20));
    await expect(openLedger(store).head()).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('refuses two whole commits that were swapped, a broken chain, and a removed commit', async () => {
    const swapped = await threeCommits();
    const [one, two] = [await bytesOf(swapped, keyOf(1)), await bytesOf(swapped, keyOf(2))];
    await overwrite(swapped, keyOf(1), two);
    await overwrite(swapped, keyOf(2), one);
    await expect(openLedger(swapped).head()).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });

    const [forged, other] = [await threeCommits(), memoryStore()];
    await openLedger(other).append(add(999), { nonce: 'forged' });
    await overwrite(forged, keyOf(1), await bytesOf(other, keyOf(1)));
    await expect(openLedger(forged).head()).rejects.toMatchObject({ code: 'ERR_INTEGRITY', details: { seq: 2 } });

    const gap = await threeCommits();
    await gap.delete(keyOf(2));
    await expect(openLedger(gap).head()).rejects.toMatchObject({ code: 'ERR_INTEGRITY', details: { seq: 2 } });
  });

  it('notices that the end it has seen was removed, instead of writing over history', async () => {
    const store = await threeCommits();
    const log = openLedger(store);
    await log.head();
    await store.delete(keyOf(3));
    await expect(log.append(add(1))).rejects.toMatchObject({ code: 'ERR_INTEGRITY', details: { seq: 3 } });
  });

  it('engine 9: a corrupt commit is refused, not overwritten', async () => {
    const store = await threeCommits();
    const bad = new TextEncoder().encode('{"latest": ');
    await overwrite(store, keyOf(3), bad);
    await expect(openLedger(store).append(add(1))).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
    expect(await bytesOf(store, keyOf(3))).toEqual(bad);
    expect((await store.list('')).keys).toHaveLength(3);
  });

  it('stops at a newer layout and at a wrong structure with a name each', async () => {
    const sealed = async (json: string): Promise<Uint8Array> => {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json)));
      return new TextEncoder().encode(`${Buffer.from(hash).toString('hex')}\n${json}`);
    };
    const good = { v: 1, seq: 1, nonce: 'n', previous: null, at: NOW, ops: [{ op: 'add', amount: 1 }] };
    const cases: [unknown, string][] = [
      [{ ...good, v: 2 }, 'ERR_LAYOUT_NEWER'], [{ ...good, v: '1' }, 'ERR_SCHEMA'], [{ ...good, ops: 'add' }, 'ERR_SCHEMA'], [{ ...good, ops: [{}] }, 'ERR_SCHEMA'], [{ ...good, at: 'yesterday' }, 'ERR_SCHEMA'],
      [{ ...good, nonce: 7 }, 'ERR_SCHEMA'], [{ ...good, seq: 2 }, 'ERR_INTEGRITY'], [[good], 'ERR_SCHEMA'], [null, 'ERR_SCHEMA'],
    ];
    for (const [value, code] of cases) {
      const store = memoryStore();
      await overwrite(store, keyOf(1), await sealed(JSON.stringify(value)));
      await expect(openLedger(store).head(), JSON.stringify(value)).rejects.toMatchObject({ code });
    }
    for (const text of ['{', '', '{"v":1,"seq":1,"nonce":"n","previous":null,"at":"2026-01-01","ops":[{"op":"add","__proto__":{"amount":1}}]}']) {
      const store = memoryStore();
      await overwrite(store, keyOf(1), await sealed(text));
      await expect(openLedger(store).head(), text).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
    }
    const additive = memoryStore();
    await overwrite(additive, keyOf(1), await sealed(JSON.stringify({ ...good, host: 'later field' })));
    expect((await openLedger(additive).head()).state.balance).toBe(1);
  });
});

describe('a commit log settles every failed write', () => {
  const seeded = async (): Promise<ObjectStore> => {
    const store = memoryStore();
    await openLedger(store).append(add(1), { nonce: 'seed' });
    return store;
  };

  it('survives a fault at any operation: applied once, or reported, never both or twice', async () => {
    for (const kind of ['before', 'after', 'truncate'] as const) {
      for (const code of [undefined, 'ERR_TRANSIENT', 'ERR_STORE'] as const) {
        for (let at = 1; at <= 8; at++) {
          const inner = await seeded();
          const log = openLedger(faultStore(inner, { faults: [{ at, kind, ...(code === undefined ? {} : { code }) }] }));
          // A store that says "not applied" after applying breaks its contract; the nonce still prevents a second application.
          const attempt = (): Promise<unknown> => log.append(add(10), { nonce: 'mine' });
          await attempt().catch(() => attempt());
          expect((await openLedger(inner).head()).state, `${kind} ${code} ${at}`).toEqual({ balance: 11, seen: ['seed', 'mine'] });
        }
      }
    }
  });

  it('reads back an unknown write: equal nonce is success', async () => {
    const inner = await seeded();
    const store = faultStore(inner, { faults: [{ at: 3, kind: 'after' }] }); // 1 list, 2 get, 3 put
    expect(await openLedger(store).append(add(10))).toMatchObject({ status: 'committed', isRepeat: false, commit: { seq: 2 } });
    expect((await openLedger(inner).head()).seq).toBe(2);
  });

  it('reads back an unknown write: missing is written again under the same number and nonce', async () => {
    const inner = await seeded();
    const store = faultStore(inner, { faults: [{ at: 3, kind: 'before' }] });
    expect(await openLedger(store).append(add(10), { nonce: 'mine' })).toMatchObject({ commit: { seq: 2, nonce: 'mine' } });
    expect(store.operations.filter(({ method }) => method === 'put').map(({ key }) => key)).toEqual([keyOf(2), keyOf(2)]);
  });

  it('reads back an unknown write: another nonce is a lost race, and the next number is tried', async () => {
    const inner = await seeded();
    let isFirst = true;
    const store: ObjectStore = { ...inner, put: async (...args) => {
      if (!isFirst) return inner.put(...args);
      isFirst = false;
      await openLedger(inner).append(add(100), { nonce: 'rival' });
      throw new Error('connection reset'); // a foreign error says nothing about the outcome
    } };
    expect(await openLedger(store).append(add(10), { nonce: 'mine' })).toMatchObject({ commit: { seq: 3 } });
    expect((await openLedger(inner).head()).state).toEqual({ balance: 111, seen: ['seed', 'rival', 'mine'] });
  });

  it('forgets an unknown write once another commit has its number: what follows is certain again', async () => {
    const inner = await seeded();
    let count = 0;
    const store: ObjectStore = { ...inner, put: async () => {
      if (++count === 1) await openLedger(inner).append(add(100), { nonce: 'rival' });
      throw count === 1 ? new Error('connection reset') : new StoreError('ERR_STORE', 'disk full');
    } };
    await expect(openLedger(store).append(add(10), { nonce: 'mine' })).rejects.toMatchObject({ code: 'ERR_STORE', outcome: 'not-applied' });
    expect((await openLedger(inner).head()).state.seen).toEqual(['seed', 'rival']);
  });

  it('takes its own success for one when a client that repeats requests answers "exists"', async () => {
    const inner = await seeded();
    const store: ObjectStore = { ...inner, put: async (...args) => {
      await inner.put(...args);
      return inner.put(...args); // the hidden second try
    } };
    expect(await openLedger(store).append(add(10))).toMatchObject({ status: 'committed', commit: { seq: 2 } });
    expect((await openLedger(inner).head()).state.balance).toBe(11);
  });

  it.each<['before' | 'after', number]>([['before', 1], ['after', 11]])('reports an unknown outcome with its nonce when the store is gone, applied %s: resolve settles it', async (kind, balance) => {
    const inner = await seeded();
    const plan: FaultPlan = { faults: [{ at: 3, kind }, { at: 4, kind: 'before', isLasting: true }] };
    const error = await openLedger(faultStore(inner, plan)).append(add(10), { nonce: 'mine' }).then(() => undefined, (thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_UNKNOWN_OUTCOME', outcome: 'unknown', details: { nonce: 'mine', seq: 2, prefix: 'x/ledger' } });
    const later = openLedger(inner);
    expect((await later.resolve('mine'))?.seq).toBe(kind === 'after' ? 2 : undefined);
    expect((await later.head()).state.balance).toBe(balance);
    const again = await later.append(add(10), { nonce: 'mine' });
    expect(again).toMatchObject({ status: 'committed', isRepeat: kind === 'after' });
    expect((await later.head()).state.balance).toBe(11);
  });

  it('reports an abort after the send as unknown, not as stopped', async () => {
    const inner = await seeded();
    const controller = new AbortController();
    const store: ObjectStore = { ...inner, put: async (_key, _body, options) => {
      options.signal?.throwIfAborted();
      controller.abort(new Error('stop'));
      throw new Error('socket closed');
    } };
    await expect(openLedger(store).append(add(10), { nonce: 'mine', signal: controller.signal })).rejects.toMatchObject({ code: 'ERR_UNKNOWN_OUTCOME', details: { nonce: 'mine' } });
  });

  it('applies every acknowledged append exactly once under random faults and rivals', async () => {
    const fault = fc.record({ at: fc.integer({ min: 1, max: 60 }), kind: fc.constantFrom('before' as const, 'after' as const) });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 20 }), fc.array(fault, { maxLength: 20 }), async (left, right) => {
        const inner = memoryStore();
        const logs = [left, right].map((faults) => openLedger(faultStore(inner, { faults })));
        const outcomes = await Promise.all(
          [0, 1, 2, 3, 4, 5].map(async (i) => {
            const nonce = `n${i}`;
            try {
              await logs[i % 2].append(add(2 ** i), { nonce });
              return { nonce, known: 'applied' };
            } catch (error) {
              return { nonce, known: (error as { outcome?: string }).outcome };
            }
          }),
        );
        const { state } = await openLedger(inner).head();
        expect(new Set(state.seen).size).toBe(state.seen.length);
        expect(state.balance).toBe(state.seen.reduce((sum, nonce) => sum + 2 ** Number(nonce.slice(1)), 0));
        for (const { nonce, known } of outcomes) {
          if (known === 'applied') expect(state.seen).toContain(nonce);
          if (known === 'not-applied') expect(state.seen).not.toContain(nonce);
        }
      }),
      { numRuns: 150 },
    );
  });
});
