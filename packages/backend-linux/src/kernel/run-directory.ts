import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import { fileCall } from './kernel-call.ts';
import type { LinuxPaths } from './paths.ts';

const PRIVATE = 0o700;

/**
 * Returns the directory of this user for mount points and notes, and makes it if needed. @throws KernelError it cannot
 * be made
 */
export function runDirectory(paths: LinuxPaths, part: string): string {
  let failure: unknown;
  for (const candidate of paths.run) {
    const root = candidate === paths.run[0] ? candidate : `${candidate}-${process.getuid?.() ?? 0}`;
    try {
      return own(root, part);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? new KernelError('ENOENT', `mkdir ${part}`, 'There is no directory for mount points and notes.');
}

function own(root: string, part: string): string {
  fileCall(`mkdir ${root}`, () => mkdirSync(root, { recursive: true, mode: PRIVATE }));
  const { uid } = fileCall(`stat ${root}`, () => lstatSync(root));
  // /tmp is writable for all: another user may have made the directory.
  if (uid !== process.getuid?.())
    throw new KernelError(
      'EACCES',
      `use ${root}`,
      'The directory belongs to another user. Remove it, or run as that user.',
    );
  const path = join(root, part);
  fileCall(`mkdir ${path}`, () => mkdirSync(path, { recursive: true }));
  chmodSync(root, PRIVATE);
  return path;
}
