import { SECOND, TraceRecorder } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, settle, stateOf, violation } from '../../test/kernel.ts';
import { Usage } from './usage.ts';

const kernel = new Kernel();

describe('the life of a buffer', () => {
  it('ends with its last reference', () => {
    const release = vi.fn();
    const buffer = kernel.buffer({ release });
    buffer.ref();
    buffer.unref();
    expect(release).not.toHaveBeenCalled();
    buffer.unref();
    expect(release).toHaveBeenCalledExactlyOnceWith(buffer);
    expect(() => buffer.unref()).toThrow(violation('dma_buf_put'));
    expect(() => buffer.ref()).toThrow(violation('get_dma_buf'));
  });

  it('must not end before its attachments and vmaps', () => {
    const attached = kernel.buffer();
    attached.attach({ name: 'udc' });
    expect(() => attached.unref()).toThrow(violation('dma_buf_release'));
    const mapped = kernel.buffer({ vmap: () => new Uint8Array(0) });
    mapped.resv.tryLock();
    mapped.vmap();
    expect(() => mapped.unref()).toThrow(violation('dma_buf_release'));
  });

  it('drops its fences without waiting for them', () => {
    const buffer = kernel.buffer();
    const fence = kernel.mockFence();
    kernel.add(buffer.resv, fence, Usage.WRITE);
    buffer.unref();
    expect(buffer.resv.count).toBe(0);
    expect(fence.status).toBe(0);
  });

  it('leaves a reservation alone that it was given', () => {
    const { resv } = kernel.buffer();
    kernel.add(resv, kernel.mockFence(), Usage.WRITE);
    const ops = { mapDmaBuf: () => undefined, unmapDmaBuf: () => {}, release: () => {} };
    kernel.export({ exporterName: 'test', size: 4096, ops, resv, priv: 1 }).unref();
    expect(resv.count).toBe(1);
  });

  it('can be followed in the trace', () => {
    const trace = new TraceRecorder();
    const traced = new Kernel({ trace });
    const buffer = traced.buffer();
    const attachment = buffer.attach({ name: 'udc' });
    buffer.resv.tryLock();
    attachment.unmap(attachment.map('to-device'), 'to-device');
    buffer.resv.unlock();
    attachment.detach();
    buffer.unref();
    const events = trace.events.filter(({ what }) => what !== 'fence signaled');
    expect(events.map(({ what, details }) => [what, details?.['inode'], details?.['device']])).toEqual([
      ['buffer exported', 1, undefined],
      ['attached', 1, 'udc'],
      ['mapped', 1, 'udc'],
      ['unmapped', 1, 'udc'],
      ['detached', 1, 'udc'],
      ['buffer released', 1, undefined],
    ]);
  });
});

describe('the CPU', () => {
  it.each([
    ['from-device', Usage.READ, false],
    ['from-device', Usage.WRITE, true],
    ['to-device', Usage.READ, true],
    ['bidirectional', Usage.READ, true],
    ['bidirectional', Usage.BOOKKEEP, false],
    ['from-device', Usage.KERNEL, true],
  ] as const)('accessing the buffer %s with a fence of class %d waits: %s', async (direction, usage, waits) => {
    const buffer = kernel.buffer();
    const fence = kernel.mockFence();
    kernel.add(buffer.resv, fence, usage);
    const access = buffer.beginCpuAccess(direction);
    expect(await stateOf(access)).toBe(waits ? 'pending' : 'fulfilled');
    fence.signal(-5);
    await access;
  });

  it('is announced to the exporter before the wait, and told of after', async () => {
    const log: string[] = [];
    const buffer = kernel.buffer({
      beginCpuAccess: (_buffer, direction) => log.push(`begin ${direction}`),
      endCpuAccess: (_buffer, direction) => log.push(`end ${direction}`),
    });
    kernel.add(buffer.resv, kernel.mockFence(), Usage.WRITE);
    const abort = new AbortController();
    const access = buffer.beginCpuAccess('to-device', abort.signal);
    expect(log).toEqual(['begin to-device']);
    await settle();
    abort.abort();
    await expect(access).rejects.toThrow(kernelError('ERESTARTSYS'));
    buffer.endCpuAccess('bidirectional');
    expect(log).toEqual(['begin to-device', 'end bidirectional']);
  });

  it('does not wait if the exporter refuses', async () => {
    const buffer = kernel.buffer({
      beginCpuAccess: () => {
        throw new Error('refused');
      },
    });
    kernel.add(buffer.resv, kernel.mockFence(), Usage.WRITE);
    await expect(buffer.beginCpuAccess('to-device')).rejects.toThrow('refused');
  });

  it('needs nothing from an exporter without caches', async () => {
    const buffer = kernel.buffer();
    await buffer.beginCpuAccess('to-device');
    buffer.endCpuAccess('to-device');
    expect(kernel.clock.now()).toBeLessThan(SECOND);
  });
});

