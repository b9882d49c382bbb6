export { default as generateBackend } from './backend.ts';
export { default as generateFunction } from './function.ts';
export { backendFiles, functionFiles, type Scaffold, type ScaffoldOptions } from './scaffold.ts';
export type { Tree } from './tree.ts';
