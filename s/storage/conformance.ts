/** What every store must do, as a list of checks for any test runner. */
import { isQuantwrightError, StoreError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { HOSTILE_KEYS, UNUSUAL_KEYS } from './conformance-keys.ts';
import { probeStore } from './probe.ts';
import type { Etag, ObjectStore } from './types.ts';

/** Two handles on the same new, empty data; a store that lives in one object gives it twice. */
export interface StorePair {
  readonly first: ObjectStore;
  readonly second: ObjectStore;
}

export interface ConformanceCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

const ABSENT = { if: { kind: 'absent' } } as const;
const ANY = { if: { kind: 'any' } } as const;
const CREATORS = 64;

/**
 * The contract of {@link ObjectStore} as independent checks. Each makes its own pair, and rejects with the broken rule.
 *
 * A declared capability that fails is an error, and an undeclared one must answer `ERR_UNSUPPORTED`.
 *
 * @param makePair - called once per check
 * @example for (const { name, run } of storeConformance(makePair)) it(name, run);
 */
export function storeConformance(makePair: () => StorePair | Promise<StorePair>): readonly ConformanceCheck[] {
  const check = (name: string, body: (first: ObjectStore, second: ObjectStore) => Promise<void>): ConformanceCheck => ({
    name,
    run: async () => {
      const { first, second } = await makePair();
      await body(first, second);
    },
  });
  return Object.freeze([
    check('returns the bytes that were put: none, all 256 values, 8 MiB', fidelity),
    check('neither keeps nor shares a body', isolation),
    check('reads its own and another handle\'s writes at once', readYourWrites),
    check('answers undefined for a missing key, whatever its name, and deletes it without complaint', missing),
    check('refuses every hostile key before it touches anything', hostileKeys),
    check('lists in byte order, by whole segments, page by page, without duplicates', listing),
    check('keeps its place when keys are deleted between pages', listingDuringDeletes),
    check('refuses to create a key that exists', createOnce),
    check('gives every put a new etag, and swaps on the current one only, if it can', compareAndSwap),
    check(`lets exactly one of ${CREATORS} creators win`, race),
    check('refuses a body larger than the reader asked for', maxBytes),
    check('applies nothing when the signal is aborted before the call', abort),
    check('rejects every call after close, which may be repeated', close),
    check('passes its own probe', (first) => probeStore(first, 'probe')),
  ]);
}

async function fidelity(first: ObjectStore): Promise<void> {
  const large = Uint8Array.from({ length: 8 << 20 }, (_, i) => (i * 31 + (i >> 8)) & 255);
  for (const [name, body] of [['empty', new Uint8Array()], ['values', Uint8Array.from({ length: 256 }, (_, i) => i)], ['large', large]] as const) {
    await first.put(`fidelity/${name}.bin`, body, ABSENT);
    demand(equal((await first.get(`fidelity/${name}.bin`))?.body, body), `return ${body.length} bytes as they were put`);
  }
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
  await first.put('fidelity/view.bin', view, ABSENT);
  demand(equal((await first.get('fidelity/view.bin'))?.body, view), 'put only the bytes of a view');
}

async function isolation(first: ObjectStore): Promise<void> {
  const body = new Uint8Array([1, 2, 3]);
  await first.put('a', body, ABSENT);
  body[0] = 9;
  const got = await first.get('a');
  demand(equal(got?.body, [1, 2, 3]), 'copy a body on put');
  if (got !== undefined) got.body[0] = 9;
  demand(equal((await first.get('a'))?.body, [1, 2, 3]), 'give every reader its own copy');
}

async function readYourWrites(first: ObjectStore, second: ObjectStore): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await first.put('a/b', new Uint8Array([i]), ANY);
    demand(equal((await second.get('a/b'))?.body, [i]), 'show a put to another handle once it has resolved');
  }
  demand((await second.list('a/')).keys[0]?.key === 'a/b' || first.caps.list !== 'strong', 'list a put for another handle once it has resolved');
  await second.delete('a/b');
  demand((await first.get('a/b')) === undefined, 'forget a key that another handle deleted');
}

async function missing(first: ObjectStore): Promise<void> {
  for (const key of UNUSUAL_KEYS) {
    demand((await first.get(key)) === undefined, `answer undefined for the missing key ${key}`);
    await first.delete(key);
    await first.put(key, new Uint8Array([7]), ABSENT);
    demand(equal((await first.get(key))?.body, [7]), `hold the key ${key}`);
    await first.delete(key);
    await first.delete(key);
    demand((await first.get(key)) === undefined, `forget the key ${key}`);
  }
  const page = await first.list('none/');
  demand(page.keys.length === 0 && !page.more, 'list nothing under a prefix without keys');
}

