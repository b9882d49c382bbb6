import type { Defect } from './defect.ts';

/**
 * Puts a defect into the text of its file.
 *
 * @throws Error what it replaces is not there, or there more than once: the model has changed, and the defect has to
 */
export function breakSource(source: string, { id, file, find, replace }: Defect): string {
  const times = source.split(find).length - 1;
  if (times !== 1) throw new Error(`Defect "${id}": ${file} has ${times} times, and should have once:\n${find}`);
  return source.replace(find, () => replace);
}
