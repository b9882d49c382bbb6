import { join } from 'node:path';
import ts from 'typescript';
import { root } from './release.ts';

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
  module: ts.ModuleKind.NodeNext,
  typeRoots: [join(root, 'node_modules/@types')],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  // The declarations of packages are checked, those of the language are not: they are not ours.
  skipLibCheck: false,
  skipDefaultLibCheck: true,
};

/** Files of the compiler and of Node's types are the same for every program: they are parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Compiles a TypeScript file beside itself.
 *
 * @param forNode whether the program has the types of Node at hand
 * @throws Error that lists what the compiler found
 */
export function compileStrictly(file: string, forNode: boolean): void {
  const settings = { ...options, types: forNode ? ['node'] : [] };
  const host = ts.createCompilerHost(settings);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...how) => {
    if (!name.startsWith(`${root}/node_modules/`)) return getSourceFile(name, ...how);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...how));
    return parsed.get(name);
  };
  const program = ts.createProgram([file], settings, host);
  const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (found.length > 0) throw new Error(ts.formatDiagnostics(found, host));
}
