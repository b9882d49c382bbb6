import { POLLIN } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel, kernelError, settle, stateOf } from '../../test/kernel.ts';
import {
  DMA_BUF_SYNC_END,
  DMA_BUF_SYNC_READ,
  DMA_BUF_SYNC_RW,
  DMA_BUF_SYNC_WRITE,
  O_RDONLY,
  O_WRONLY,
} from '../uapi.ts';
import type { DmaBufFile } from './dma-buf-file.ts';
import { FenceArray } from './fence-array.ts';
import { FenceChain } from './fence-chain.ts';
import { FileTable } from './file-table.ts';
import { DmaBufModel } from './model.ts';
import { ReservationCursor } from './reservation-cursor.ts';
import { Usage } from './usage.ts';

const kernel = new Kernel();
const allocate = (size = 65536): DmaBufFile => kernel.heap.allocate({ size });

describe('a descriptor of a buffer', () => {
  it('tells size, exporter and name', () => {
    const file = allocate();
    expect(file).toMatchObject({ size: 65536, exporterName: 'system', name: undefined, link: '/dmabuf:' });
    file.setName('frame');
    expect(file).toMatchObject({ name: 'frame', link: '/dmabuf:frame' });
    expect(file.dup().name).toBe('frame');
    expect(file.fdinfo()).toBe('size:\t65536\ncount:\t2\nexp_name:\tsystem\nname:\tframe\n');
  });

  it.each([
    ['', ''],
    ['hello', 'hello'],
    ['0123456789012345678901234567890', '0123456789012345678901234567890'],
    ['cut\0here', 'cut'],
    ['ä'.repeat(15), 'ä'.repeat(15)],
  ])('takes the name %j', (name, taken) => {
    const file = allocate();
    file.setName(name);
    expect(file.name).toBe(taken);
  });

  it.each(['01234567890123456789012345678901', 'ä'.repeat(16)])('refuses the name %j, which is too long', (name) => {
    const file = allocate();
    expect(() => file.setName(name)).toThrow(kernelError('EINVAL'));
    expect(file.name).toBe(undefined);
  });

  it('can be renamed while attached', () => {
    const file = allocate();
    file.object.attach({ name: 'udc' });
    file.setName('one');
    file.setName('two');
    expect(file.name).toBe('two');
  });

  it.each([
    [0, 'set', 0],
    [0, 'end', 65536],
  ] as const)('seeks to %d from %s', (offset, whence, position) => {
    expect(allocate().seek(offset, whence)).toBe(position);
  });

  it.each([
    [1, 'set'],
    [1, 'end'],
    [-1, 'end'],
    [0, 'cur'],
  ] as const)('refuses to seek to %d from %s', (offset, whence) => {
    expect(() => allocate().seek(offset, whence)).toThrow(kernelError('EINVAL'));
  });

  it('is found by its number, and only while it is open', () => {
    const file = allocate();
    const { fd, object } = file;
    expect(kernel.files.get(fd)).toBe(file);
    expect(kernel.get(file)).toBe(object);
    file.close();
    file.close();
    expect(file.fd).toBe(-1);
    expect(kernel.files.get(fd)).toBe(undefined);
    expect(() => kernel.get(file)).toThrow(kernelError('EBADF'));
    expect(object.references).toBe(0);
  });

  it('is closed with its scope', () => {
    let file: DmaBufFile;
    {
      using scoped = allocate();
      file = scoped;
    }
    expect(file.fd).toBe(-1);
  });

  it('is a dma-buf of its kernel only', () => {
    const file = allocate();
    expect(() => new Kernel().get(file)).toThrow(kernelError('EINVAL'));
    expect(() => kernel.get(file.exportSyncFile(DMA_BUF_SYNC_RW))).toThrow(kernelError('EINVAL'));
    const none = { fd: -1, close: () => {}, [Symbol.dispose]: () => {} };
    expect(() => kernel.get(none)).toThrow(kernelError('EBADF'));
  });

  it('shares its buffer with duplicates', () => {
    const file = allocate();
    const copy = file.dup();
    expect(copy.fd).not.toBe(file.fd);
    expect(kernel.get(copy)).toBe(kernel.get(file));
    file.bytes()[5] = 7;
    file.close();
    expect(copy.bytes()[5]).toBe(7);
    expect(copy.object.references).toBe(1);
  });

  it('stays in the process with O_CLOEXEC, which a duplicate does not have', () => {
    const file = allocate();
    expect(file.closeOnExec).toBe(true);
    expect(file.dup().closeOnExec).toBe(false);
    expect(kernel.heap.allocate({ size: 1, fdFlags: 2 }).closeOnExec).toBe(false);
  });

  it('takes room in the table of descriptors', () => {
    const small = new DmaBufModel({ clock: kernel.clock, files: new FileTable({ limit: 4 }) });
    const object = small.export({
      exporterName: 'test',
      size: 4096,
      ops: { mapDmaBuf: () => undefined, unmapDmaBuf: () => {}, release: () => {} },
      priv: 1,
    });
    const file = small.open(object);
    expect(() => file.dup()).toThrow(kernelError('EMFILE'));
    expect(() => file.exportSyncFile(DMA_BUF_SYNC_READ)).toThrow(kernelError('EMFILE'));
    expect(() => file.exportSyncFile(0)).toThrow(kernelError('EINVAL'));
    expect(object.references).toBe(1);
  });
});

