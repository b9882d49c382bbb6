import { isHouse, writeHousePackage } from './house-package.ts';
import { backendFiles } from './scaffold.ts';
import { BACKEND } from './template-kind.ts';
import type { AfterWriting, Tree } from './tree.ts';
import { type GeneratorOptions, writePackage } from './write-package.ts';

/**
 * `nx g @gadgetloom/nx:backend NAME`: generates a package with a plugin for a simulated controller. The package builds.
 * Its test runs the conformance suite and expects exactly the failures that it lists.
 *
 * @throws TypeError the name is invalid
 * @throws Error there is a package already
 */
export default function generateBackend(tree: Tree, options: GeneratorOptions): AfterWriting {
  return isHouse(tree) && options.package === undefined && options.directory === undefined
    ? writeHousePackage(tree, BACKEND, options)
    : writePackage(tree, backendFiles(options), options.directory);
}
