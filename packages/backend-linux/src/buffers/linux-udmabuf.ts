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
 * /dev/udmabuf: buffers made of sealed memfds. As an exporter it makes a memfd for each buffer, for kernels without heaps
 * (Debian's for arm64). Source: drivers/dma-buf/udmabuf.c.
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
      EINVAL: `Offset and size are whole pages inside the memfd, not above the module's limits (size_limit_mb), and the memfd is sealed against shrinking but not against writing.`,
      EBADFD: 'Buffers are made of memfds only.',
    });
    return new LinuxDmaBuf(this.#kernel, fd, this.name);
  }

  allocate({ size, name, fdFlags = 0, heapFlags = 0 }: AllocateOptions): DmaBuf {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new KernelError('EINVAL', CREATE, `A size of ${size} cannot be: it is at least 1 byte.`);
    // As a heap has it, though every buffer of udmabuf can be read and written.
    if ((fdFlags & ~(O_ACCMODE | O_CLOEXEC)) !== 0 || heapFlags !== 0)
      throw new KernelError('EINVAL', CREATE, 'fdFlags are an access mode and O_CLOEXEC, and heapFlags are 0.');
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
      ENOENT: 'The kernel has no udmabuf: `modprobe udmabuf`, or build it with CONFIG_UDMABUF.',
      EACCES: `Let your group use it: chgrp and chmod g+rw ${path}, best in a udev rule.`,
    });
    return this.#fd;
  }
}
