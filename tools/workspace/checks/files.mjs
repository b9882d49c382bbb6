import { posix } from 'node:path';
import ts from 'typescript';
import { lineOfNode } from '../source-file.mjs';
import { filesUnder } from '../workspace.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

const longest = 400;
const emptyWords = /^(utils?|helpers?|common|misc|managers?)$/;

/**
 * A file has one subject: a few hundred lines at the most.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkLength({ packages }) {
  return packages.flatMap(({ sources }) =>
    sources.flatMap(({ file, text }) => {
      const lines = text.split('\n').length - 1;
      return lines <= longest
        ? []
        : [
            {
              file,
              line: longest + 1,
              message: `${lines} lines are too many for one subject; ${longest} is the limit.`,
            },
          ];
    }),
  );
}

/**
 * The name of a file or folder says what it is about.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkNames({ root, packages }) {
  return packages.flatMap(({ folder }) =>
    filesUnder(root, folder).flatMap((file) => {
      const empty = file
        .slice(folder.length + 1)
        .split(/[/.-]/)
        .find((word) => emptyWords.test(word));
      return empty === undefined
        ? []
        : [{ file, line: 1, message: `"${empty}" does not say what this is about; name the subject.` }];
    }),
  );
}

/**
 * The face of a package is its index.ts: exports and nothing else.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkIndexFiles({ packages }) {
  return packages.flatMap(({ sources }) =>
    sources
      .filter(({ file }) => posix.basename(file) === 'index.ts')
      .flatMap(({ file, ast }) =>
        ast.statements
          .filter((statement) => !(ts.isExportDeclaration(statement) && statement.moduleSpecifier))
          .map((statement) => ({
            file,
            line: lineOfNode(ast, statement),
            message: 'an index.ts only exports from other files.',
          })),
      ),
  );
}

/**
 * A test that is skipped, or that keeps the others from running, proves nothing.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkTestsRun({ packages }) {
  return packages.flatMap(({ sources }) =>
    sources
      .filter(({ shipped }) => !shipped)
      .flatMap(({ file, ast }) => {
        /** @type {Violation[]} */
        const violations = [];
        /** @param {ts.Node} node */
        const visit = (node) => {
          if (
            ts.isPropertyAccessExpression(node) &&
            /^(only|skip|todo|skipIf|runIf|fails)$/.test(node.name.text) &&
            /^(it|test|describe)\b/.test(node.expression.getText(ast))
          )
            violations.push({
              file,
              line: lineOfNode(ast, node),
              message: `${node.getText(ast)}: every test runs, and passes, everywhere.`,
            });
          ts.forEachChild(node, visit);
        };
        visit(ast);
        return violations;
      }),
  );
}
