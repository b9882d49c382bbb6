import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { LabError } from './lab-error.ts';

/**
 * Where the guest finds a file of this machine: of its folders, it sees the repository, where its commands start.
 *
 * @throws LabError for a file that is not there, or not in the repository
 */
export function pathInGuest(repository: string, file: string): string {
  const path = relative(repository, resolve(file));
  if (!existsSync(file)) throw new LabError(`There is no ${file}.`);
  if (path.startsWith('..') || isAbsolute(path))
    throw new LabError(
      `The guest sees nothing but the repository: copy ${file} into it, for instance into its folder out.`,
    );
  return path;
}
