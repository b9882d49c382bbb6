// `node build.mjs FOLDER...`: builds packages of this repository, with what they reference, without checking types: that
// is what `npm test` does. Shows how far it is on standard error.
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { Progress } from './progress.mjs';
import { root } from './run.mjs';

/**
 * The tsconfigs that a build consists of.
 *
 * @param {string} file
 * @param {Set<string>} found
 */
function projectsOf(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const { config = {} } = ts.readConfigFile(file, ts.sys.readFile);
  for (const { path } of config.references ?? []) projectsOf(join(dirname(file), path), found);
  return found;
}

const folders = process.argv.slice(2);
const files = folders.map((folder) => join(root, folder, 'tsconfig.lib.json'));
const all = new Set(files.flatMap((file) => [...projectsOf(file)]));
const progress = new Progress();
const format = { getCurrentDirectory: () => root, getCanonicalFileName: String, getNewLine: () => '\n' };
/** @param {ts.Diagnostic} diagnostic */
const report = (diagnostic) => {
  progress.clear();
  console.error(ts.formatDiagnostic(diagnostic, format).trimEnd());
  process.exitCode = 1;
};

const host = ts.createSolutionBuilderHost(ts.sys, undefined, report, () => {});
const builder = ts.createSolutionBuilder(host, files, { noCheck: true });
for (let built = 1, next = builder.getNextInvalidatedProject(); next; next = builder.getNextInvalidatedProject()) {
  if (next.kind === ts.InvalidatedProjectKind.Build)
    progress.show(`Building ${relative(root, dirname(next.project))} (${built} of ${all.size} packages)`);
  next.done();
  built++;
}
progress.clear();