describe('mmap', () => {
  const size = 4 * 4096;
  const mmap = vi.fn((_buffer: unknown, length: number) => new Uint8Array(length));
  const buffer = kernel.buffer({ mmap }, size);

  it.each([
    [size, 0],
    [4096, 3 * 4096],
    [1, 0],
    [4097, 2 * 4096],
    [size - 1, 0],
  ])('gives the pages of %d bytes from %d on', (length, offset) => {
    mmap.mockClear();
    const pages = Math.ceil(length / 4096) * 4096;
    expect(buffer.mmap(length, offset)).toHaveLength(pages);
    expect(mmap).toHaveBeenCalledExactlyOnceWith(buffer, pages, offset);
  });

  it.each([
    [size + 1, 0],
    [size, 4096],
    [4096, size],
    [2 ** 46, 0],
  ])('refuses %d bytes from %d on, beyond the end', (length, offset) => {
    expect(() => buffer.mmap(length, offset)).toThrow(kernelError('EINVAL'));
  });

  it('refuses what cannot be counted', () => {
    expect(() => buffer.mmap(2 ** 66, 0)).toThrow(kernelError('EOVERFLOW'));
  });

  it('refuses if the exporter has none', () => {
    expect(() => kernel.buffer().mmap(4096, 0)).toThrow(kernelError('EINVAL'));
  });

  it('does not give a part of a page', () => {
    expect(() => kernel.buffer({ mmap }, 5000).mmap(5000, 0)).toThrow(kernelError('EINVAL'));
  });
});

describe('vmap', () => {
  const mapped = new Uint8Array(8);

  it('maps once, and unmaps with the last vunmap', () => {
    const vmap = vi.fn(() => mapped);
    const vunmap = vi.fn();
    const buffer = kernel.buffer({ vmap, vunmap });
    buffer.resv.tryLock();
    expect(buffer.vmap()).toBe(mapped);
    expect(buffer.vmap()).toBe(mapped);
    expect(vmap).toHaveBeenCalledOnce();
    buffer.vunmap(mapped);
    expect(vunmap).not.toHaveBeenCalled();
    buffer.vunmap(mapped);
    expect(vunmap).toHaveBeenCalledExactlyOnceWith(buffer, mapped);
    expect(() => buffer.vunmap(mapped)).toThrow(violation('dma_buf_vunmap'));
    expect(buffer.vmap()).toBe(mapped);
    expect(() => buffer.vunmap(new Uint8Array(8))).toThrow(violation('dma_buf_vunmap'));
  });

  it('needs the lock', () => {
    const buffer = kernel.buffer({ vmap: () => mapped });
    expect(() => buffer.vmap()).toThrow(violation('dma_buf_vmap'));
    expect(() => buffer.vunmap(mapped)).toThrow(violation('dma_buf_vunmap'));
  });

  it('can take it itself', async () => {
    const buffer = kernel.buffer({ vmap: () => mapped });
    buffer.resv.tryLock();
    const mapping = buffer.vmapUnlocked();
    expect(await stateOf(mapping)).toBe('pending');
    buffer.resv.unlock();
    expect(await mapping).toBe(mapped);
    buffer.vunmapUnlocked(mapped);
    expect(buffer.resv.locked).toBe(false);
    buffer.unref();
  });

  it('refuses if the exporter has none', () => {
    const buffer = kernel.buffer();
    buffer.resv.tryLock();
    expect(() => buffer.vmap()).toThrow(kernelError('EINVAL'));
  });
});
