import { beforeAll, describe, expect, it } from 'vitest';
import { bundleKey, decodeBundle, encodeBundle } from '../../src/bundle/index.ts';
import type { EncodedBundle } from '../../src/bundle/index.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { createPredictor } from '../../src/predictor/index.ts';
import type { AcceptedOutcome } from '../../src/trainer/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

let outcome: AcceptedOutcome;
let encoded: EncodedBundle;
beforeAll(async () => {
  outcome = await trainedSmall();
  encoded = await encodeBundle(outcome.bundle);
});

const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'resolved', (error: unknown) => (isQuantwrightError(error) ? error.code : String(error)));

describe('a bundle', () => {
  it('has the digest it was sealed with, and no clock, host or path inside', async () => {
    expect(encoded.digest).toBe(outcome.bundle.digest);
    expect((await encodeBundle(outcome.bundle)).digest).toBe(encoded.digest);
    const text = new TextDecoder().decode(encoded.manifest.bytes);
    expect(text).not.toMatch(/\/home|\/root|\/tmp|localhost|20[2-9]\d-\d\d-\d\dT/);
  });

  it('comes back to the bit: manifest, models, out-of-sample rows and predictions', async () => {
    const back = await decodeBundle({ manifest: encoded.manifest.bytes, parts: encoded.parts }, { digest: encoded.digest });
    expect(back.manifest).toEqual(outcome.bundle.manifest);
    expect(back.models).toEqual(outcome.bundle.models);
    expect(back.outOfSample).toEqual(outcome.bundle.outOfSample);
    const panel = smallPanel();
    expect(createPredictor(back).predictLast(panel)).toEqual(createPredictor(outcome.bundle).predictLast(panel));
  });

  it('is filed under its family and its label\'s horizon', () => {
    expect(bundleKey(outcome.bundle)).toEqual({ family: 'small', horizon: 5 });
  });

  it('is refused before it is parsed when any byte of any part is flipped', async () => {
    const parse = JSON.parse;
    let parsed = 0;
    JSON.parse = ((text: string) => {
      parsed++;
      return parse(text) as unknown;
    }) as typeof JSON.parse;
    try {
      const { manifest, parts } = encoded;
      for (let i = 0; i < manifest.bytes.length; i++) {
        if (i % 7 !== 0 && i > 300) continue; // every byte of the head, every seventh after
        const bytes = manifest.bytes.slice();
        bytes[i] ^= 1 << (i % 8);
        expect(await codeOf(decodeBundle({ manifest: bytes, parts }, { digest: encoded.digest }))).toBe('ERR_INTEGRITY');
      }
      expect(parsed).toBe(0);
      const part = parts[0];
      for (let i = 0; i < part.bytes.length; i += 997) {
        const bytes = part.bytes.slice();
        bytes[i] ^= 0x10;
        expect(await codeOf(decodeBundle({ manifest: manifest.bytes, parts: [{ name: part.name, bytes }] }, { digest: encoded.digest }))).toBe('ERR_INTEGRITY');
      }
    } finally {
      JSON.parse = parse;
    }
  });

  it('is refused when a part is missing, cut or lengthened', async () => {
    const { manifest, parts } = encoded;
    const part = parts[0];
    for (const bad of [[], [{ name: 'other', bytes: part.bytes }], [{ name: part.name, bytes: part.bytes.slice(1) }], [{ name: part.name, bytes: new Uint8Array([...part.bytes, 0]) }]]) {
      expect(await codeOf(decodeBundle({ manifest: manifest.bytes, parts: bad }))).toBe('ERR_INTEGRITY');
    }
  });

  it('with a correct digest but a wrong structure is a schema error naming the field', async () => {
    const edit = async (change: (manifest: Record<string, unknown>) => void): Promise<string> => {
      const manifest = JSON.parse(new TextDecoder().decode(encoded.manifest.bytes)) as Record<string, unknown>;
      change(manifest);
      return codeOf(decodeBundle({ manifest: new TextEncoder().encode(JSON.stringify(manifest)), parts: encoded.parts }));
    };
    const changes: ((m: Record<string, unknown>) => void)[] = [
      (m) => { delete m['family']; },
      (m) => { m['family'] = '../escape'; },
      (m) => { m['schemaVersion'] = 2; },
      (m) => { m['surprise'] = 1; },
      (m) => { m['members'] = []; },
      (m) => { (m['members'] as { kind: string }[])[0].kind = 'pickle'; },
      (m) => { (m['members'] as { weight: number }[])[0].weight = 0.1; },
      (m) => { (m['features'] as Record<string, unknown>)['mom'] = { fn: 'eval', code: '1' }; },
      (m) => { m['features'] = {}; },
      (m) => { m['horizon'] = 10; },
      (m) => { (m['contract'] as Record<string, unknown>)['lookbackSessions'] = 0; },
      (m) => { (m['contract'] as Record<string, unknown>)['columns'] = []; },
      (m) => { (m['outOfSample'] as Record<string, unknown>)['entities'] = []; },
      (m) => { (m['uncertainty'] as Record<string, unknown>)['dispersion'] = 'nowhere'; },
      (m) => { (m['uncertainty'] as Record<string, unknown>)['groupBy'] = null; },
      (m) => { (m['uncertainty'] as Record<string, unknown>)['groupCuts'] = null; },
      (m) => { (m['uncertainty'] as Record<string, unknown>)['dispersion'] = 'constant'; },
      (m) => { (m['lineage'] as Record<string, unknown>)['lastTime'] = { $: 'number', value: 'NaN' }; },
      (m) => { (m['lineage'] as Record<string, unknown>)['lastTime'] = 1e300; },
      (m) => { (m['members'] as { name: string }[])[0].name = '__proto__'; },
      (m) => { (m['members'] as { name: string }[])[1].name = (m['members'] as { name: string }[])[0].name; },
      (m) => { (m['parts'] as unknown[]).push((m['parts'] as unknown[])[0]); },
      (m) => { m['recipe'] = null; },
      (m) => { (m['recipe'] as Record<string, unknown>)['seed'] = 77; },
      (m) => { m['recipeDigest'] = '0'.repeat(64); },
      (m) => { m['label'] = { ...(m['label'] as object), sessions: 6 }; },
    ];
    for (const change of changes) expect(await edit(change), String(change)).toMatch(/ERR_SCHEMA|ERR_UNKNOWN_NAME|ERR_DOMAIN|ERR_CONTRACT/);
    expect(await edit(() => {})).toBe('resolved');
    expect(await codeOf(decodeBundle({ manifest: new TextEncoder().encode('{"__proto__":{"a":1}}'), parts: [] }))).toBe('ERR_SCHEMA');
    expect(await codeOf(decodeBundle({ manifest: new Uint8Array([0xff, 0xfe]), parts: [] }))).toBe('ERR_SCHEMA');
  });

  it('of an absurd size is refused unread', async () => {
    expect(await codeOf(decodeBundle({ manifest: new Uint8Array(5 << 20), parts: [] }))).toBe('ERR_TOO_LARGE');
  });

  it('prints itself', () => {
    const printed = (outcome.bundle as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]();
    expect(printed).toMatch(/^Bundle small h5/);
    expect(printed).toContain('information-coefficient');
  });
});
