/** Law 7: seed in, bits out, in any process and any time zone; and files of earlier releases stay readable for ever. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeBundle } from '../../src/bundle/index.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

const script = fileURLToPath(new URL('./fixtures/print-digest.ts', import.meta.url));
const digestIn = (TZ: string): string => execFileSync(process.execPath, ['--import', 'tsx', script], { env: { ...process.env, TZ }, encoding: 'utf8' }).trim();

// The small model's digest on Node 20, 22 and 24. It changes when numbers change, and then the CHANGELOG says by how much.
const PINNED = 'ec65c285fa3faeaa2cece70c90d2a91470aeae0302c5f7eeba7837f5147f1469';

describe('law 7', () => {
  it('the small model has the digest it has on every supported engine', async () => {
    expect((await trainedSmall()).bundle.digest).toBe(PINNED);
  });

  it('two processes in two time zones train the same bundle to the bit', async () => {
    const here = (await trainedSmall()).bundle.digest;
    expect(digestIn('Asia/Kolkata')).toBe(here);
    expect(digestIn('America/New_York')).toBe(here);
  });

  it('the bundle committed with layout 1 loads and predicts what it predicted then', async () => {
    const folder = new URL('./fixtures/bundle-v1/', import.meta.url);
    expect(existsSync(folder)).toBe(true);
    const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
    const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as { digest: string; rows: { entity: string; value: number; lower: number; upper: number; probabilityUp: number }[] };
    const parts = readdirSync(folder).filter((name) => name.endsWith('.safetensors')).map((name) => ({ name, bytes: read(name) }));
    const bundle = await decodeBundle({ manifest: read('manifest.json'), parts }, { digest: expected.digest });
    const rows = createPredictor(bundle).predictLast(smallPanel()).map((row) => (row.status === 'predicted' ? { entity: row.entity, value: row.value, lower: row.lower, upper: row.upper, probabilityUp: row.probabilityUp } : null));
    expect(rows).toEqual(expected.rows);
  });
});
