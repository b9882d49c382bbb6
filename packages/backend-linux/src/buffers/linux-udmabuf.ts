import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { KernelError, type OpenFile } from '@gadgetloom/core';
import {
  type AllocateOptions,
  type DmaBuf,
  type DmaBufExporter,
  type Memfd,
  type MemfdSeal,
  O_ACCMODE,
  O_CLOEXEC,
  type Udmabuf,
} from '@gadgetloom/dmabuf';
import { fileCall, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { named } from './dma-heap.ts';
import { LinuxDmaBuf } from './linux-dma-buf.ts';
import { mustFitInMemory } from './memory-left.ts';

const CREATE = 'UDMABUF_CREATE';
const CLOSE_ON_EXEC = 1;

/** F_SEAL_*, include/uapi/linux/fcntl.h. */
const SEALS: Readonly<Record<MemfdSeal, number>> = { shrink: 2, grow: 4, write: 8, 'future-write': 16 };

class LinuxMemfd implements Memfd {
  readonly size: number;
  readonly #kernel: LinuxKernel;
  #fd: number;

  constructor(kernel: LinuxKernel, fd: number, size: number) {
    this.#kernel = kernel;
    this.#fd = fd;
    this.size = size;
  }

  get fd(): number {
    return this.#fd;
  }

  close(): void {
    if (this.#fd >= 0) this.#kernel.addon.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * /dev/udmabuf makes buffers from sealed memfds. As an exporter, this class makes a memfd for each buffer, for kernels
 * without heaps (Debian's for arm64). Source: drivers/dma-buf/udmabuf.c.
 */
export class LinuxUdmabuf implements Udmabuf, DmaBufExporter, Disposable {
  readonly name = 'udmabuf';
  readonly #kernel: LinuxKernel;
  #fd: number | undefined;

  constructor(kernel: LinuxKernel) {
    this.#kernel = kernel;
  }

  memfd(size: number, seals: readonly MemfdSeal[]): Memfd {
    const bits = seals.reduce((mask, seal) => mask | SEALS[seal], 0);
    const fd = succeeded(this.#kernel.addon.memfd('gadgetloom', size, bits), 'memfd_create');
    return new LinuxMemfd(this.#kernel, fd, size);
  }

  create(memfd: OpenFile, offset: number, size: number): DmaBuf {
    const argument = new Uint8Array(24);
    const view = new DataView(argument.buffer);
    view.setInt32(0, memfd.fd, true);
    view.setUint32(4, CLOSE_ON_EXEC, true);
    view.setBigInt64(8, BigInt(offset), true);
    view.setBigInt64(16, BigInt(size), true);
    const fd = succeeded(this.#kernel.ioctl(this.#device(), CREATE, argument), CREATE, {
      EINVAL: `Pass an offset and a size in whole pages inside the memfd, up to the module's limit (size_limit_mb). Seal the memfd against shrinking, but not against writing.`,
      EBADFD: 'The file is not a memfd. Pass a memfd.',
    });
    return new LinuxDmaBuf(this.#kernel, fd, this.name);
  }

  allocate({ size, name, fdFlags = 0, heapFlags = 0 }: AllocateOptions): DmaBuf {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new KernelError('EINVAL', CREATE, `The size is ${size}. Pass at least 1 byte.`);
    // The same check as a heap's, although every buffer of udmabuf can be read and written.
    if ((fdFlags & ~(O_ACCMODE | O_CLOEXEC)) !== 0 || heapFlags !== 0)
      throw new KernelError('EINVAL', CREATE, 'Pass an access mode and O_CLOEXEC as fdFlags, and 0 as heapFlags.');
    const { pageSize } = this.#kernel.addon;
    mustFitInMemory(this.#kernel.paths, size, CREATE);
    const whole = Math.ceil(size / pageSize) * pageSize;
    using memfd = this.memfd(whole, ['shrink']);
    return named(this.create(memfd, 0, whole), name);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #device(): number {
    const path = join(this.#kernel.paths.dev, 'udmabuf');
    this.#fd ??= fileCall(`open ${path}`, () => openSync(path, constants.O_RDWR), {
      ENOENT: 'There is no /dev/udmabuf. Run `modprobe udmabuf` as root, or build the kernel with CONFIG_UDMABUF.',
      EACCES: `This user may not use ${path}. Run \`gadgetloom setup --user USER\` as root, or give access in a udev rule.`,
    });
    return this.#fd;
  }
}
