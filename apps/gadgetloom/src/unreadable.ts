import { constants } from 'node:os';
import { errnoMeaning, InputError } from '@gadgetloom/core';

/** Explains why a file cannot be read: `The input "a" cannot be read (ENOENT: no such file or directory).` */
export function unreadable(what: string, path: string, cause: NodeJS.ErrnoException): InputError {
  return new InputError(`The ${what} "${path}" cannot be read (${reason(cause)}).`, {}, { cause });
}

/** Formats the reason of an error: `ENOSPC: no space left`. */
export function reason({ code, message }: NodeJS.ErrnoException): string {
  const errno =
    code !== undefined && Object.hasOwn(constants.errno, code) ? constants.errno[code as 'ENOENT'] : undefined;
  return errno === undefined ? message : `${code}: ${errnoMeaning(errno)}`;
}
