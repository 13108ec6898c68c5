/** The main job in small: train, publish to files, load in another process, predict, to the bit. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fileStore } from '../../src/adapters/store-file/index.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import { openRegistry } from '../../src/versioning/index.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const directory = mkdtempSync(join(tmpdir(), 'quantwright-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const script = fileURLToPath(new URL('./fixtures/load-and-predict.ts', import.meta.url));

describe('the main job', () => {
  it('serves in another process what this one trained, to the bit, and never another version than the one asked for', async () => {
    const registry = openRegistry({ store: fileStore(directory), now: () => new Date('2020-01-01T00:00:00Z') });
    const first = await trainedSmall();
    const second = await trainedSmall(smallPanel(), smallRecipe({ seed: 99 }));
    const [one, two] = [await registry.publish(first.bundle), await registry.publish(second.bundle)];
    expect([one.id, two.id]).toEqual(['small.h5.v1', 'small.h5.v2']);

    for (const [published, outcome] of [[one, first], [two, second]] as const) {
      const printed = JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script, directory, String(published.version)], { encoding: 'utf8' })) as { id: string; rows: unknown };
      const own = createPredictor(outcome.bundle, { version: published.id }).predictLast(smallPanel());
      expect(printed.id).toBe(published.id);
      expect(printed.rows).toEqual(JSON.parse(JSON.stringify(own)));
    }
    expect((await registry.load({ family: 'small', horizon: 5, newest: true })).id).toBe(two.id);
    expect((await registry.load({ id: one.id })).bundle.digest).toBe(first.bundle.digest);
    const missing = await registry.load({ family: 'small', horizon: 5, version: 3 }).then(() => 'loaded', (e: unknown) => (isQuantwrightError(e) ? e.code : 'other'));
    expect(missing).toBe('ERR_NOT_FOUND');
  });
});
