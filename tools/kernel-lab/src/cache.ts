import { existsSync, rmSync } from 'node:fs';
import { access, constants, mkdir, rename, rm, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lockFile } from './file-lock.ts';
import { whenInterrupted } from './interruption.ts';
import { LabError } from './lab-error.ts';

/** Where kernels, modules and images are kept between runs: GADGETLOOM_LAB_CACHE, or the user's cache directory. */
export const cacheRoot: string =
  process.env['GADGETLOOM_LAB_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gadgetloom', 'kernel-lab');

export interface CacheOptions {
  readonly say?: (line: string) => void;
  /** Room on the disk that making the entry takes, in MiB. */
  readonly room?: number;
}

/**
 * Gives the cache entry of that name, making it first if it is not there. It is made beside its place and moved there
 * when complete, so that an interrupted run leaves nothing half made; a lab that wants the same entry meanwhile waits.
 *
 * @throws LabError if the cache cannot be written or has too little room
 */
export async function cached(
  name: string,
  make: (directory: string) => Promise<void>,
  { say, room = 64 }: CacheOptions = {},
): Promise<string> {
  const entry = join(cacheRoot, name);
  if (existsSync(entry)) return entry;
  await prepareRoot();
  using _lock = await lockFile(join(cacheRoot, `.lock-${name}`), () =>
    say?.(`waiting for another lab, which is making ${name}`),
  );
  if (existsSync(entry)) return entry;
  const { bavail, bsize } = await statfs(cacheRoot);
  if (bavail * bsize < room * 2 ** 20) {
    const there = Math.floor((bavail * bsize) / 2 ** 20);
    throw new LabError(
      `Making ${name} takes ${room} MiB, and ${cacheRoot} has ${there}: make room, or set GADGETLOOM_LAB_CACHE.`,
    );
  }
  const draft = join(cacheRoot, `.making-${name}`);
  // Whoever holds the lock is alone: what is there was left by a lab that was killed.
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  const keep = whenInterrupted(() => rmSync(draft, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  try {
    await make(draft);
    await rename(draft, entry);
  } finally {
    keep();
    await rm(draft, { recursive: true, force: true });
  }
  return entry;
}

async function prepareRoot(): Promise<void> {
  try {
    await mkdir(cacheRoot, { recursive: true });
    await access(cacheRoot, constants.W_OK);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new LabError(`The lab's cache cannot be written (${why}): set GADGETLOOM_LAB_CACHE to a folder of yours.`, {
      cause,
    });
  }
}