async function hostileKeys(first: ObjectStore): Promise<void> {
  for (const key of HOSTILE_KEYS as readonly string[]) {
    const name = JSON.stringify(String(key)).slice(0, 60);
    for (const call of [() => first.get(key), () => first.put(key, new Uint8Array(1), ANY), () => first.put(key, new Uint8Array(1), ABSENT), () => first.delete(key)]) await demandCode(call, 'ERR_INVALID_KEY', `the key ${name}`);
    if (typeof key !== 'string') continue;
    for (const call of [() => first.list(`${key}/`), () => first.list('', { after: key })]) await demandCode(call, 'ERR_INVALID_KEY', `a listing at ${name}`);
  }
  await demandCode(() => first.list('a'), 'ERR_INVALID_KEY', 'a prefix that does not end with "/"');
  demand((await first.list('')).keys.length === 0, 'write nothing under a refused key');
}

async function listing(first: ObjectStore): Promise<void> {
  const keys = ['foo/a', 'foo/b.bin', 'foo/b/c', 'foo/b/c-d', 'foo/b/c.e', 'foo/b_', 'foo/b0', 'foo-bar/a', 'foo.bar/a', 'foobar/a', 'foo_/a', ...Array.from({ length: 25 }, (_, i) => `many/${String(i).padStart(3, '0')}`)];
  for (const key of [...keys].reverse()) await first.put(key, new Uint8Array(1), ABSENT);
  for (const prefix of ['', 'foo/', 'foo/b/', 'foo-bar/', 'many/', 'fo/']) {
    const wanted = keys.filter((key) => key.startsWith(prefix)).sort();
    for (const limit of [1, 7, wanted.length, wanted.length + 1].filter((value) => value > 0)) {
      const got = await pages(first, prefix, limit);
      demand(got.join() === wanted.join(), `list ${prefix || 'everything'} in pages of ${limit} as ${wanted.slice(0, 5).join()}..., got ${got.slice(0, 5).join()}...`);
    }
  }
  const after = await first.list('many/', { after: 'many/0035' });
  demand(after.keys[0]?.key === 'many/004' && after.keys.length === 21, 'start after a key that does not exist');
  demand((await first.list('many/', { after: 'zzz' })).keys.length === 0, 'list nothing after the last key');
  demand((await first.list('many/', { after: 'a' })).keys.length === 25, 'list everything after a key before the prefix');
}

async function pages(store: ObjectStore, prefix: string, limit: number): Promise<string[]> {
  const got: string[] = [];
  for (;;) {
    const after = got.at(-1);
    const page = await store.list(prefix, { limit, ...(after === undefined ? {} : { after }) });
    demand(page.keys.length <= limit, `list at most ${limit} keys`);
    got.push(...page.keys.map(({ key }) => key));
    if (!page.more) return got;
    demand(page.keys.length > 0, 'not promise more after an empty page');
  }
}

async function listingDuringDeletes(first: ObjectStore): Promise<void> {
  for (let i = 0; i < 9; i++) await first.put(`d/${i}`, new Uint8Array(1), ABSENT);
  const page = await first.list('d/', { limit: 4 });
  for (const key of ['d/1', 'd/3', 'd/5']) await first.delete(key);
  const rest = await first.list('d/', { after: page.keys.at(-1)?.key as string });
  demand(rest.keys.map(({ key }) => key).join() === 'd/4,d/6,d/7,d/8', 'go on after a deleted key without a gap or a repeat');
}

async function createOnce(first: ObjectStore, second: ObjectStore): Promise<void> {
  await first.put('once', new Uint8Array([1]), ABSENT);
  await demandCode(() => second.put('once', new Uint8Array([2]), ABSENT), 'ERR_PRECONDITION', 'a second creator');
  await demandCode(() => first.put('once', new Uint8Array([1]), ABSENT), 'ERR_PRECONDITION', 'the same creator again');
  demand(equal((await first.get('once'))?.body, [1]), 'leave the first body in place');
  await first.put('once', new Uint8Array([3]), ANY);
  demand(equal((await second.get('once'))?.body, [3]), 'replace the body on an unconditional put');
  await first.delete('once');
  await second.put('once', new Uint8Array([4]), ABSENT);
  demand(equal((await first.get('once'))?.body, [4]), 'create a key again after it was deleted');
}

