import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '@gadgetloom/core';
import { STANDARD } from '../../standard-stream.ts';
import { reason } from '../../unreadable.ts';

/** Where to write what comes back. What is not finished leaves nothing behind, and an older file as it was. */
export interface OutputFile extends AsyncDisposable {
  /** @throws InputError the bytes cannot be written */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything is written: now the file gets its name. @throws InputError it cannot have it */
  finish(): Promise<void>;
}

/**
 * A regular file is written under another name beside it, and renamed at the end. Pipes and devices are written directly.
 *
 * @param path `-` is standard output
 * @param input must not be the same file
 * @throws InputError the file cannot be written, or is the input
 */
export async function openOutput(path: string, input: FileHandle): Promise<OutputFile> {
  if (path === STANDARD) return new StandardOutput();
  const failed = (cause: unknown): InputError => unwritable(path, cause);
  const target = await realpath(path).catch(() => path);
  const old = await stat(target).catch(() => undefined);
  const own = await input.stat();
  if (old?.dev === own.dev && old.ino === own.ino)
    throw new InputError(`The output "${path}" is also the input, which would be lost. Give --output another file.`, {
      field: 'output',
    });
  try {
    if (old !== undefined && !old.isFile())
      return new RenamedFile(path, await open(target, constants.O_WRONLY), undefined);
    if (old !== undefined) await access(target, constants.W_OK);
    const draft = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
    const handle = await open(draft, 'wx', old === undefined ? 0o666 : old.mode & 0o777);
    if (old !== undefined) await handle.chmod(old.mode & 0o777);
    return new RenamedFile(path, handle, { draft, target });
  } catch (cause) {
    throw failed(cause);
  }
}

function unwritable(path: string, cause: unknown): InputError {
  return new InputError(
    `The output "${path}" cannot be written (${reason(cause as NodeJS.ErrnoException)}). Give --output another file.`,
    { field: 'output' },
    { cause },
  );
}

class RenamedFile implements OutputFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #names: { readonly draft: string; readonly target: string } | undefined;

  /** @param names without them the file keeps its name */
  constructor(
    path: string,
    handle: FileHandle,
    names: { readonly draft: string; readonly target: string } | undefined,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.#names = names;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async finish(): Promise<void> {
    try {
      // Some file systems tell only now that they are full.
      await this.#handle.close();
      if (this.#names !== undefined) await rename(this.#names.draft, this.#names.target);
      this.#names = undefined;
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What could not be closed is closed.
    await this.#handle.close().catch(() => {});
    if (this.#names !== undefined) await rm(this.#names.draft, { force: true });
  }
}

class StandardOutput implements OutputFile {
  write(bytes: Uint8Array): Promise<void> {
    // The buffer of the transfer is used again, and a stream may keep what it is given.
    return new Promise((resolve, reject) => {
      process.stdout.write(Uint8Array.from(bytes), (cause) =>
        cause ? reject(unwritable(STANDARD, cause)) : resolve(),
      );
    });
  }

  async finish(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
