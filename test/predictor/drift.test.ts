import { beforeAll, describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle, sealBundle } from '../../src/bundle/index.ts';
import type { Bundle, EncodedBundle } from '../../src/bundle/index.ts';
import { canonicalJson, fromPlain } from '../../src/core/codec.ts';
import type { Plain } from '../../src/core/codec.ts';
import { sha256 } from '../../src/core/digest.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { columnOf, selectSessions, withColumns } from '../../src/panel/index.ts';
import type { Panel } from '../../src/panel/index.ts';
import { bundleDrift, createLivePredictor } from '../../src/predictor/index.ts';
import { smallPanel, trainedSmall } from '../support/small.ts';

let panel: Panel; // 400 sessions, of which the model has seen 320
let bundle: Bundle;
beforeAll(async () => {
  panel = smallPanel({ sessions: 400 });
  bundle = (await trainedSmall(selectSessions(panel, { to: panel.sessions[319] }))).bundle;
});

const bytesOf = ({ manifest, parts }: EncodedBundle): { manifest: Uint8Array; parts: EncodedBundle['parts'] } => ({ manifest: manifest.bytes, parts });

/** Returns since session 320 of three times the size, the volatility feature with them. */
function wild(source: Panel): Panel {
  const close = columnOf(source, 'close');
  const last = new Float64Array(source.entities.length);
  const value = new Float64Array(source.entities.length);
  const scaled = Float64Array.from(close, (price, row) => {
    const e = source.entity[row];
    const moved = source.session[row] <= 320 ? price : value[e] * (price / last[e]) ** 3;
    last[e] = price;
    value[e] = moved;
    return moved;
  });
  return withColumns(source, { close: scaled });
}

describe('predictor.drift', () => {
  it('says of every feature of the model, and no other, whether later rows look like the training rows', async () => {
    const report = await createLivePredictor(bundle).drift(panel);
    expect(report.rows.map(({ feature }) => feature).sort()).toEqual(Object.keys(bundle.manifest.features).sort());
    expect(report.rows.every(({ currentRows }) => currentRows > 0 && currentRows <= 80 * 24)).toBe(true);
    expect(report.level).not.toBe('significant');
  });

  it('names the feature that moved', async () => {
    const report = await createLivePredictor(bundle).drift(wild(panel));
    expect(report.level).toBe('significant');
    expect(report.rows[0]).toMatchObject({ feature: 'vol', status: 'significant' });
    expect(report.rows.find(({ feature }) => feature === 'rev')?.status).toBe('stable'); // a rank has no scale
  });

  it('is the same from a live predictor, from a decoded bundle, and from a panel that starts later', async () => {
    const report = await bundleDrift(bundle, panel, { from: panel.sessions[330], to: panel.sessions[390] });
    const { lookbackSessions } = bundle.manifest.contract;
    const late = selectSessions(panel, { from: panel.sessions[330 - lookbackSessions] });
    expect(await createLivePredictor(bundle).drift(late, { from: panel.sessions[330], to: panel.sessions[390] })).toEqual(report);
    const decoded = await decodeBundle(bytesOf(await encodeBundle(bundle)));
    expect(await bundleDrift(decoded, panel, { from: panel.sessions[330], to: panel.sessions[390] })).toEqual(report);
  });

  it('assesses nothing where there are no rows', async () => {
    const report = await bundleDrift(bundle, selectSessions(panel, { to: panel.sessions[319] }));
    expect(report.level).toBe('not-assessable');
    expect(report.rows.every(({ status }) => status === 'not-assessable')).toBe(true);
  });

  it('leaves bundles of the first builds as they were: no reference, the same digest when written again', async () => {
    const old = await sealBundle({ ...bundle, manifest: { ...bundle.manifest, drift: null } });
    const encoded = await encodeBundle(old);
    expect(new TextDecoder().decode(encoded.manifest.bytes)).not.toContain('"drift":');
    const again = await decodeBundle(bytesOf(encoded), { digest: old.digest });
    expect(again.manifest.drift).toBeNull();
    expect((await encodeBundle(again)).digest).toBe(old.digest);
    await expect(bundleDrift(again, panel)).rejects.toSatisfy((error) => isQuantwrightError(error, 'ERR_UNSUPPORTED'));
  });

  it.each([
    ['of another feature', (drift: Record<string, unknown>) => ({ ...drift, features: (drift['features'] as object[]).map((feature, i) => (i === 0 ? { ...feature, name: 'other' } : feature)) })],
    ['with a negative number of rows', (drift: Record<string, unknown>) => ({ ...drift, rowCount: -1 })],
    ['without features', (drift: Record<string, unknown>) => ({ ...drift, features: undefined })],
  ])('refuses a decoded reference %s', async (_, spoil) => {
    const encoded = await encodeBundle(bundle);
    const manifest = fromPlain(JSON.parse(new TextDecoder().decode(encoded.manifest.bytes)) as Plain) as { drift: Record<string, unknown> };
    const bytes = new TextEncoder().encode(canonicalJson({ ...manifest, drift: spoil(manifest.drift) }));
    await expect(decodeBundle({ manifest: bytes, parts: encoded.parts }, { digest: await sha256(bytes) })).rejects.toSatisfy((error) => isQuantwrightError(error, 'ERR_SCHEMA'));
  });
});
