import { describe, expect, it } from 'vitest';
import { Kernel, kernelError } from '../../test/kernel.ts';
import type { MemfdSeal } from '../exporter.ts';
import { O_RDWR, PAGE_SIZE } from '../uapi.ts';
import { ContiguousPages, type PageSource, type Pages } from './pages.ts';
import { type UdmabufItem, UdmabufModel } from './udmabuf.ts';

const kernel = new Kernel();
const udmabuf = new UdmabufModel({ model: kernel, pages: new ContiguousPages() });
const sealed = (size: number, seals: readonly MemfdSeal[] = ['shrink']) => udmabuf.memfd(size, seals);
const pages = (count: number): number => count * PAGE_SIZE;

describe('a memfd', () => {
  it('is a file with bytes', () => {
    const memfd = udmabuf.memfd(5000, []);
    expect(memfd.size).toBe(5000);
    expect(memfd.bytes()).toHaveLength(5000);
    expect(kernel.files.get(memfd.fd)).toBe(memfd);
    memfd.close();
    memfd.close();
    expect(memfd.fd).toBe(-1);
    expect(() => memfd.bytes()).toThrow(kernelError('EBADF'));
  });

  it('may be empty, but nothing less', () => {
    using memfd = udmabuf.memfd(0, []);
    expect(memfd.bytes()).toHaveLength(0);
    expect(() => udmabuf.memfd(-1, [])).toThrow(kernelError('EINVAL'));
  });
});

describe('making a buffer of a memfd', () => {
  it.each([
    [pages(16), 0, pages(16)],
    [pages(16), PAGE_SIZE, pages(15)],
    [pages(16), pages(15), PAGE_SIZE],
    [pages(1) + 1, 0, pages(1)],
  ])('of %d bytes takes the range from %d of %d', (size, offset, length) => {
    const file = udmabuf.create(sealed(size), offset, length);
    expect(file).toMatchObject({ size: length, exporterName: 'udmabuf' });
    expect(file.object.flags).toBe(O_RDWR);
  });

  it.each([
    ['the offset is not a whole page', pages(16), 1, PAGE_SIZE],
    ['the size is not', pages(16), 0, 4097],
    ['the size is 0', pages(16), 0, 0],
    ['it ends beyond the file', pages(16), 0, pages(17)],
    ['it begins beyond the file', pages(16), pages(16), PAGE_SIZE],
    ['the last page is not full', pages(1) + 1, 0, pages(2)],
    ['it is more than 64 MiB', pages(16), 0, 64 * 1024 * 1024 + PAGE_SIZE],
    ['it is negative', pages(16), 0, -PAGE_SIZE],
  ])('refuses a range when %s', (_reason, size, offset, length) => {
    expect(() => udmabuf.create(sealed(size), offset, length)).toThrow(kernelError('EINVAL'));
  });

  it.each([
    [[], false],
    [['grow'], false],
    [['shrink'], true],
    [['shrink', 'grow'], true],
    [['shrink', 'write'], false],
    [['shrink', 'future-write'], false],
  ] as const)('wants it sealed against shrinking, not against writing: %j is allowed: %s', (seals, allowed) => {
    const call = (): unknown => udmabuf.create(sealed(PAGE_SIZE, seals), 0, PAGE_SIZE);
    if (allowed) expect(call).not.toThrow();
    else expect(call).toThrow(kernelError('EINVAL'));
  });

  it('refuses what is not an open memfd, after the sizes', () => {
    const closed = sealed(PAGE_SIZE);
    closed.close();
    const buffer = kernel.heap.allocate({ size: 1 });
    const foreign = new UdmabufModel({ model: new Kernel(), pages: new ContiguousPages() }).memfd(PAGE_SIZE, [
      'shrink',
    ]);
    for (const file of [closed, buffer, foreign]) {
      expect(() => udmabuf.create(file, 0, PAGE_SIZE)).toThrow(kernelError('EBADFD'));
      expect(() => udmabuf.create(file, 0, 1)).toThrow(kernelError('EINVAL'));
    }
  });
});

