import type { Scaffold, ScaffoldOptions } from './scaffold.ts';
import type { AfterWriting, Tree } from './tree.ts';

/** The options of a generator. */
export interface GeneratorOptions extends ScaffoldOptions {
  /** Folder of the package in the workspace; by default `packages/` and the package's name without its scope. */
  readonly directory?: string | undefined;
}

/**
 * Writes a package into a workspace and adds it to the workspace's packages.
 *
 * @throws Error the folder exists already
 */
export function writePackage(tree: Tree, scaffold: Scaffold, directory: string | undefined): AfterWriting {
  const folder = (directory ?? `packages/${scaffold.package.replace(/^@.*\//, '')}`).replace(/^\.\/|\/+$/g, '');
  if (tree.exists(`${folder}/package.json`))
    throw new Error(`${folder} already has a package. Choose another name or folder.`);
  for (const [path, text] of scaffold.files) tree.write(`${folder}/${path}`, text);
  addToWorkspace(tree, folder);
  return () => console.log(`Next: npm install && npm run build -w ${folder} && npm test -w ${folder}`);
}

/** Adds the folder to the root's `workspaces`, so that npm links and installs the package. */
function addToWorkspace(tree: Tree, folder: string): void {
  const text = tree.read('package.json', 'utf-8');
  if (text === null) return;
  const root = JSON.parse(text) as { workspaces?: unknown };
  const { workspaces = [] } = root;
  if (!Array.isArray(workspaces)) return;
  const parent = folder.slice(0, folder.lastIndexOf('/') + 1);
  if (workspaces.some((each) => each === folder || each === `${parent}*`)) return;
  tree.write('package.json', `${JSON.stringify({ ...root, workspaces: [...workspaces, folder] }, null, 2)}\n`);
}
