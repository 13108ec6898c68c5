import { readFileSync } from 'node:fs';

// Minified size, dependencies included, of everything a subpath exports (brotli off: the number does not depend on the compressor).
const CEILING_KB = {
  panel: 60, metrics: 30, validation: 40, features: 60, storage: 20, calibration: 20, conformal: 20, learners: 120, explain: 60,
  bundle: 60, predictor: 60, trainer: 250, versioning: 80, 'adapters/store-file': 20, frames: 40,
};
const subpaths = JSON.parse(readFileSync(new URL('./subpaths.json', import.meta.url), 'utf8'));
const entry = (name, limitKb, imports) => ({ name, limit: `${limitKb} kB`, brotli: false, ignore: ['node:*'], ...imports });

export default [
  entry('quantwright', 350, { path: 'dist/index.js' }),
  ...subpaths.map((name) => entry(name, CEILING_KB[name], { path: `dist/${name}/index.js` })),
  entry('decode + verify + createPredictor + gbdt predict', 40, {
    path: ['dist/bundle/index.js', 'dist/predictor/index.js'],
    import: { 'dist/bundle/index.js': '{ decodeBundle }', 'dist/predictor/index.js': '{ createPredictor }' },
  }),
];
