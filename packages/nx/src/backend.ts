import { backendFiles } from './scaffold.ts';
import type { AfterWriting, Tree } from './tree.ts';
import { type GeneratorOptions, writePackage } from './write-package.ts';

/**
 * `nx g @gadgetloom/nx:backend NAME`: a package with a plugin for a simulated controller. It builds, and its test runs
 * the conformance suite and expects exactly the failures that are listed in it.
 *
 * @throws TypeError the name is none
 * @throws Error there is a package already
 */
export default function generateBackend(tree: Tree, options: GeneratorOptions): AfterWriting {
  return writePackage(tree, backendFiles(options), options.directory);
}
