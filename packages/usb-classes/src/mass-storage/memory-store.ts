import { InputError } from '@gadgetloom/core';
import { type BlockStore, DEFAULT_BLOCK_SIZE } from './block-store.ts';

/** What {@link memoryStore} takes. */
export interface MemoryStoreOptions {
  /** Bytes of the disk; or its first content, which the store keeps and changes. */
  readonly size?: number;
  /** The bytes themselves, instead of `size`. The store works on this array without copying it. */
  readonly bytes?: Uint8Array;
  /** 512 unless given. */
  readonly blockSize?: number;
  /** False unless given. */
  readonly readOnly?: boolean;
}

/** A disk in memory. It is there at once and gone with the program. */
export interface MemoryStore extends BlockStore {
  /** All bytes of the disk, as they are now. */
  readonly bytes: Uint8Array;
}

/**
 * Makes a disk in memory.
 *
 * @throws InputError neither a size nor bytes, or less than one block
 */
export function memoryStore({
  size,
  bytes: given,
  blockSize = DEFAULT_BLOCK_SIZE,
  readOnly = false,
}: MemoryStoreOptions): MemoryStore {
  const length = given?.length ?? size ?? 0;
  if (!Number.isSafeInteger(length) || length < blockSize) {
    throw new InputError(`a disk in memory has ${length} bytes; give it a size of at least one block (${blockSize}).`);
  }
  const bytes = given ?? new Uint8Array(length);
  return {
    bytes,
    size: bytes.length,
    blockSize,
    readOnly,
    async read(at, into) {
      into.set(bytes.subarray(at, at + into.length));
    },
    async write(at, from) {
      bytes.set(from, at);
    },
    async flush() {},
    async discard(at, count) {
      bytes.fill(0, at, at + count);
    },
  };
}
