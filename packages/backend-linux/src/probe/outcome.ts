import { accessSync, constants } from 'node:fs';
import type { ProbeResult } from '@gadgetloom/core';

export const good = (summary: string): ProbeResult => ({ ok: true, summary });

/** A finding that the machine neither confirms nor denies. */
export const uncertain = (summary: string): ProbeResult => ({ ok: true, uncertain: true, summary });

/** @param reason with or without a full stop */
export const bad = (reason: string, advice: string): ProbeResult => ({
  ok: false,
  reason: reason.endsWith('.') ? reason : `${reason}.`,
  advice,
});

/** True if this user may read and write a file, or create files in a directory. */
export function writable(path: string): boolean {
  return refusedAccess(path) === undefined;
}

/** Returns the errno with which access(2) refuses reading and writing, such as EACCES, EROFS or ENOENT. */
export function refusedAccess(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
