import { KernelError } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError } from '../../test/kernel.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR, PAGE_SIZE } from '../uapi.ts';
import { FileTable } from './file-table.ts';
import { HeapModel } from './heap.ts';
import { DmaBufModel } from './model.ts';
import { ContiguousPages, type PageSource, type Pages } from './pages.ts';

const MEBIBYTE = 1024 * 1024;
const kernel = new Kernel();
const { heap } = kernel;

describe('allocating from a heap', () => {
  it.each([
    [1, PAGE_SIZE],
    [4096, 4096],
    [4097, 8192],
    [MEBIBYTE, MEBIBYTE],
  ])('rounds %d bytes up to %d', (size, rounded) => {
    const file = heap.allocate({ size });
    expect(file).toMatchObject({ size: rounded, exporterName: 'system' });
    expect(file.bytes()).toHaveLength(rounded);
  });

  it.each([0, -1, Number.NaN, 1.5, 2 ** 64])('refuses %d bytes', (size) => {
    expect(() => heap.allocate({ size })).toThrow(kernelError('EINVAL'));
  });

  it.each([
    [0, true],
    [O_RDWR, true],
    [O_RDWR | O_CLOEXEC, true],
    [3, true],
    [O_NONBLOCK, false],
    [0x111111, false],
    [-1, false],
  ])('with fdFlags %d is allowed: %s', (fdFlags, allowed) => {
    const call = (): unknown => heap.allocate({ size: 4096, fdFlags });
    if (allowed) expect(call).not.toThrow();
    else expect(call).toThrow(kernelError('EINVAL'));
  });

  it.each([1, 0x111111, -1])('refuses heapFlags %d', (heapFlags) => {
    expect(() => heap.allocate({ size: 4096, heapFlags })).toThrow(kernelError('EINVAL'));
  });

  it('keeps the access mode', () => {
    expect(heap.allocate({ size: 1, fdFlags: O_RDWR | O_CLOEXEC }).object.flags).toBe(O_RDWR);
    expect(heap.allocate({ size: 1, fdFlags: 0 }).object.flags).toBe(0);
  });

  it('names the buffer, or gives it back', () => {
    expect(heap.allocate({ size: 1, name: 'frame' }).name).toBe('frame');
    const { size } = kernel.statistics();
    expect(() => heap.allocate({ size: 1, name: 'n'.repeat(32) })).toThrow(kernelError('EINVAL'));
    expect(kernel.statistics().size).toBe(size);
  });

  it('passes on what the pages answer, before it takes a descriptor', () => {
    const allocate = vi.fn((): Pages => {
      throw new KernelError('ENOMEM', 'alloc_pages');
    });
    const files = new FileTable({ limit: 3 });
    const model = new DmaBufModel({ clock: kernel.clock, files });
    const empty = new HeapModel({ model, name: 'empty', pages: { allocate } });
    expect(() => empty.allocate({ size: 5000 })).toThrow(kernelError('ENOMEM'));
    expect(allocate).toHaveBeenCalledExactlyOnceWith(8192);
  });

  it('gives the pages back if there is no descriptor', () => {
    const free = vi.fn();
    const source = new ContiguousPages();
    const pages: PageSource = { allocate: (size) => ({ ...source.allocate(size), free }) };
    const model = new DmaBufModel({ clock: kernel.clock, files: new FileTable({ limit: 3 }) });
    expect(() => new HeapModel({ model, name: 'full', pages }).allocate({ size: 1 })).toThrow(kernelError('EMFILE'));
    expect(free).toHaveBeenCalledOnce();
    expect(model.statistics().buffers).toEqual([]);
  });

  it('needs a name for the heap', () => {
    expect(() => new HeapModel({ model: kernel, name: '', pages: new ContiguousPages() })).toThrow(
      kernelError('EINVAL'),
    );
  });

  it('of more than the machine has is out of memory', () => {
    expect(() => heap.allocate({ size: 2 ** 52 })).toThrow(kernelError('ENOMEM'));
  });
});

describe('a buffer of a heap', () => {
  it('is mapped with the runs of its pages, in a table for each attachment', () => {
    const file = heap.allocate({ size: 3 * PAGE_SIZE });
    const { object } = file;
    const attachments = [object.attach({ name: 'udc' }), object.attach({ name: 'udc' })];
    object.resv.tryLock();
    const tables = attachments.map((attachment) => attachment.map('to-device'));
    expect(tables[0]).not.toBe(tables[1]);
    for (const { entries } of tables) {
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({ length: 3 * PAGE_SIZE, offset: 0 });
      expect(entries[0]?.memory).toBe(file.bytes());
    }
    attachments[0]?.unmap(tables[0]!, 'to-device');
    object.resv.unlock();
    for (const attachment of attachments) attachment.detach();
    file.close();
    expect(object.references).toBe(0);
  });

  it('is where no other is', () => {
    const [a, b] = [heap.allocate({ size: PAGE_SIZE }), heap.allocate({ size: PAGE_SIZE })];
    const addressOf = (file: typeof a): number => (file.object.priv as Pages).entries[0]!.dmaAddress;
    expect(Math.abs(addressOf(a) - addressOf(b))).toBeGreaterThanOrEqual(PAGE_SIZE);
  });

  it('has its bytes for the kernel too', async () => {
    const file = heap.allocate({ size: PAGE_SIZE });
    const map = await file.object.vmapUnlocked();
    expect(map).toBe(file.bytes());
    file.object.vunmapUnlocked(map);
  });
});

// The kernel's tests of heaps from user space (tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c).
describe('selftests dmabuf-heaps', () => {
  it('test_alloc_and_import', async () => {
    const file = heap.allocate({ size: MEBIBYTE });
    const bytes = file.bytes();
    bytes.fill(1, 0, MEBIBYTE / 2).fill(0, MEBIBYTE / 2);
    const attachment = file.object.attach({ name: 'vgem' });
    await file.sync(3);
    bytes.fill(0xff);
    await file.sync(7);
    expect(bytes.every((byte) => byte === 0xff)).toBe(true);
    attachment.detach();
  });

  it.each([4096, MEBIBYTE])('test_alloc_zeroed (%d bytes)', (size) => {
    const dirty = Array.from({ length: 32 }, () => heap.allocate({ size }));
    for (const file of dirty) file.bytes().fill(0xff);
    for (const file of dirty) file.close();
    const clean = Array.from({ length: 32 }, () => heap.allocate({ size }));
    const zero = new Uint8Array(size);
    for (const file of clean) expect(Buffer.compare(file.bytes(), zero)).toBe(0);
    for (const file of clean) file.close();
  });

  it('test_alloc_errors', () => {
    expect(() => heap.allocate({ size: MEBIBYTE, fdFlags: O_RDWR | O_CLOEXEC, heapFlags: 0x111111 })).toThrow();
    expect(() => heap.allocate({ size: MEBIBYTE, fdFlags: ~(O_RDWR | O_CLOEXEC) })).toThrow();
  });
});
