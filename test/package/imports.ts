import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** One import or re-export of a file: where it points, resolved to `src/...` when relative. */
interface ImportEdge {
  readonly specifier: string;
  readonly target: string | undefined;
}

export interface SourceFile {
  /** Path from the root, such as `src/panel/rows.ts`. */
  readonly path: string;
  readonly imports: readonly ImportEdge[];
  /** The source without comments and without the contents of strings. */
  readonly code: string;
  readonly awaitsAtTopLevel: boolean;
}

/** Every TypeScript file under `src`, parsed by the TypeScript parser. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => parseSource(`src/${file}`, readFileSync(join(root, 'src', file), 'utf8')));
}

export function parseSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: ImportEdge[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      imports.push(edge(path, (node.moduleSpecifier as ts.StringLiteral).text));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      imports.push(edge(path, (node.argument.literal as ts.StringLiteral).text));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && ts.isStringLiteralLike(node.arguments[0]!)) {
      imports.push(edge(path, node.arguments[0].text));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { path, imports, code: tokensOf(tree), awaitsAtTopLevel: awaits(tree) };
}

function edge(from: string, specifier: string): ImportEdge {
  const target = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : undefined;
  return { specifier, target };
}

/** The tokens joined by spaces, but none around a dot; JSDoc nodes and the text of literals are left out. */
function tokensOf(tree: ts.SourceFile): string {
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) tokens.push("''");
    else if (ts.isJSDoc(node)) return;
    else if (node.getChildCount(tree) === 0) tokens.push(node.getText(tree));
    else node.getChildren(tree).forEach(visit);
  };
  visit(tree);
  return tokens.filter((token) => token !== '').join(' ').replace(/ ?(\?\.|\.) ?/g, '.');
}

function awaits(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) return true;
  return ts.forEachChild(node, awaits) ?? false;
}

/** Circles of files, each as the list of paths walked; type-only imports count too. */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(files.map((file) => [file.path, file.imports.flatMap((item) => item.target ?? [])]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) cycles.push([...trail.slice(seen), path]);
    if (seen >= 0 || done.has(path)) return;
    for (const next of targets.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const file of files) walk(file.path, []);
  return cycles;
}
