import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@gadgetloom/core';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '@gadgetloom/dmabuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxUdmabuf } from './linux-udmabuf.ts';

const dev = mkdtempSync(join(tmpdir(), 'gadgetloom-udmabuf-'));
let kernel: LinuxKernel;
beforeAll(() => {
  kernel = new LinuxKernel({ clock: new SystemClock(), paths: { dev } });
});
afterAll(() => {
  kernel[Symbol.dispose]();
  rmSync(dev, { recursive: true });
});

describe('udmabuf in the place of a heap', () => {
  it.each([
    ['no bytes', { size: 0 }],
    ['half a byte', { size: 0.5 }],
    ['flags that no heap takes', { size: 4096, heapFlags: 1 }],
    ['a descriptor that does not wait', { size: 4096, fdFlags: O_RDWR | O_NONBLOCK }],
  ])('refuses %s as a heap does', (_, options) => {
    using udmabuf = new LinuxUdmabuf(kernel);
    expect(() => udmabuf.allocate(options)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('says what is missing on a kernel that has it not', () => {
    using udmabuf = new LinuxUdmabuf(kernel);
    const allocate = () => udmabuf.allocate({ size: 4096, fdFlags: O_RDWR | O_CLOEXEC });
    expect(allocate).toThrow(/modprobe udmabuf/);
  });
});
