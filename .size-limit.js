import { readFileSync } from 'node:fs';

// Minified size, dependencies included, of everything a subpath exports (brotli off: the number does not depend on the compressor).
const CEILING_KB = {
  panel: 64, metrics: 64, validation: 18, features: 53, storage: 32, calibration: 51, conformal: 52, 'shift-detection': 95, iv: 400, learners: 215, explain: 23,
  bundle: 76, predictor: 128, trainer: 370, versioning: 118, 'adapters/store-file': 14, 'adapters/thread-team': 9, frames: 14,
};
const subpaths = JSON.parse(readFileSync(new URL('./subpaths.json', import.meta.url), 'utf8'));
const entry = (name, limitKb, imports) => ({ name, limit: `${limitKb} kB`, brotli: false, ignore: ['node:*', 'fs/promises', 'path', 'crypto', 'events', 'os', 'worker_threads'], ...imports });

export default [
  entry('quantwright', 980, { path: 'dist/index.js' }),
  ...subpaths.map((name) => entry(name, CEILING_KB[name], { path: `dist/${name}/index.js` })),
  entry('decode + verify + createPredictor + gbdt predict', 86, {
    path: ['dist/bundle/index.js', 'dist/predictor/index.js'],
    import: { 'dist/bundle/index.js': '{ decodeBundle }', 'dist/predictor/index.js': '{ createPredictor }' },
  }),
];
