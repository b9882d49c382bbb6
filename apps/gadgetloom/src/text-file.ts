import { open } from 'node:fs/promises';
import { InputError, isInputError } from '@gadgetloom/core';
import { STANDARD } from './standard-stream.ts';
import { formatSize } from './terminal/units.ts';
import { unreadable } from './unreadable.ts';

/** A kind of text file that a command reads whole. */
export interface TextFileKind {
  /** Name to show to people: `gadget file`. */
  readonly what: string;
  /** Most bytes. A file that has more is refused before it is read to its end. */
  readonly largest: number;
  /** What to give instead of a file that is too large: `Give a gadget file, YAML or JSON.` */
  readonly advice: string;
}

/**
 * Reads a file as UTF-8, or standard input for `-`. A pipe is read until its writer closes it. The size of a pipe or of a device is not known
 * before, so reading stops at the limit.
 *
 * @throws InputError the file cannot be read, or has more bytes than allowed
 */
export async function readTextFile(path: string, kind: TextFileKind): Promise<string> {
  if (path === STANDARD) return upToLimit(process.stdin, 'Standard input', kind);
  try {
    await using handle = await open(path);
    const { size } = await handle.stat();
    if (size > kind.largest) throw tooLarge(`The ${kind.what} "${path}" has ${formatSize(size)}`, kind);
    // Without the await, the file would be closed while it is read.
    return await upToLimit(handle.createReadStream({ autoClose: false }), `The ${kind.what} "${path}"`, kind);
  } catch (cause) {
    throw isInputError(cause) ? cause : unreadable(kind.what, path, cause as NodeJS.ErrnoException);
  }
}

async function upToLimit(stream: AsyncIterable<Buffer>, named: string, kind: TextFileKind): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > kind.largest) throw tooLarge(`${named} has more than ${formatSize(kind.largest)}`, kind);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const tooLarge = (found: string, { largest, advice }: TextFileKind): InputError =>
  new InputError(`${found}; allowed are ${formatSize(largest)}. ${advice}`);
