import { isBuiltin } from 'node:module';
import ts from 'typescript';
import { lineOfNode } from '../source-file.mjs';
import { nodeOnly } from './layers.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

const nodeGlobals = new Set([
  'Buffer',
  'process',
  'setImmediate',
  'clearImmediate',
  'require',
  '__dirname',
  '__filename',
]);

/** Files for Node alone, in packages that otherwise run in a browser. Other files import them when they need them. */
const forNode = /\/src\/(.+\/)?node\//;

/**
 * What is simulated also runs in a browser: no modules of Node, none of its globals. A folder `node` may have them, if
 * the rest of the package loads it by `import(...)`.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkBrowser({ packages }) {
  return packages
    .filter(({ kind, short }) => kind === 'packages' && !nodeOnly.includes(short))
    .flatMap(({ sources }) =>
      sources
        .filter(({ shipped, file }) => shipped && !forNode.test(file))
        .flatMap(({ file, imports, ast }) => [
          ...imports
            .filter(({ specifier, typeOnly, dynamic }) => /\/node\//.test(specifier) && !typeOnly && !dynamic)
            .map(({ specifier, line }) => ({
              file,
              line,
              message: `${specifier} needs Node: load it by import(...).`,
            })),
          ...imports
            .filter(({ specifier }) => isBuiltin(specifier))
            .map(({ specifier, line }) => ({ file, line, message: `${specifier} is not there in a browser.` })),
          ...globalsOf(ast)
            .filter((identifier) => nodeGlobals.has(identifier.text))
            .map((identifier) => ({
              file,
              line: lineOfNode(ast, identifier),
              message: `${identifier.text} is not there in a browser.`,
            })),
        ]),
    );
}

/**
 * Identifiers that stand for something which the file does not declare itself.
 *
 * @param {ts.SourceFile} ast
 */
function globalsOf(ast) {
  const declared = new Set();
  /** @type {ts.Identifier[]} */
  const used = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      if ('name' in parent && parent.name === node) declared.add(isMember(parent) ? undefined : node.text);
      else if (!('propertyName' in parent && parent.propertyName === node)) used.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return used.filter(({ text }) => !declared.has(text));
}

/**
 * Names of members belong to their object: they declare nothing in the file.
 *
 * @param {ts.Node} node
 */
const isMember = (node) =>
  ts.isPropertyAccessExpression(node) ||
  ts.isTypeElement(node) ||
  ts.isClassElement(node) ||
  ts.isPropertyAssignment(node);
