import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import type { LinuxPaths } from '../kernel/paths.ts';

const KIBIBYTE = 1024;

/**
 * Refuses to take pages that the machine does not have. Linux does not: for a buffer of the system heap it kills one
 * process after the other, the one that asked among them (system_heap.c allocates with GFP_HIGHUSER).
 *
 * @throws KernelError ENOMEM less is available
 */
export function mustFitInMemory(paths: LinuxPaths, size: number, operation: string): void {
  const available = memoryAvailable(paths);
  if (size <= available) return;
  const advice = `${size} bytes are wanted, and the machine has ${available} left: close buffers, or make them smaller.`;
  throw new KernelError('ENOMEM', operation, advice);
}

/** Bytes that can be had without taking them from others (MemAvailable of proc(5)); no limit where nobody tells. */
function memoryAvailable(paths: LinuxPaths): number {
  try {
    const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync(join(paths.proc, 'meminfo'), 'utf8'))?.[1];
    return kibibytes === undefined ? Number.POSITIVE_INFINITY : Number(kibibytes) * KIBIBYTE;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