describe('a buffer of a memfd', () => {
  it('shares its bytes, in both directions', () => {
    const memfd = sealed(pages(4));
    const file = udmabuf.create(memfd, PAGE_SIZE, pages(2));
    memfd.bytes()[PAGE_SIZE] = 1;
    expect(file.bytes()[0]).toBe(1);
    file.bytes()[PAGE_SIZE] = 2;
    expect(memfd.bytes()[pages(2)]).toBe(2);
    expect(file.mmap(PAGE_SIZE, PAGE_SIZE)[0]).toBe(2);
  });

  it('keeps them when the memfd is closed', () => {
    const memfd = sealed(pages(2));
    const file = udmabuf.create(memfd, 0, pages(2));
    memfd.bytes()[7] = 7;
    const bytes = memfd.bytes();
    memfd.close();
    expect(file.bytes()[7]).toBe(7);
    file.close();
    expect(bytes).toHaveLength(0);
  });

  it('has an entry for every page, and maps once for all', () => {
    const source = new ContiguousPages();
    const scattered: PageSource = {
      allocate: (size): Pages => {
        const { memory, free } = source.allocate(size);
        const half = size / 2;
        const entries = [half, 0].map((offset) => ({ dmaAddress: 0x4000_0000 + offset, length: half, memory, offset }));
        return { memory, free, entries: entries.reverse() };
      },
    };
    const local = new UdmabufModel({ model: kernel, pages: scattered });
    const file = local.create(local.memfd(pages(8), ['shrink']), pages(2), pages(4));
    const attachment = file.object.attach({ name: 'udc' });
    file.object.resv.tryLock();
    const table = attachment.map('to-device');
    expect(table.entries.map(({ dmaAddress, offset, length }) => [dmaAddress - 0x4000_0000, offset, length])).toEqual(
      [2, 3, 4, 5].map((page) => [pages(page), pages(page), PAGE_SIZE]),
    );
    expect(attachment.map('to-device')).toBe(table);
    expect(() => attachment.map('from-device')).toThrow(kernelError('EBUSY'));
  });

  it('refuses the end of a CPU access before the first begin', async () => {
    const file = udmabuf.create(sealed(PAGE_SIZE), 0, PAGE_SIZE);
    expect(() => file.endCpuAccess('read')).toThrow(kernelError('EINVAL'));
    await file.beginCpuAccess('write');
    file.endCpuAccess('write');
    file.endCpuAccess('read');
  });

  it('has its bytes for the kernel too', async () => {
    const file = udmabuf.create(sealed(PAGE_SIZE), 0, PAGE_SIZE);
    const map = await file.object.vmapUnlocked();
    map[3] = 3;
    expect(file.bytes()[3]).toBe(3);
    file.object.vunmapUnlocked(map);
    file.close();
    expect(file.object.references).toBe(0);
  });
});

describe('a list of ranges', () => {
  const item = (memfd: UdmabufItem['memfd'], offset: number, size: number): UdmabufItem => ({ memfd, offset, size });

  it('is one buffer', () => {
    const memfd = sealed(pages(8));
    const file = udmabuf.createList([item(memfd, 0, pages(1)), item(memfd, pages(1), pages(2))]);
    expect(file.size).toBe(pages(3));
    memfd.bytes()[pages(2)] = 5;
    expect(file.bytes()[pages(2)]).toBe(5);
  });

  it('cannot be seen as one array if its ranges are not neighbours', () => {
    const memfd = sealed(pages(8));
    const file = udmabuf.createList([item(memfd, pages(4), PAGE_SIZE), item(memfd, 0, PAGE_SIZE)]);
    expect(() => file.bytes()).toThrow(kernelError('EOPNOTSUPP'));
  });

  it('has limits', () => {
    const small = new UdmabufModel({ model: kernel, pages: new ContiguousPages(), listLimit: 2, sizeLimitMb: 1 });
    const memfd = small.memfd(pages(256), ['shrink']);
    const one = item(memfd, 0, PAGE_SIZE);
    expect(small.createList([one, one]).size).toBe(pages(2));
    expect(() => small.createList([one, one, one])).toThrow(kernelError('EINVAL'));
    expect(small.create(memfd, 0, pages(256)).size).toBe(pages(256));
    expect(() => small.createList([item(memfd, 0, pages(256)), one])).toThrow(kernelError('EINVAL'));
    expect(() => small.createList([])).toThrow(kernelError('EINVAL'));
  });

  it('judges all sizes before the first file', () => {
    const memfd = sealed(pages(2));
    const closed = sealed(pages(2));
    closed.close();
    const wrong = [item(closed, 0, PAGE_SIZE), item(memfd, 1, PAGE_SIZE)];
    expect(() => udmabuf.createList(wrong)).toThrow(kernelError('EINVAL'));
    expect(() => udmabuf.createList([item(memfd, 0, 0), item(closed, 0, PAGE_SIZE)])).toThrow(kernelError('EINVAL'));
    expect(() => udmabuf.createList([item(memfd, 0, PAGE_SIZE), item(closed, 0, PAGE_SIZE)])).toThrow(
      kernelError('EBADFD'),
    );
  });
});

// The kernel's test from user space (tools/testing/selftests/drivers/dma-buf/udmabuf.c), without huge pages.
describe('selftests udmabuf', () => {
  it('test-1: an offset that is not a whole page fails', () => {
    expect(() => udmabuf.create(sealed(pages(4)), PAGE_SIZE / 2, PAGE_SIZE)).toThrow();
  });

  it('test-2: a size that is not a whole page fails', () => {
    expect(() => udmabuf.create(sealed(pages(4)), 0, PAGE_SIZE / 2)).toThrow();
  });

  it('test-3: what is not a memfd fails', () => {
    expect(() => udmabuf.create(kernel.syncFile(kernel.stub), 0, pages(4))).toThrow();
  });

  it('test-4: a right one works', () => {
    expect(udmabuf.create(sealed(pages(4)), 0, pages(4)).size).toBe(pages(4));
  });

  it('test-5: a list of four ranges sees what is written to the memfd later', () => {
    const memfd = sealed(pages(1024));
    const chunk = pages(1024) / 4;
    const items = [0, 1, 2, 3].map((at) => ({ memfd, offset: at * chunk, size: pages(4) }));
    const { object } = udmabuf.createList(items);
    const attachment = object.attach({ name: 'device' });
    object.resv.tryLock();
    const { entries } = attachment.map('from-device');
    for (let page = 0; page < 1024; page++) memfd.bytes()[pages(page)] = page % 251;
    const seen = entries.map(({ memory, offset }) => memory[offset]);
    expect(seen).toEqual([0, 1, 2, 3].flatMap((at) => [0, 1, 2, 3].map((page) => (at * 256 + page) % 251)));
  });
});
