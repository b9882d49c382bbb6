import { type Errno, InputError, isKernelError, KernelError } from '@gadgetloom/core';
import { type BlockStore, DEFAULT_BLOCK_SIZE } from '../block-store.ts';

/** What {@link fileStore} takes. */
export interface FileStoreOptions {
  /** Opens the file for reading only. Unless given, a file that cannot be written is opened so. */
  readonly readOnly?: boolean;
  /** Bytes of a block; those of a block device, and 512 for a file, unless given. */
  readonly blockSize?: number;
}

type Moved = (error: Error | null, moved: number) => void;
type Done = (error: Error | null) => void;

/** What is used of Node's module `fs`, so that nothing has to import it. */
interface FileSystem {
  openSync(path: string, flags: string): number;
  fstatSync(fd: number): { isFile(): boolean; isBlockDevice(): boolean; readonly size: number; readonly rdev: number };
  readFileSync(path: string, encoding: 'utf8'): string;
  existsSync(path: string): boolean;
  closeSync(fd: number): void;
  read(fd: number, into: Uint8Array, offset: number, length: number, at: number, callback: Moved): void;
  write(fd: number, bytes: Uint8Array, offset: number, length: number, at: number, callback: Moved): void;
  fdatasync(fd: number, callback: Done): void;
  close(fd: number, callback: Done): void;
}

/**
 * Opens a file or a block device as the medium of a disk. A write is in the kernel's hands when it resolves, so that it
 * survives the end of the process; a flush is fdatasync(2), so that it survives the end of the power.
 *
 * Needs Node. The module can be imported anywhere.
 *
 * @throws InputError this is no Node, or the path is neither a file nor a block device
 * @throws KernelError what opening it answers: ENOENT, EACCES ...
 */
export function fileStore(path: string, options: FileStoreOptions = {}): BlockStore {
  const fs = fileSystem();
  const { fd, readOnly } = open(fs, path, options.readOnly ?? false);
  try {
    const { size, blockSize } = measure(fs, path, fd);
    return new FileStore(fs, path, fd, size, options.blockSize ?? blockSize, readOnly);
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** An open file. */
class FileStore implements BlockStore {
  readonly size: number;
  readonly blockSize: number;
  readonly readOnly: boolean;
  readonly #fs: FileSystem;
  readonly #path: string;
  #fd: number;

  constructor(fs: FileSystem, path: string, fd: number, size: number, blockSize: number, readOnly: boolean) {
    this.#fs = fs;
    this.#path = path;
    this.#fd = fd;
    this.size = size;
    this.blockSize = blockSize;
    this.readOnly = readOnly;
  }

  read(at: number, into: Uint8Array): Promise<void> {
    return this.#move('read', into.length, (done, callback) =>
      this.#fs.read(this.#fd, into, done, into.length - done, at + done, callback),
    );
  }

  write(at: number, bytes: Uint8Array): Promise<void> {
    return this.#move('write', bytes.length, (done, callback) =>
      this.#fs.write(this.#fd, bytes, done, bytes.length - done, at + done, callback),
    );
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#expectOpen();
      this.#fs.fdatasync(this.#fd, (error) => (error ? reject(refusal(error, `fdatasync ${this.#path}`)) : resolve()));
    });
  }

  async close(): Promise<void> {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    await new Promise<void>((resolve, reject) => {
      this.#fs.close(fd, (error) => (error ? reject(refusal(error, `close ${this.#path}`)) : resolve()));
    });
  }

  /** @throws KernelError EBADF */
  #expectOpen(): void {
    if (this.#fd < 0) throw new KernelError('EBADF', `use ${this.#path}`, 'the file has been closed.');
  }

  /** Calls again until everything is moved: a file may give less than it was asked for. */
  #move(what: 'read' | 'write', length: number, call: (done: number, callback: Moved) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#expectOpen();
      const next = (done: number): void => {
        if (done >= length) resolve();
        else
          call(done, (error, moved) => {
            if (error !== null) reject(refusal(error, `${what} ${this.#path}`));
            else if (moved === 0)
              reject(new KernelError('EIO', `${what} ${this.#path}`, 'the file has become shorter.'));
            else next(done + moved);
          });
      };
      next(0);
    });
  }
}

/** @throws InputError this is no Node */
function fileSystem(): FileSystem {
  // A browser has no process, and a bundler finds no module of Node here.
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  if (fs !== undefined) return fs;
  throw new InputError('files can be opened in Node only: give the disk a store of your own, such as memoryStore().');
}

/** Opens for reading and writing if that works, and for reading otherwise (storage_common.c, fsg_lun_open). */
function open(fs: FileSystem, path: string, readOnly: boolean): { fd: number; readOnly: boolean } {
  if (!readOnly)
    try {
      return { fd: call(`open ${path}`, () => fs.openSync(path, 'r+')), readOnly: false };
    } catch (error) {
      if (!isKernelError(error, 'EROFS') && !isKernelError(error, 'EACCES')) throw error;
    }
  return { fd: call(`open ${path}`, () => fs.openSync(path, 'r')), readOnly: true };
}

function measure(fs: FileSystem, path: string, fd: number): { size: number; blockSize: number } {
  const stat = call(`stat ${path}`, () => fs.fstatSync(fd));
  if (stat.isFile()) return { size: stat.size, blockSize: DEFAULT_BLOCK_SIZE };
  if (!stat.isBlockDevice()) throw new InputError(`${path} is neither a file nor a block device.`);
  // The numbers of the device, as glibc packs them into dev_t.
  const major = ((stat.rdev >>> 8) & 0xfff) | (Math.floor(stat.rdev / 2 ** 32) & ~0xfff);
  const minor = (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00);
  const device = `/sys/dev/block/${major}:${minor}`;
  const number = (file: string): number => Number(call(`read ${file}`, () => fs.readFileSync(file, 'utf8')));
  // Linux counts the blocks of a device in units of 512 bytes, whatever its blocks are.
  const size = number(`${device}/size`) * 512;
  // A partition has the queue of its disk.
  const queue = fs.existsSync(`${device}/queue`) ? `${device}/queue` : `${device}/../queue`;
  return { size, blockSize: number(`${queue}/logical_block_size`) };
}

function call<T>(operation: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw refusal(error, operation);
  }
}

function refusal(error: unknown, operation: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  return new KernelError(String(error.code) as keyof typeof Errno, operation, undefined, { cause: error });
}
