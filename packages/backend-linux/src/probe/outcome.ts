import { accessSync, constants } from 'node:fs';
import type { ProbeResult } from '@gadgetloom/core';

export const good = (summary: string): ProbeResult => ({ ok: true, summary });

/** Nothing speaks against it, but the machine does not tell. */
export const uncertain = (summary: string): ProbeResult => ({ ok: true, uncertain: true, summary });

/** @param reason with or without a full stop */
export const bad = (reason: string, advice: string): ProbeResult => ({
  ok: false,
  reason: reason.endsWith('.') ? reason : `${reason}.`,
  advice,
});

/** Whether this user may read and write a file or make something in a directory. */
export function writable(path: string): boolean {
  return refusedAccess(path) === undefined;
}

/**
 * Name of the errno with which access(2) refuses reading and writing: EACCES, EROFS, ENOENT; `undefined` if it does
 * not.
 */
export function refusedAccess(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
