import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whenInterrupted } from '../interruption.ts';

/** Lends a folder for what one guest needs of this machine, and removes it afterwards, whatever happens. */
export async function withLabFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'gadgetloom-lab-'));
  const keep = whenInterrupted(() => rmSync(folder, { recursive: true, force: true }));
  try {
    return await use(folder);
  } finally {
    keep();
    await rm(folder, { recursive: true, force: true });
  }
}
