/** The README's first program is what a stranger runs: it must type-check and print a table. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const code = /<!-- front-door[^>]*-->\s*```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';

describe('the README\'s front door', () => {
  it('type-checks under strict and prints predictions', () => {
    expect(code).toContain('walkForward');
    const folder = mkdtempSync(join(root, 'examples', '.front-door-'));
    const file = join(folder, 'front-door.ts');
    try {
      writeFileSync(file, code);
      const program = ts.createProgram([file], { strict: true, noEmit: true, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, customConditions: ['quantwright-source'], allowImportingTsExtensions: true, skipLibCheck: true, types: ['node'] });
      expect(ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, '\n'))).toEqual([]);
      const printed = execFileSync(process.execPath, ['--import', 'tsx', '-C', 'quantwright-source', file], { cwd: root, encoding: 'utf8' });
      expect(printed).toMatch(/informationCoefficient/);
      expect(printed).toMatch(/probabilityUp/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
