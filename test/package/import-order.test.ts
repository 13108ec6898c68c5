import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCycles, parseSource, readSources, type SourceFile } from './imports.ts';

const root = join(import.meta.dirname, '../..');
const files = readSources(root);

/** docs/architecture.md: a room may import only rooms before it. `index` is the root barrel; the rim may import anything. */
const ROOMS = [
  'core', 'panel', 'metrics', 'validation', 'features', 'storage', 'calibration', 'conformal', 'shift-detection', 'iv', 'learners', 'explain',
  'bundle', 'predictor', 'trainer', 'versioning', 'monitoring', 'governance', 'models', 'index',
];
const RIM = ['adapters', 'frames', 'interchange', 'report'];
/** Arrays and date codes in, never a Panel. */
const PANEL_FREE = ['calibration', 'conformal', 'shift-detection'];

function roomOf(path: string): string {
  const [, first, second] = path.split('/');
  return second === undefined ? first!.replace(/\.ts$/, '') : first!;
}

/** Each import between rooms as `from -> to (file)`, kept when `forbidden` says so. */
function offending(forbidden: (from: string, to: string, file: SourceFile) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((item) => item.target !== undefined && roomOf(item.target) !== roomOf(file.path) && forbidden(roomOf(file.path), roomOf(item.target), file))
      .map((item) => `${file.path} imports ${item.target}`),
  );
}

function importers(matches: (specifier: string) => boolean): string[] {
  return files.flatMap((file) => file.imports.filter((item) => matches(item.specifier)).map((item) => `${file.path} imports ${item.specifier}`));
}

describe('the order of rooms', () => {
  it('knows every folder of src', () => {
    expect([...new Set(files.map((file) => roomOf(file.path)))].filter((room) => !ROOMS.includes(room) && !RIM.includes(room))).toEqual([]);
  });

  it('lets a room import only earlier rooms', () => {
    expect(offending((from, to) => !RIM.includes(from) && !(ROOMS.indexOf(to) >= 0 && ROOMS.indexOf(to) < ROOMS.indexOf(from)))).toEqual([]);
  });

  it('keeps Panel out of the rooms that take arrays, and iv on core alone', () => {
    expect(offending((from, to) => (PANEL_FREE.includes(from) && to === 'panel') || (from === 'iv' && to !== 'core'))).toEqual([]);
  });

  it('has no relative import that leads nowhere', () => {
    expect(files.flatMap((file) => file.imports.filter((item) => item.target !== undefined && !existsSync(join(root, item.target))).map((item) => `${file.path} imports ${item.specifier}`))).toEqual([]);
  });

  it('has no cycle between files', () => {
    expect(findCycles(files).map((cycle) => cycle.join(' -> '))).toEqual([]);
  });

  it('has no export *', () => {
    expect(files.filter((file) => /\bexport \* from\b/.test(file.code)).map((file) => file.path)).toEqual([]);
  });
});

describe('where foreign code may enter', () => {
  const at = (list: readonly string[], allowed: (path: string) => boolean): string[] => list.filter((line) => !allowed(line.split(' ')[0]!));

  it('zod only as zod/mini, in files called schema.ts', () => {
    expect(importers((specifier) => /^zod(\/|$)/.test(specifier) && specifier !== 'zod/mini')).toEqual([]);
    expect(at(importers((specifier) => specifier === 'zod/mini'), (path) => path.endsWith('/schema.ts'))).toEqual([]);
  });

  it('papaparse only in panel/csv.ts', () => {
    expect(at(importers((specifier) => specifier.startsWith('papaparse')), (path) => path === 'src/panel/csv.ts')).toEqual([]);
  });

  it('node built-ins only under adapters', () => {
    expect(at(importers((specifier) => specifier.startsWith('node:')), (path) => path.startsWith('src/adapters/'))).toEqual([]);
  });

  it('nothing but the declared dependencies and the optional peer of the rim', () => {
    const declared = /^(node:|\.|zod\/mini$|ml-matrix$|ml-levenberg-marquardt$|pure-rand\/|papaparse$)/;
    expect(importers((specifier) => !declared.test(specifier))).toEqual([]);
  });

  it('no hidden clock, dice, console, environment or timer below the rim', () => {
    const FORBIDDEN = /\b(Math\.random|Date\.now|performance\.now|console\.\w+|process\.\w+|setTimeout|setInterval|setImmediate|MessageChannel)\b|\bDate \( \)/g;
    const DRIVE = ['setImmediate', 'MessageChannel', 'performance.now']; // it measures its own 50 ms slices
    const found = files.flatMap((file) =>
      file.path.startsWith('src/adapters/')
        ? []
        : [...file.code.matchAll(FORBIDDEN)]
            .map((match) => match[0])
            .filter((word) => !(file.path === 'src/core/drive.ts' && DRIVE.includes(word)))
            .map((word) => `${file.path}: ${word}`),
    );
    expect(found).toEqual([]);
  });

  it('no top-level await, which would break require() of the ES modules', () => {
    expect(files.filter((file) => file.awaitsAtTopLevel).map((file) => file.path)).toEqual([]);
  });
});

describe('the reader of imports', () => {
  const read = (text: string): SourceFile => parseSource('src/metrics/a.ts', text);

  it('sees imports, re-exports, type imports and dynamic imports', () => {
    const text = "import { a } from '../core/a.ts'; export { b } from './b.ts'; import type { C } from 'c'; type D = import('../panel/d.ts').D; const e = import('./e.ts');";
    expect(read(text).imports.map((item) => item.target ?? item.specifier)).toEqual(['src/core/a.ts', 'src/metrics/b.ts', 'c', 'src/panel/d.ts', 'src/metrics/e.ts']);
  });

  it('ignores comments and strings', () => {
    const { code } = read(`/** Math.random */ // Date.now()\nconst a = 'console.log'; const b = Math\n  .random(); const c = \`Date.now \${a} fetch\`;`);
    expect(code).not.toMatch(/Date|console/);
    expect(code.match(/Math\.random/g)).toHaveLength(1);
  });

  it('tells a top-level await from one inside a function', () => {
    expect(read('const a = async () => await b; async function c() { await d; }').awaitsAtTopLevel).toBe(false);
    expect(read('if (a) { await b; }').awaitsAtTopLevel).toBe(true);
  });

  it('finds a circle of three', () => {
    const circle = ['a', 'b', 'c'].map((name, i) => parseSource(`src/core/${name}.ts`, `import './${'bca'[i]}.ts';`));
    expect(findCycles(circle)).toEqual([['src/core/a.ts', 'src/core/b.ts', 'src/core/c.ts', 'src/core/a.ts']]);
  });
});
