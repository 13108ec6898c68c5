import { join } from 'node:path';
import { build } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageHinkley } from '../../src/shift-detection/page-hinkley.ts';
import type { PageHinkleyOptions } from '../../src/shift-detection/page-hinkley.ts';
import { indices, normals, sequentialCases } from './sequential-cases.ts';

describe('golden file', () => {
  it.each(sequentialCases('real_valued'))('%s: alarms of river', (_, stream, { expected }) => {
    for (const { params, drifts } of Object.values(expected.page_hinkley as Record<string, { params: PageHinkleyOptions; drifts: number[] }>)) {
      expect(indices(new PageHinkley(params).updateMany(stream))).toEqual(drifts);
    }
  });

  it.each(sequentialCases('frouros'))('%s: first alarm of the CUSUM of frouros, which is this test with alpha 1, upwards', (_, stream, { params, expected }) => {
    const { delta, lambda_: threshold, min: minimumSamples } = params.cusum;
    expect(new PageHinkley({ delta, threshold, minimumSamples, alpha: 1, mode: 'up' }).updateMany(stream)[0]?.index ?? null).toBe(expected.cusum);
  });

  it.each(sequentialCases('frouros'))('%s: first alarm of the Page-Hinkley of frouros, which compares U itself with the threshold', (_, stream, { params, expected }) => {
    const { delta, lambda_: threshold, min, alpha } = params.page_hinkley;
    const test = new PageHinkley({ delta, alpha, threshold: 1e9 });
    const first = stream.findIndex((value, i) => {
      test.update(value);
      return i >= min - 1 && (test.state.memory.up as number) > threshold;
    });
    expect(first === -1 ? null : first).toBe(expected.page_hinkley);
  });
});

describe('PageHinkley', () => {
  it('worked by hand: values 0 0 3 3 with alpha 1 and delta 0', () => {
    const test = new PageHinkley({ alpha: 1, delta: 0, threshold: 2.5, minimumSamples: 1 });
    // Means 0, 0, 1, 1.5; U = 0, 0, 2, 3.5 with minimum 0 at the first value.
    expect([0, 0, 3, 3].map((value) => test.update(value)).map(({ statistic, alarm }) => [statistic, alarm])).toEqual([[0, false], [0, false], [2, false], [3.5, true]]);
  });

  it('the onset is the value after the extreme', () => {
    const [alarm] = new PageHinkley({ threshold: 3, delta: 0 }).updateMany([...new Array(40).fill(0), 2, 2, 2]);
    expect(alarm).toMatchObject({ index: 41, direction: 'up', onset: 1 });
    const [tolerant] = new PageHinkley({ threshold: 3, delta: 0.005 }).updateMany([...new Array(40).fill(0), 2, 2, 2]);
    expect(tolerant).toMatchObject({ index: 41, direction: 'up', onset: 40 }); // delta pulls U down while nothing happens
  });

  it('finds falls by default (one-sided in river until #810)', () => {
    const fall = [...normals(1, 200), ...normals(2, 0, 200, -2)];
    expect(new PageHinkley().updateMany(fall)[0]).toMatchObject({ direction: 'down' });
    expect(new PageHinkley({ mode: 'up' }).updateMany(fall)).toEqual([]);
  });

  it('is the same test upside down', () => {
    fc.assert(fc.property(fc.integer(), (seed) => {
      const series = normals(seed, 60, 60, 1);
      const up = new PageHinkley({ threshold: 6, mode: 'up' }).updateMany(series);
      const down = new PageHinkley({ threshold: 6, mode: 'down' }).updateMany(series.map((x) => -x));
      expect(down.map(({ index, onset }) => [index, onset])).toEqual(up.map(({ index, onset }) => [index, onset]));
    }), { numRuns: 30 });
  });

  it('starting the maximum from -1, as river does, is starting it from minus infinity: the first deviation is 0', () => {
    const test = new PageHinkley();
    test.update(-1e6);
    expect(test.state.memory).toMatchObject({ down: 0.005, downMax: 0.005 });
  });

  it('alone in a bundle it is at most 3 kB minified', async () => {
    const { outputFiles } = await build({
      stdin: { contents: "export { PageHinkley } from './src/shift-detection/page-hinkley.ts';", resolveDir: join(import.meta.dirname, '../..') },
      bundle: true, minify: true, write: false, format: 'esm', logLevel: 'silent',
    });
    expect(outputFiles[0].contents.length).toBeLessThanOrEqual(3000);
  });

  it('refuses options out of range', () => {
    for (const options of [{ threshold: -1 }, { delta: -0.1 }, { alpha: 1.1 }, { alpha: NaN }, { threshold: Infinity }, { mode: 'sideways' }]) {
      expect(() => new PageHinkley(options as PageHinkleyOptions)).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => new PageHinkley({ mode: 'sideways' } as unknown as PageHinkleyOptions)).toThrow('PageHinkley: mode must be one of both,up,down, got sideways');
  });
});
