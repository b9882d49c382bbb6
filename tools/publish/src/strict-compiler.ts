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
  skipLibCheck: false,
};

/**
 * The declarations that are checked with the program. Those of other packages are not ours, and take most of the time.
 */
const ours = /\/node_modules\/(@gadgetloom|gadgetloom)\//;

/** Caches the files of the compiler and of Node's types, which are the same for every program. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Compiles a TypeScript file and writes the result beside it. Checks the file and the declarations of our packages that
 * it imports.
 *
 * @param forNode whether the program can use the types of Node
 * @throws Error that lists the compiler's errors
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
  const checked = program.getSourceFiles().filter(({ fileName }) => fileName === file || ours.test(fileName));
  const found = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((source) => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]),
    ...program.emit(program.getSourceFile(file)).diagnostics,
  ];
  if (found.length > 0) throw new Error(ts.formatDiagnostics(found, host));
}
