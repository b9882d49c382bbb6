import { isKernelError, SystemClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { DmaHeap } from './dma-heap.ts';
import { LinuxUdmabuf } from './linux-udmabuf.ts';

function machineWith(available: string) {
  const fake = new FakeMachine();
  fake.write('proc/meminfo', `MemTotal:        8000000 kB\nMemAvailable:    ${available}\n`);
  fake.write('dev/dma_heap/system');
  const kernel = new LinuxKernel({ clock: new SystemClock(), paths: fake.paths });
  return {
    kernel,
    [Symbol.dispose]() {
      kernel[Symbol.dispose]();
      fake[Symbol.dispose]();
    },
  };
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a buffer that is larger than the memory that is left', () => {
  it.each([
    ['the system heap', (kernel: LinuxKernel) => new DmaHeap(kernel, 'system')],
    ['udmabuf', (kernel: LinuxKernel) => new LinuxUdmabuf(kernel)],
  ])('of %s is refused before the kernel kills for it', (_, open) => {
    using machine = machineWith('40 kB');
    using heap = open(machine.kernel);
    const error = errorOf(() => heap.allocate({ size: 40 * 1024 + 1 }));
    expect(isKernelError(error, 'ENOMEM')).toBe(true);
    expect((error as Error).message).toContain('40961 bytes were requested, and 40960 are available');
  });

  it('is left to the kernel where it does not tell what it has', () => {
    using machine = machineWith('plenty');
    using heap = new DmaHeap(machine.kernel, 'system');
    // The file that stands for the heap here knows no ioctl.
    expect(errorOf(() => heap.allocate({ size: 2 ** 50 }))).toMatchObject({ code: 'ENOTTY' });
  });
});
