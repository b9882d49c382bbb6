import ts from 'typescript';

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {number} line from 1
 * @property {boolean} typeOnly true if nothing of it is left at run time
 * @property {boolean} [dynamic] true for `import(...)`, which loads the module when it runs
 *
 * @typedef {object} SourceFile
 * @property {string} file relative to the repository
 * @property {string} text
 * @property {boolean} shipped true for what is published; false for tests, configuration and build scripts
 * @property {Import[]} imports
 * @property {ts.SourceFile} ast
 */

/**
 * @param {string} file
 * @param {string} text
 * @returns {SourceFile}
 */
export function parseSource(file, text) {
  const ast = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  /** @type {Import[]} */
  const imports = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const found = importOf(node);
    if (found) imports.push({ ...found, line: lineOfNode(ast, node) });
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return { file, text, shipped: /^[^/]+\/[^/]+\/src\//.test(file) && !/\.test\.\w+$/.test(file), imports, ast };
}

/**
 * @param {ts.SourceFile} ast
 * @param {ts.Node} node
 */
export const lineOfNode = (ast, node) => ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;

/**
 * Under verbatimModuleSyntax `import { type X } from 'y'` still imports y: only `import type` leaves nothing behind.
 *
 * @param {ts.Node} node
 * @returns {{ specifier: string, typeOnly: boolean, dynamic?: boolean } | undefined}
 */
function importOf(node) {
  if (ts.isImportDeclaration(node))
    return named(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) return named(node.moduleSpecifier, node.isTypeOnly);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return named(node.argument.literal, true);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return dynamic(named(node.arguments[0], false));
  return undefined;
}

/**
 * @param {ts.Node | undefined} specifier
 * @param {boolean} typeOnly
 */
const named = (specifier, typeOnly) =>
  specifier && ts.isStringLiteralLike(specifier) ? { specifier: specifier.text, typeOnly } : undefined;

/** @param {{ specifier: string, typeOnly: boolean } | undefined} found */
const dynamic = (found) => found && { ...found, dynamic: true };

/**
 * The package that a bare import names: `@gadgetloom/udc` for `@gadgetloom/udc/model`. Nothing for relative imports.
 *
 * @param {string} specifier
 * @returns {{ name: string, subpath: string } | undefined}
 */
export function packageOf(specifier) {
  const [, name, rest] = /^((?:@[^/]+\/)?[^./@][^/]*)(\/.*)?$/.exec(specifier) ?? [];
  return name === undefined ? undefined : { name, subpath: `.${rest ?? ''}` };
}