describe('a closed descriptor', () => {
  const closed = allocate();
  closed.close();
  const sync = allocate().exportSyncFile(DMA_BUF_SYNC_RW);

  it.each([
    ['setName', () => closed.setName('a')],
    ['seek', () => closed.seek(0, 'end')],
    ['bytes', () => closed.bytes()],
    ['mmap', () => closed.mmap(4096, 0)],
    ['endCpuAccess', () => closed.endCpuAccess('read')],
    ['poll', () => closed.poll(POLLIN)],
    ['exportSyncFile', () => closed.exportSyncFile(DMA_BUF_SYNC_RW)],
    ['importSyncFile', () => closed.importSyncFile(DMA_BUF_SYNC_RW, sync)],
    ['fdinfo', () => closed.fdinfo()],
    ['dup', () => closed.dup()],
  ])('answers EBADF to %s', (_name, call) => {
    expect(call).toThrow(kernelError('EBADF'));
  });

  it('answers EBADF to what waits', async () => {
    await expect(closed.sync(DMA_BUF_SYNC_READ)).rejects.toThrow(kernelError('EBADF'));
    await expect(closed.beginCpuAccess('read')).rejects.toThrow(kernelError('EBADF'));
    await expect(closed.ready(POLLIN)).rejects.toThrow(kernelError('EBADF'));
  });
});

describe('the bytes of a buffer', () => {
  it('are the same array every time, and zero at first', () => {
    const file = allocate();
    expect(file.bytes()).toHaveLength(65536);
    expect(file.bytes()).toBe(file.bytes());
    expect(file.bytes().every((byte) => byte === 0)).toBe(true);
  });

  it('are gone with the buffer', () => {
    const file = allocate();
    const bytes = file.bytes();
    file.close();
    expect(bytes).toHaveLength(0);
  });

  it.each([
    [65536, 0, 65536],
    [4096, 61440, 4096],
    [1, 4096, 4096],
    [4097, 0, 8192],
  ])('can be mapped in part: %d from %d on', (length, offset, mapped) => {
    const file = allocate();
    file.bytes()[offset] = 9;
    const part = file.mmap(length, offset);
    expect(part).toHaveLength(mapped);
    expect(part[0]).toBe(9);
  });

  it.each([
    [65536, 4096, 'EINVAL'],
    [65537, 0, 'EINVAL'],
    [69633, 0, 'EINVAL'],
    [4096, 65536, 'EINVAL'],
    [4096, 1, 'EINVAL'],
    [4096, -4096, 'EINVAL'],
    [0, 0, 'EINVAL'],
    [-1, 0, 'EINVAL'],
    [2 ** 48, 0, 'ENOMEM'],
  ] as const)('cannot be mapped: %d from %d on is %s', (length, offset, code) => {
    expect(() => allocate().mmap(length, offset)).toThrow(kernelError(code));
  });

  it.each([O_RDONLY, O_WRONLY])('cannot be mapped for writing with access mode %d', (fdFlags) => {
    const file = kernel.heap.allocate({ size: 4096, fdFlags });
    expect(() => file.bytes()).toThrow(kernelError('EACCES'));
    expect(() => file.mmap(4096, 0)).toThrow(kernelError('EACCES'));
    expect(() => file.mmap(0, 0)).toThrow(kernelError('EINVAL'));
  });

  it('do not exist if the exporter has no mmap', () => {
    const file = kernel.open(kernel.buffer());
    expect(() => file.bytes()).toThrow(kernelError('EINVAL'));
  });
});

describe('DMA_BUF_IOCTL_SYNC', () => {
  it.each([1, 2, 3, 5, 6, 7])('takes flags %d', async (flags) => {
    await expect(allocate().sync(flags)).resolves.toBe(undefined);
  });

  it.each([0, 4, 8, 11, -1, 2 ** 32 + 1, Number.NaN])('refuses flags %d', async (flags) => {
    await expect(allocate().sync(flags)).rejects.toThrow(kernelError('EINVAL'));
  });

  it.each([
    ['read', Usage.READ, false],
    ['read', Usage.WRITE, true],
    ['write', Usage.READ, true],
    ['read-write', Usage.READ, true],
  ] as const)('beginning to %s with a fence of class %d waits: %s', async (access, usage, waits) => {
    const file = allocate();
    const fence = kernel.mockFence();
    kernel.add(file.object.resv, fence, usage);
    const begun = file.beginCpuAccess(access);
    expect(await stateOf(begun)).toBe(waits ? 'pending' : 'fulfilled');
    file.endCpuAccess(access);
    fence.signal();
    await begun;
  });

  it('never waits to end', async () => {
    const file = allocate();
    kernel.add(file.object.resv, kernel.mockFence(), Usage.WRITE);
    await file.sync(DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END);
    expect(file.object.resv.locked).toBe(false);
  });
});

