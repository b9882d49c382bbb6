import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseScenarios, type Scenario } from '@gadgetloom/conformance';

/**
 * The scenarios of files, and of the files of folders.
 *
 * @param part `K/N`: every Nth from the Kth on
 * @param only those whose name contains it
 */
export function readScenarios(paths: readonly string[], part: string, only = ''): Scenario[] {
  const files = paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith('.txt'))
          .sort()
          .map((name) => join(path, name))
      : [path],
  );
  const [first = 1, parts = 1] = part.split('/').map(Number);
  return files
    .flatMap((file) => parseScenarios(readFileSync(file, 'utf8'), file))
    .filter(({ name }, index) => name.includes(only) && index % parts === first - 1);
}
