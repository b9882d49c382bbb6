import { constants } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@gadgetloom/core';
import { STANDARD } from '../../standard-stream.ts';
import { reason, unreadable } from '../../unreadable.ts';

/** The file to stream. Its length is known before the first transfer, because the last one may be short. */
export interface InputFile extends AsyncDisposable {
  /** Name to show to people. */
  readonly name: string;
  readonly handle: FileHandle;
  /** Bytes, at least 1. */
  readonly size: number;
}

/** The default input is the running program: a large file that certainly exists. */
const defaultInput = process.execPath;

/**
 * @param path `-` reads standard input to its end first
 * @throws InputError the file cannot be read, or is empty
 */
export async function openInput(path: string = defaultInput): Promise<InputFile> {
  const name = path === STANDARD ? 'standard input' : `"${path}"`;
  const handle = path === STANDARD ? await spooled(process.stdin) : await openFile(path);
  const stat = await handle.stat();
  const wrong = stat.isDirectory()
    ? 'is a directory. Give --input a file.'
    : !stat.isFile()
      ? 'is no regular file, so its length is unknown. Save it to a file, or pipe it in with `--input -`.'
      : stat.size === 0
        ? 'is empty, so there is nothing to stream. Give --input a file with at least one byte.'
        : undefined;
  if (wrong !== undefined) {
    await handle.close();
    throw new InputError(`The input ${name} ${wrong}`, { field: 'input' });
  }
  return {
    name: path === STANDARD ? name : path,
    handle,
    size: stat.size,
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function openFile(path: string): Promise<FileHandle> {
  // Opening a pipe that nobody writes to would block the program before it could check the kind of file.
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable('input', path, cause);
  });
}

/** Copies a stream to a file that is deleted when it is closed, or when the program ends. */
async function spooled(stream: NodeJS.ReadableStream): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'gadgetloom-'));
  try {
    const handle = await open(join(folder, 'input'), 'wx+', 0o600);
    // The file has no name from here on, so nothing is left however the program ends.
    await rm(folder, { recursive: true });
    try {
      for await (const chunk of stream) await handle.writeFile(chunk);
      return handle;
    } catch (cause) {
      await handle.close();
      throw cause;
    }
  } catch (cause) {
    throw new InputError(
      `Standard input cannot be kept in ${tmpdir()}: ${reason(cause as NodeJS.ErrnoException)}. ` +
        'Set TMPDIR to a folder with enough room, or save it to a file for --input.',
      { field: 'input' },
      { cause },
    );
  }
}
