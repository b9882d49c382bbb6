import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where kernels, modules and images are kept between runs: GADGETLOOM_LAB_CACHE, or the user's cache directory. */
export const cacheRoot: string =
  process.env['GADGETLOOM_LAB_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gadgetloom', 'kernel-lab');

/**
 * Gives the cache entry of that name, making it first if it is not there. It is made beside its place and moved there
 * when complete, so that an interrupted run leaves nothing half made.
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const entry = join(cacheRoot, name);
  if (existsSync(entry)) return entry;
  await mkdir(cacheRoot, { recursive: true });
  const draft = await mkdtemp(join(cacheRoot, '.making-'));
  try {
    await make(draft);
    await rename(draft, entry).catch((error: NodeJS.ErrnoException) => {
      // Another run was faster: its entry is as good as ours.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return entry;
}
