import { defineConfig, type Options } from 'tsup';
import subpaths from './subpaths.json' with { type: 'json' };

const shared: Options = {
  entry: { index: 'src/index.ts', ...Object.fromEntries(subpaths.map((name) => [`${name}/index`, `src/${name}/index.ts`])) },
  target: 'node20',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  dts: true,
  silent: true,
};

export default defineConfig([
  { ...shared, format: 'esm' },
  // ml-levenberg-marquardt is ESM only: its code goes into the CommonJS files, which then load on any resolver.
  { ...shared, format: 'cjs', noExternal: ['ml-levenberg-marquardt', 'is-any-array'] },
]);
