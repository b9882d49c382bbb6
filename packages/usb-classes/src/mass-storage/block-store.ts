/**
 * Where the blocks of a disk are kept: memory, a file, or anything that a program can read and write by offset.
 *
 * Offsets and lengths are in bytes and are always whole blocks within `size`. The disk never makes two calls at a time.
 * A store reports a failure by rejecting with an error whose `code` is the name of an errno; {@link senseOfError} tells
 * what the host sees for it.
 */
export interface BlockStore {
  /** Bytes. The disk ignores an incomplete block at the end. */
  readonly size: number;
  /** Bytes of a block: a power of two from 512 to 4096. */
  readonly blockSize: number;
  /** True: the disk is write-protected. */
  readonly readOnly: boolean;
  /** Fills `into` with the bytes at `at`. The array belongs to the store until the promise settles. */
  read(at: number, into: Uint8Array): Promise<void>;
  /** Writes `bytes` at `at`. The array belongs to the store until the promise settles. */
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Resolves once everything that was written before is on stable storage: fdatasync(2) for a file. */
  flush(): Promise<void>;
  /** Gives bytes up; they read as zeros from then on. Hosts can send UNMAP only to stores that have this. */
  discard?(at: number, length: number): Promise<void>;
  /** Lets go of what the store holds open. Whoever has opened the store calls it, once the disk does not use it any more. */
  close?(): Promise<void>;
}

/** Bytes of a block unless a store says otherwise. */
export const DEFAULT_BLOCK_SIZE = 512;
