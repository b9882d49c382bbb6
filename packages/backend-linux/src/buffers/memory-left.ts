import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import type { LinuxPaths } from '../kernel/paths.ts';

const KIBIBYTE = 1024;

/**
 * Refuses to allocate more than the machine has available. Linux does not refuse: for a buffer of the system heap it
 * kills processes, possibly the caller (system_heap.c allocates with GFP_HIGHUSER).
 *
 * @throws KernelError ENOMEM less memory is available
 */
export function mustFitInMemory(paths: LinuxPaths, size: number, operation: string): void {
  const available = memoryAvailable(paths);
  if (size <= available) return;
  const advice = `${size} bytes were requested, and ${available} are available. Close buffers, or make them smaller.`;
  throw new KernelError('ENOMEM', operation, advice);
}

/** Available bytes (MemAvailable of proc(5)); infinite if the kernel does not tell. */
function memoryAvailable(paths: LinuxPaths): number {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync(join(paths.proc, 'meminfo'), 'utf8'))?.[1];
    return kibibytes === undefined ? Number.POSITIVE_INFINITY : Number(kibibytes) * KIBIBYTE;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
