import { dirname, relative } from 'node:path';
import ts from 'typescript';

/** Type-checks files under a tsconfig's options. Returns the errors of each wrong file as `line: message`. */
export function typeErrors(files: readonly string[], tsconfig: string): Map<string, string[]> {
  const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(tsconfig));
  const program = ts.createProgram([...files], { ...options, composite: false, declarationMap: false, noEmit: true });
  const errors = new Map<string, string[]>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`TypeScript did not read ${relative('.', file)}.`);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    if (found.length === 0) continue;
    errors.set(
      file,
      found.map(({ start = 0, messageText }) => {
        const { line } = source.getLineAndCharacterOfPosition(start);
        return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      }),
    );
  }
  return errors;
}
