import { isHouse, writeHousePackage } from './house-package.ts';
import { functionFiles } from './scaffold.ts';
import { FUNCTION } from './template-kind.ts';
import type { AfterWriting, Tree } from './tree.ts';
import { type GeneratorOptions, writePackage } from './write-package.ts';

/**
 * `nx g @gadgetloom/nx:function NAME`: generates a package with a USB function that answers control requests and
 * commands, and its test on three simulated backends.
 *
 * @throws TypeError the name is invalid
 * @throws Error there is a package already
 */
export default function generateFunction(tree: Tree, options: GeneratorOptions): AfterWriting {
  return isHouse(tree) && options.package === undefined && options.directory === undefined
    ? writeHousePackage(tree, FUNCTION, options)
    : writePackage(tree, functionFiles(options), options.directory);
}
