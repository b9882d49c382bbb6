import { readFileSync } from 'node:fs';
import { fileCall } from './kernel-call.ts';

/**
 * Lists the types of the file systems that are mounted at `place`. @param file the list of mounts, /proc/self/mounts
 * @throws KernelError ENOENT
 */
export function mountedAt(file: string, place: string): string[] {
  const lines = fileCall(`read ${file}`, () => readFileSync(file, 'utf8')).split('\n');
  return lines.map((line) => line.split(' ')).flatMap(([, path, type = '']) => (path === place ? [type] : []));
}
