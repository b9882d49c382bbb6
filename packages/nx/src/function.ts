import { functionFiles } from './scaffold.ts';
import type { AfterWriting, Tree } from './tree.ts';
import { type GeneratorOptions, writePackage } from './write-package.ts';

/**
 * `nx g @gadgetloom/nx:function NAME`: a package with a USB function that sends back what it gets, and its test on the
 * mock backend.
 *
 * @throws TypeError the name is none
 * @throws Error there is a package already
 */
export default function generateFunction(tree: Tree, options: GeneratorOptions): AfterWriting {
  return writePackage(tree, functionFiles(options), options.directory);
}
