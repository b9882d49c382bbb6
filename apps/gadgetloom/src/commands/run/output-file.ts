import { constants } from 'node:fs';
import { access, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '@gadgetloom/core';
import { STANDARD } from '../../standard-stream.ts';
import { reason } from '../../unreadable.ts';

/** The file for the received bytes. If the job does not finish, nothing is left and an older file stays unchanged. */
export interface OutputFile extends AsyncDisposable {
  /** @throws InputError the bytes cannot be written */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the finished file its name. @throws InputError it cannot have that name */
  finish(): Promise<void>;
}

/**
 * Opens the output. A regular file is written under another name in the same folder, and renamed at the end. Pipes and
 * devices are written directly.
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

  /** @param names the temporary and the final name; without them the file keeps its name */
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
      // Some file systems report only now that they are full.
      await this.#handle.close();
      if (this.#names !== undefined) await rename(this.#names.draft, this.#names.target);
      this.#names = undefined;
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The file is closed even if closing fails.
    await this.#handle.close().catch(() => {});
    if (this.#names !== undefined) await rm(this.#names.draft, { force: true });
  }
}

class StandardOutput implements OutputFile {
  write(bytes: Uint8Array): Promise<void> {
    // The buffer of the transfer is reused, and a stream may keep the bytes that it gets.
    return new Promise((resolve, reject) => {
      process.stdout.write(Uint8Array.from(bytes), (cause) =>
        cause ? reject(unwritable(STANDARD, cause)) : resolve(),
      );
    });
  }

  async finish(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
