import { readFileSync } from 'node:fs';

// Minified size, dependencies included, of everything a subpath exports (brotli off: the number does not depend on the compressor).
const CEILING_KB = {
  panel: 64, metrics: 13, validation: 18, features: 53, storage: 32, calibration: 11, conformal: 14, learners: 115, explain: 13,
  bundle: 50, predictor: 48, trainer: 230, versioning: 94, 'adapters/store-file': 14, 'adapters/thread-team': 9, frames: 14,
};
const subpaths = JSON.parse(readFileSync(new URL('./subpaths.json', import.meta.url), 'utf8'));
const entry = (name, limitKb, imports) => ({ name, limit: `${limitKb} kB`, brotli: false, ignore: ['node:*', 'fs/promises', 'path', 'crypto'], ...imports });

export default [
  entry('quantwright', 350, { path: 'dist/index.js' }),
  ...subpaths.map((name) => entry(name, CEILING_KB[name], { path: `dist/${name}/index.js` })),
  entry('decode + verify + createPredictor + gbdt predict', 60, {
    path: ['dist/bundle/index.js', 'dist/predictor/index.js'],
    import: { 'dist/bundle/index.js': '{ decodeBundle }', 'dist/predictor/index.js': '{ createPredictor }' },
  }),
];
