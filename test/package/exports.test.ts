import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import subpaths from '../../subpaths.json' with { type: 'json' };
import tsupConfig from '../../tsup.config.ts';

const root = join(import.meta.dirname, '../..');

function conditions(folder: string): object {
  const esm = { types: `./dist/${folder}index.d.ts`, default: `./dist/${folder}index.js` };
  const cjs = { types: `./dist/${folder}index.d.cts`, default: `./dist/${folder}index.cjs` };
  return { 'quantwright-source': `./src/${folder}index.ts`, 'module-sync': esm, import: esm, require: cjs };
}

/** Every folder of src that holds an index.ts, except core (private) and src itself. */
function publicFolders(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => basename(file) === 'index.ts' && dirname(file) !== '.')
    .map((file) => relative('.', dirname(file)))
    .filter((folder) => folder !== 'core');
}

describe('the one list of subpaths', () => {
  it('equals package.json exports, in order and condition by condition', () => {
    const expected = {
      '.': conditions(''),
      ...Object.fromEntries(subpaths.map((name) => [`./${name}`, conditions(`${name}/`)])),
      './package.json': './package.json',
    };
    // As text: the order of conditions decides which one a resolver takes.
    expect(JSON.stringify(pkg.exports, null, 1)).toBe(JSON.stringify(expected, null, 1));
  });

  it('equals typesVersions, which node10 resolvers and tslab read', () => {
    expect(pkg.typesVersions['*']).toEqual(Object.fromEntries(subpaths.map((name) => [name, [`./dist/${name}/index.d.cts`]])));
  });

  it('equals the entries of both tsup builds', () => {
    const expected = { index: 'src/index.ts', ...Object.fromEntries(subpaths.map((name) => [`${name}/index`, `src/${name}/index.ts`])) };
    expect(tsupConfig).toMatchObject([{ format: 'esm', entry: expected }, { format: 'cjs', entry: expected }]);
  });

  it('equals the folders of src that have an index.ts', () => {
    expect(publicFolders().sort()).toEqual([...subpaths].sort());
    expect(existsSync(join(root, 'src/index.ts'))).toBe(true);
  });

  it('is imported whole by the notebook', () => {
    const notebook = JSON.parse(readFileSync(join(root, 'examples/notebooks/quickstart.ipynb'), 'utf8')) as { cells: { cell_type: string; source: string[] }[] };
    const code = notebook.cells.filter((cell) => cell.cell_type === 'code').flatMap((cell) => cell.source).join('');
    const imported = [...code.matchAll(/from 'quantwright\/([^']+)'/g)].map((match) => match[1]!);
    expect([...new Set(imported)].sort()).toEqual([...subpaths].sort());
  });

  it('has a kernelspec that runs under tslab', () => {
    const notebook = JSON.parse(readFileSync(join(root, 'examples/notebooks/quickstart.ipynb'), 'utf8')) as { metadata: { kernelspec: object } };
    expect(notebook.metadata.kernelspec).toEqual({ name: 'tslab', display_name: 'TypeScript', language: 'typescript' });
  });
});
