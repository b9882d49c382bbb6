import ts from 'typescript';
import { lineOfNode } from '../source-file.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 * @typedef {import('../source-file.mjs').SourceFile} SourceFile
 */

/**
 * What packages publish, without their tests.
 *
 * @param {Workspace} workspace
 */
const shippedSources = ({ packages }) =>
  packages.filter(({ kind }) => kind === 'packages').flatMap(({ sources }) => sources.filter(({ shipped }) => shipped));

/**
 * A module has no state that could change: two stacks in one program must not share any.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkModuleState(workspace) {
  return shippedSources(workspace).flatMap(({ file, ast }) =>
    ast.statements.filter(isVariable).map((statement) => ({
      file,
      line: lineOfNode(ast, statement),
      message: 'a variable of the module is shared by everything in the process; give it an owner.',
    })),
  );
}

/** @param {ts.Statement} statement */
const isVariable = (statement) =>
  ts.isVariableStatement(statement) && (ts.getCombinedNodeFlags(statement.declarationList) & ts.NodeFlags.Const) === 0;

/**
 * `as unknown as` hides whatever the compiler has to say.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkCasts(workspace) {
  return shippedSources(workspace).flatMap(({ file, ast }) => {
    /** @type {Violation[]} */
    const violations = [];
    /** @param {ts.Node} node */
    const visit = (node) => {
      if (isDoubleCast(node))
        violations.push({ file, line: lineOfNode(ast, node), message: '"as unknown as" turns the compiler off.' });
      ts.forEachChild(node, visit);
    };
    visit(ast);
    return violations;
  });
}

/** @param {ts.Node} node */
const isDoubleCast = (node) =>
  ts.isAsExpression(node) &&
  ts.isAsExpression(node.expression) &&
  node.expression.type.kind === ts.SyntaxKind.UnknownKeyword;
