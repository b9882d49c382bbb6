import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isKernelError, KernelError } from '@gadgetloom/core';
import { type AllocateOptions, type DmaBuf, type DmaBufExporter, O_CLOEXEC, O_RDWR } from '@gadgetloom/dmabuf';
import { fileCall, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { LinuxDmaBuf } from './linux-dma-buf.ts';
import { mustFitInMemory } from './memory-left.ts';

const ALLOC = 'DMA_HEAP_IOCTL_ALLOC';
/** The heap that allocates ordinary pages. */
const SYSTEM = 'system';

/** Lists the names of the heaps, `system` first; none if the kernel has no heaps. */
export function heapNames(paths: LinuxPaths): string[] {
  const directory = join(paths.dev, 'dma_heap');
  try {
    const names = fileCall(`list ${directory}`, () => readdirSync(directory));
    return names.sort((one, other) => Number(other === SYSTEM) - Number(one === SYSTEM) || (one < other ? -1 : 1));
  } catch (error) {
    if (isKernelError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** A DMA heap of the kernel: /dev/dma_heap/NAME. Source: drivers/dma-buf/dma-heap.c. */
export class DmaHeap implements DmaBufExporter, Disposable {
  readonly name: string;
  readonly #kernel: LinuxKernel;
  #fd: number;

  /** @throws KernelError ENOENT no such heap; EACCES this user may not use it */
  constructor(kernel: LinuxKernel, name: string) {
    this.#kernel = kernel;
    this.name = name;
    const path = join(kernel.paths.dev, 'dma_heap', name);
    this.#fd = fileCall(`open ${path}`, () => openSync(path, constants.O_RDWR), {
      ENOENT: `There is no such heap. Choose one of: ${heapNames(kernel.paths).join(', ') || 'none'}.`,
      EACCES: `This user may not use ${path}. Run \`gadgetloom setup --user USER\` as root, or give access in a udev rule.`,
    });
  }

  allocate(options: AllocateOptions): DmaBuf {
    const { size, name, fdFlags = O_RDWR | O_CLOEXEC, heapFlags = 0 } = options;
    if (!Number.isSafeInteger(size) || size < 0)
      throw new KernelError('EINVAL', ALLOC, `The size is ${size}. Pass a number of bytes.`);
    if (this.name === SYSTEM) mustFitInMemory(this.#kernel.paths, size, ALLOC);
    const argument = new Uint8Array(24);
    const view = new DataView(argument.buffer);
    view.setBigUint64(0, BigInt(size), true);
    view.setUint32(12, fdFlags, true);
    view.setBigUint64(16, BigInt(heapFlags), true);
    succeeded(this.#kernel.ioctl(this.#fd, ALLOC, argument), ALLOC, {
      EINVAL: 'Pass a size of at least 1, an access mode and O_CLOEXEC as fdFlags, and 0 as heapFlags.',
      ENOMEM: `Heap "${this.name}" has no ${size} bytes left. Close buffers, or make them smaller.`,
    });
    return named(new LinuxDmaBuf(this.#kernel, view.getUint32(8, true), this.name), name);
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** Names a new buffer. Closes it if that fails. */
export function named(buffer: DmaBuf, name: string | undefined): DmaBuf {
  if (name === undefined) return buffer;
  try {
    buffer.setName(name);
    return buffer;
  } catch (error) {
    buffer.close();
    throw error;
  }
}