async function compareAndSwap(first: ObjectStore): Promise<void> {
  const made = await first.put('swap', new Uint8Array([1]), ABSENT);
  demand((await first.get('swap'))?.etag === made.etag, 'return from get the etag of the put');
  const again = await first.put('swap', new Uint8Array([1]), ANY);
  demand(again.etag !== made.etag, 'give a new etag for equal bytes');
  const stat = await first.stat?.('swap');
  demand(first.stat === undefined || (stat?.etag === again.etag && stat.size === 1), 'tell the etag and size without the body');
  const swap = (etag: Etag) => () => first.put('swap', new Uint8Array([2]), { if: { kind: 'match', etag } });
  if (first.caps.ifMatch === 'none') {
    await demandCode(swap(again.etag), 'ERR_UNSUPPORTED', 'a condition outside its caps');
    return;
  }
  await demandCode(swap(made.etag), 'ERR_PRECONDITION', 'a stale etag');
  const results = await Promise.allSettled(Array.from({ length: 8 }, swap(again.etag)));
  demand(results.filter(({ status }) => status === 'fulfilled').length === 1, 'let exactly one of 8 swaps of one etag win');
  await first.delete('swap');
  await demandCode(swap(again.etag), 'ERR_PRECONDITION', 'an etag of a deleted key');
}

async function race(first: ObjectStore, second: ObjectStore): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const results = await Promise.allSettled(Array.from({ length: CREATORS }, (_, i) => (i % 2 === 0 ? first : second).put(`race/${round}`, new Uint8Array(100).fill(i), ABSENT)));
    const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    demand(winners.length === 1, `let exactly one of ${CREATORS} creators win, got ${winners.length}`);
    demand(results.every((result) => result.status === 'fulfilled' || isQuantwrightError(result.reason, 'ERR_PRECONDITION') || isQuantwrightError(result.reason, 'ERR_TRANSIENT')), 'tell every loser that it lost');
    demand(equal((await second.get(`race/${round}`))?.body, new Uint8Array(100).fill(winners[0])), 'hold the bytes of the winner');
  }
  demand((await first.list('race/')).keys.length === 3, 'list nothing but the keys themselves');
}

async function maxBytes(first: ObjectStore): Promise<void> {
  await first.put('size', new Uint8Array(10), ABSENT);
  demand((await first.get('size', { maxBytes: 10 }))?.body.length === 10, 'return a body of the largest size asked for');
  await demandCode(() => first.get('size', { maxBytes: 9 }), 'ERR_TOO_LARGE', 'a larger body');
}

async function abort(first: ObjectStore): Promise<void> {
  await first.put('kept', new Uint8Array(1), ABSENT);
  const reason = new Error('stop');
  const signal = AbortSignal.abort(reason);
  for (const call of [() => first.get('kept', { signal }), () => first.put('new', new Uint8Array(1), { ...ABSENT, signal }), () => first.list('', { signal }), () => first.delete('kept', { signal })]) {
    const error = await call().then(() => undefined, (thrown: unknown) => thrown);
    demand(error === reason, 'reject with the reason of an aborted signal');
  }
  demand((await first.get('new')) === undefined && (await first.get('kept')) !== undefined, 'apply nothing when aborted before the call');
}

async function close(first: ObjectStore): Promise<void> {
  if (first.close === undefined) return;
  await first.close();
  await first.close();
  for (const call of [() => first.get('a'), () => first.put('a', new Uint8Array(1), ANY), () => first.list(''), () => first.delete('a')]) await demandCode(call, 'ERR_CLOSED', 'a call after close');
}

async function demandCode(call: () => Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const error = await Promise.resolve().then(call).then(() => undefined, (thrown: unknown) => thrown);
  const got = error === undefined ? 'no error' : isQuantwrightError(error) ? error.code : String(error);
  demand(got === code, `refuse ${what} with ${code}, got ${got}`);
}

function demand(ok: boolean, rule: string): void {
  if (!ok) throw new StoreError('ERR_STORE', `storeConformance: the store must ${rule}`, { details: { rule } });
}

function equal(a: ArrayLike<number> | undefined, b: ArrayLike<number>): boolean {
  if (a === undefined || a.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