describe('exporting a sync file', () => {
  it.each([0, 4, 5, 9, -1, 2 ** 32])('refuses flags %d', (flags) => {
    expect(() => allocate().exportSyncFile(flags)).toThrow(kernelError('EINVAL'));
  });

  it('of a buffer that nobody uses gives the stub', () => {
    const file = allocate();
    kernel.add(file.object.resv, kernel.doneFence(), Usage.WRITE);
    for (const flags of [DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW])
      expect(file.exportSyncFile(flags).fence).toBe(kernel.stub);
  });

  it('gives what a reader or a writer would wait for', () => {
    const file = allocate();
    const [written, read] = [kernel.mockFence(), kernel.mockFence()];
    kernel.add(file.object.resv, written, Usage.WRITE);
    kernel.add(file.object.resv, read, Usage.READ);
    expect(file.exportSyncFile(DMA_BUF_SYNC_READ).fence).toBe(written);
    for (const flags of [DMA_BUF_SYNC_WRITE, DMA_BUF_SYNC_RW]) {
      const sync = file.exportSyncFile(flags);
      expect(sync.fence).toBeInstanceOf(FenceArray);
      expect(sync.info().fences).toHaveLength(2);
    }
  });
});

describe('importing a sync file', () => {
  const usagesOf = (file: DmaBufFile): [unknown, Usage][] => {
    const { resv } = file.object;
    const found: [unknown, Usage][] = [];
    resv.tryLock();
    const cursor = new ReservationCursor(resv, Usage.BOOKKEEP);
    for (let fence = cursor.first(); fence !== undefined; fence = cursor.next()) found.push([fence, cursor.usage]);
    resv.unlock();
    return found;
  };

  it.each([
    [DMA_BUF_SYNC_READ, Usage.READ],
    [DMA_BUF_SYNC_WRITE, Usage.WRITE],
    [DMA_BUF_SYNC_RW, Usage.WRITE],
  ])('with flags %d adds its fence as class %d', (flags, usage) => {
    const file = allocate();
    const fence = kernel.mockFence();
    file.importSyncFile(flags, kernel.syncFile(fence));
    expect(usagesOf(file)).toEqual([[fence, usage]]);
  });

  it('adds the members of arrays and chains one by one', () => {
    const file = allocate();
    const fences = Array.from({ length: 7 }, () => kernel.mockFence());
    const array = new FenceArray(kernel, fences.slice(0, 6), kernel.allocateContexts(), 1, false);
    const chain = new FenceChain(kernel, array, fences[6]!, 1);
    file.importSyncFile(DMA_BUF_SYNC_READ, kernel.syncFile(chain));
    expect(new Set(usagesOf(file).map(([fence]) => fence))).toEqual(new Set(fences));
    expect(file.object.resv.locked).toBe(false);
  });

  it('takes fences that are done', () => {
    const file = allocate();
    file.importSyncFile(DMA_BUF_SYNC_READ, file.exportSyncFile(DMA_BUF_SYNC_READ));
    expect(file.poll(POLLIN)).toBe(POLLIN);
  });

  it.each([0, 4, 9])('refuses flags %d', (flags) => {
    const file = allocate();
    expect(() => file.importSyncFile(flags, file)).toThrow('neither READ');
    expect(() => file.importSyncFile(flags, file)).toThrow(kernelError('EINVAL'));
  });

  it('refuses what is not an open sync file of this kernel', () => {
    const file = allocate();
    const closed = kernel.syncFile(kernel.stub);
    closed.close();
    const other = new Kernel();
    for (const wrong of [file, closed, other.syncFile(other.stub)])
      expect(() => file.importSyncFile(DMA_BUF_SYNC_READ, wrong)).toThrow(kernelError('EINVAL'));
  });

  it('has its turn with the lock', async () => {
    const file = allocate();
    const { object } = file;
    const fence = kernel.mockFence();
    object.resv.tryLock();
    file.importSyncFile(DMA_BUF_SYNC_WRITE, kernel.syncFile(fence));
    file.close();
    expect(object.resv.count).toBe(0);
    expect(object.references).toBe(1);
    object.resv.unlock();
    await settle();
    expect(object.references).toBe(0);
  });
});
