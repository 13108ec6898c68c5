import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const HEAVY = ['zod', 'ml-matrix', 'ml-levenberg-marquardt', 'danfojs-node', 'papaparse'];

/** The npm packages that end up in a browser bundle of this code, after tree-shaking. */
async function packagesIn(code: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser', // a node: import is an error here
    conditions: ['quantwright-source'],
    logLevel: 'silent',
  });
  const kept = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs).filter(([, input]) => input.bytesInOutput > 0));
  const names = kept.flatMap(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}

describe('what a bundle of one subpath carries', () => {
  it.each(['conformal', 'calibration', 'shift-detection', 'predictor', 'storage', 'metrics'])('%s: no schema library, no linear algebra package, no parser', async (name) => {
    const packages = await packagesIn(`export * from 'quantwright/${name}';`);
    expect(packages.filter((item) => HEAVY.includes(item))).toEqual([]);
  });

  it('panel without the CSV reader: no papaparse', async () => {
    expect(await packagesIn("export { panelFromRows } from 'quantwright/panel';")).not.toContain('papaparse');
  });

  it('panel with the CSV reader: papaparse, so the check above can see it', async () => {
    expect(await packagesIn("export * from 'quantwright/panel';")).toContain('papaparse');
  });

  it("iv: the library's solver only where it is asked for", async () => {
    expect(await packagesIn("export { fitSvi, buildSviSurface, calibrateHeston, optionChain } from 'quantwright/iv';")).toEqual([]);
    expect(await packagesIn("export { mlLevenbergMarquardt } from 'quantwright/iv';")).toContain('ml-levenberg-marquardt');
  });

  it('one name from the root: only its own code', async () => {
    expect((await packagesIn("export { panelFromRows } from 'quantwright';")).filter((item) => HEAVY.includes(item))).toEqual([]);
  });

  it('decode, verify and predict: zod/mini only', async () => {
    const packages = await packagesIn("export { decodeBundle } from 'quantwright/bundle'; export { createPredictor } from 'quantwright/predictor';");
    expect(packages.filter((item) => HEAVY.includes(item) && item !== 'zod')).toEqual([]);
  });
});
