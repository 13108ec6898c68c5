import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../src/adapters/store-file/index.ts';
import { openEncodedRegistry } from '../../src/versioning/encoded-registry.ts';
import { fakeBundle } from './fixtures/fake-bundle.ts';

const LOOP = join(import.meta.dirname, 'fixtures/publish-loop.ts');
const KILLS = 30;
const PUBLISHERS = 4;

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'quantwright-processes-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

interface Publisher {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
  /** Ids the process was told of. */
  readonly acknowledged: () => string[];
}

function startPublisher(folder: string, count: number, label: string, partBytes: number, links: 'links' | 'no-links'): Publisher {
  const child = spawn(process.execPath, ['--import', 'tsx', LOOP, folder, String(count), label, String(partBytes), links], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let markReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.startsWith('ready\n')) markReady();
  });
  const ended = once(child, 'close');
  // A last line without its end was cut by the kill.
  return { child, ready, ended, acknowledged: () => output.split('\n').slice(1, -1) };
}

const open = (folder: string) => openEncodedRegistry({ store: fileStore(folder), now: () => new Date() });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every file on the disk, registered or not, is whole; a manifest's parts were there before it. Returns the number of manifests. */
async function demandNoTornFile(folder: string, partBytes: number): Promise<number> {
  const bodies = new Map<string, Buffer>();
  for (const entry of await readdir(join(folder, 'm'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() || path.includes('/.tmp-')) continue;
    bodies.set(entry.name === '.body' ? entry.parentPath : path, await readFile(path)); // without hard links a body lies in a folder of its name
  }
  let manifests = 0;
  for (const [path, bytes] of bodies) {
    if (path.endsWith('/0.bin')) expect(bytes.length).toBe(partBytes);
    if (path.endsWith('/1.bin')) expect(bytes.length).toBe(5_000);
    if (basename(path) !== 'manifest.json') continue;
    manifests++;
    expect(sha256(bytes).slice(0, 16)).toBe(basename(dirname(path)).slice(0, 16));
    const { parts } = JSON.parse(bytes.toString()) as { parts: { sha256: string }[] };
    for (const [index, part] of parts.entries()) expect(sha256(bodies.get(join(dirname(path), `${index}.bin`)) as Buffer)).toBe(part.sha256);
  }
  return manifests;
}

describe('processes that publish to one folder', () => {
  it(`killed ${KILLS} times at random: the newest loads, nothing acknowledged is lost, nothing is torn`, async () => {
    const folder = join(base, 'killed');
    const acknowledged: string[] = [];
    for (let round = 0; round < KILLS / 2; round++) {
      // Two at a time: one dies while the other is in the middle of its own publish.
      const publishers = (['links', 'no-links'] as const).map((links) => startPublisher(folder, 0, `r${round}-${links}`, 1_000_000, links));
      await Promise.all(
        publishers.map(async ({ child, ready, ended }) => {
          await ready;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
          child.kill('SIGKILL');
          await ended;
        }),
      );
      acknowledged.push(...publishers.flatMap((publisher) => publisher.acknowledged()));
      const registry = open(folder);
      const versions = await registry.list();
      expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => i + 1));
      const newest = versions.at(-1);
      if (newest !== undefined) expect((await registry.readEncoded(newest)).parts).toHaveLength(2);
    }
    const registry = open(folder);
    const versions = await registry.list();
    expect(acknowledged.length).toBeGreaterThan(0); // else the kills all came before the first publish and prove nothing
    expect(versions.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    for (const record of versions) await registry.readEncoded(record);
    expect(await demandNoTornFile(folder, 1_000_000)).toBeGreaterThanOrEqual(versions.length);
    const listed = await fileStore(folder).list('', { limit: 100_000 });
    expect(listed.keys.filter(({ key }) => key.includes('tmp'))).toEqual([]);
    const { version } = await registry.publishEncoded(fakeBundle('after'), { family: 'us-equity', horizon: 5 });
    expect(version).toBe(versions.length + 1);
  }, 60_000);

  it(`${PUBLISHERS} at once lose no version and leave no gap`, async () => {
    const folder = join(base, 'concurrent');
    const each = 25;
    const publishers = Array.from({ length: PUBLISHERS }, (_, i) => startPublisher(folder, each, `p${i}`, 20_000, i % 2 === 0 ? 'links' : 'no-links'));
    await Promise.all(publishers.map(({ ended }) => ended));
    expect(publishers.map(({ child }) => child.exitCode)).toEqual(publishers.map(() => 0));
    const registry = open(folder);
    const versions = await registry.list();
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: PUBLISHERS * each }, (_, i) => i + 1));
    expect(publishers.flatMap((publisher) => publisher.acknowledged()).sort()).toEqual(versions.map(({ id }) => id).sort());
    for (const [i] of publishers.entries()) expect(versions.filter(({ actor }) => actor === `p${i}`)).toHaveLength(each);
    for (const record of versions) await registry.readEncoded(record);
    expect(await demandNoTornFile(folder, 20_000)).toBe(versions.length);
  }, 60_000);
});
