import { posix } from 'node:path';
import ts from 'typescript';
import { lineOfNode } from '../source-file.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 * @typedef {import('../source-file.mjs').SourceFile} SourceFile
 */

/**
 * Every name that an index.ts exports has a doc comment, and so has every method of an interface among them: an editor
 * shows nothing else of a package.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkDocumentation({ packages }) {
  return packages
    .filter(({ kind }) => kind !== 'tools')
    .flatMap(({ sources }) => {
      const byFile = new Map(sources.map((source) => [source.file, source]));
      const indexes = sources.filter(({ file, shipped }) => shipped && posix.basename(file) === 'index.ts');
      const declarations = new Map(indexes.flatMap((index) => [...exportsOf(index, byFile)]));
      return [...declarations].flatMap(([declaration, source]) => undocumented(declaration, source));
    });
}

/**
 * The declarations that a file exports, its own and those of others, with the files that they stand in.
 *
 * @param {SourceFile} source
 * @param {Map<string, SourceFile>} byFile
 * @param {(name: string) => boolean} wanted
 * @returns {Map<ts.Statement, SourceFile>}
 */
function exportsOf(source, byFile, wanted = () => true) {
  /** @type {Map<ts.Statement, SourceFile>} */
  const found = new Map();
  for (const statement of source.ast.statements) {
    if (ts.isExportDeclaration(statement)) {
      const target = byFile.get(targetOf(source, statement));
      if (target === undefined) continue;
      const names = namesOf(statement);
      /** @param {string} name */
      const passedOn = (name) =>
        names === undefined ? wanted(name) : names.has(name) && wanted(names.get(name) ?? '');
      for (const [declaration, file] of exportsOf(target, byFile, passedOn)) found.set(declaration, file);
    } else if (declaredNames(statement).some(wanted) && !isContinued(statement)) found.set(statement, source);
  }
  return found;
}

/**
 * @param {SourceFile} source
 * @param {ts.ExportDeclaration} statement
 */
function targetOf({ file }, { moduleSpecifier }) {
  const specifier = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : '';
}

/**
 * The names that `export { a, b as c } from` passes on, and what they are called from there; nothing for `export *`.
 *
 * @param {ts.ExportDeclaration} statement
 * @returns {Map<string, string> | undefined}
 */
function namesOf({ exportClause }) {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return undefined;
  return new Map(exportClause.elements.map(({ name, propertyName }) => [(propertyName ?? name).text, name.text]));
}

/** @param {ts.Statement} statement */
function declaredNames(statement) {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText(statement.getSourceFile()));
  const { name } = /** @type {ts.DeclarationStatement} */ (statement);
  return name === undefined ? [] : [name.text];
}

/**
 * @param {ts.Statement} statement
 * @param {SourceFile} source
 * @returns {Violation[]}
 */
function undocumented(statement, { file, ast }) {
  /** @type {[node: ts.Node, name: string][]} */
  const nodes = [[statement, declaredNames(statement).join(', ')]];
  if (ts.isInterfaceDeclaration(statement) && statement.heritageClauses === undefined)
    for (const member of statement.members)
      if (ts.isMethodSignature(member) && ts.isIdentifier(member.name))
        nodes.push([member, `${statement.name.text}.${member.name.text}`]);
  return nodes
    .filter(([node]) => !isDocumented(node, ast))
    .map(([node, name]) => ({
      file,
      line: lineOfNode(ast, node),
      message: `${name} is public and has no doc comment.`,
    }));
}

/**
 * Whether a declaration of the same name stands in front of it, whose comment is about both: an overload, or the values
 * of a type.
 *
 * @param {ts.Statement} statement
 */
function isContinued(statement) {
  const { statements } = statement.getSourceFile();
  const before = statements[statements.indexOf(statement) - 1];
  const names = declaredNames(statement);
  return before !== undefined && declaredNames(before).some((name) => names.includes(name));
}

/**
 * A comment with an empty line behind it is about the file.
 *
 * @param {ts.Node} node
 * @param {ts.SourceFile} ast
 */
function isDocumented(node, ast) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const last = comments.at(-1);
  return last !== undefined && !/\n\s*\n/.test(ast.text.slice(last.end, node.getStart(ast)));
}
