import { MILLISECOND, POLLIN, SECOND } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, settle, stateOf } from '../../test/kernel.ts';
import type { SyncFile } from '../sync-file.ts';
import { Fence } from './fence.ts';
import { FenceArray } from './fence-array.ts';
import { FileTable } from './file-table.ts';
import { DmaBufModel } from './model.ts';

const kernel = new Kernel();
const arrayOf = (...fences: Fence[]): FenceArray => new FenceArray(kernel, fences, kernel.allocateContexts(), 1, false);

describe('a sync file', () => {
  it('is called after its fence: driver, timeline, context, seqno', () => {
    expect(kernel.syncFile(new Fence(kernel, 'functionfs', '', 12, 34)).info().name).toBe('functionfs-12-34');
    expect(kernel.syncFile(new Fence(kernel, 'drm', 'ring', 1, 2)).info().name).toBe('drm-ring1-2');
    expect(kernel.syncFile(kernel.stub).info().name).toBe('stub-stub0-0');
  });

  it('or has the name it was given, of at most 31 bytes', () => {
    expect(kernel.syncFile(kernel.stub, 'mine').info().name).toBe('mine');
    expect(kernel.syncFile(kernel.stub, 'n'.repeat(40)).info().name).toBe('n'.repeat(31));
    expect(kernel.syncFile(kernel.stub, 'cut\0here').info().name).toBe('cut');
    const long = new Fence(kernel, 'd'.repeat(30), 't'.repeat(40), 1, 2);
    expect(kernel.syncFile(long).info()).toMatchObject({
      name: `${'d'.repeat(30)}-`,
      fences: [{ driverName: 'd'.repeat(30), objectName: 't'.repeat(31) }],
    });
  });

  it('tells about its fence', async () => {
    await kernel.clock.advance(SECOND);
    const fence = new Fence(kernel, 'functionfs', 'ep1', 12, 34);
    const file = kernel.syncFile(fence);
    const info = { objectName: 'ep1', driverName: 'functionfs', status: 0, timestamp: 0 };
    expect(file.info()).toEqual({ name: 'functionfs-ep112-34', status: 0, fences: [info] });
    fence.signal(-104);
    const failed = { ...info, status: -104, timestamp: kernel.clock.now() };
    expect(file.info()).toEqual({ name: 'functionfs-ep112-34', status: -104, fences: [failed] });
  });

  it.each([
    ['all signaled', [0, 0], 1],
    ['one failed', [0, -5], -5],
    ['two failed: the first', [-104, -108], -104],
    ['one active, then one failed: the first', [undefined, -5], 0],
    ['one failed, then one active: the first', [-5, undefined], -5],
    ['one active', [0, undefined], 0],
  ])('of several fences, %s', (_name, errors, status) => {
    const fences = errors.map((error) => (error === undefined ? kernel.mockFence() : kernel.doneFence(error)));
    expect(kernel.syncFile(arrayOf(...fences)).info().status).toBe(status);
  });

  it('answers FILE_INFO by the room that there is', () => {
    const file = kernel.syncFile(arrayOf(kernel.doneFence(-5), kernel.doneFence()));
    // Without room it is the container that answers: nobody watched it, so it knows of no error.
    expect(file.fileInfo(0)).toMatchObject({ status: 1, count: 2, fences: [] });
    expect(() => file.fileInfo(1)).toThrow(kernelError('EINVAL'));
    expect(file.fileInfo(2)).toMatchObject({ status: -5, count: 2, fences: [{ status: -5 }, { status: 1 }] });
    expect(file.fileInfo(3).fences).toHaveLength(2);
  });

  it.each([0, -104])('can be polled; status %d makes no difference', async (error) => {
    const fence = kernel.mockFence();
    const file = kernel.syncFile(fence);
    expect(file.poll()).toBe(0);
    expect(await file.ready(0)).toBe(0);
    expect(await file.ready(MILLISECOND)).toBe(0);
    const waiting = file.ready();
    expect(await stateOf(waiting)).toBe('pending');
    fence.signal(error);
    expect(await waiting).toBe(POLLIN);
    expect(file.poll()).toBe(POLLIN);
    expect(await file.ready(0)).toBe(POLLIN);
  });

  it('asks its fence to signal when it is polled first, and lets go when it is closed', () => {
    const enableSignaling = vi.fn(() => true);
    const fence = kernel.mockFence({ ops: { enableSignaling } });
    const file = kernel.syncFile(fence);
    expect(enableSignaling).not.toHaveBeenCalled();
    const remove = vi.spyOn(fence, 'removeCallback');
    file.poll();
    const copy = file.dup();
    file.poll();
    expect(enableSignaling).toHaveBeenCalledOnce();
    file.close();
    expect(remove).not.toHaveBeenCalled();
    copy.close();
    expect(remove).toHaveBeenCalledOnce();
    expect(remove).toHaveReturnedWith(true);
  });

  it('passes deadlines on', () => {
    const setDeadline = vi.fn();
    const fence = kernel.mockFence({ ops: { setDeadline } });
    kernel.syncFile(fence).setDeadline(77);
    expect(setDeadline).toHaveBeenCalledExactlyOnceWith(fence, 77);
  });

  it('is closed once, and answers EBADF then', async () => {
    const before = kernel.files.count;
    const file = kernel.syncFile(kernel.stub);
    {
      using scoped = file.dup();
      expect(scoped.fence).toBe(kernel.stub);
    }
    file.close();
    file.close();
    expect(kernel.files.count).toBe(before);
    expect(file.fd).toBe(-1);
    const calls = [() => file.info(), () => file.fileInfo(0), () => file.poll(), () => file.setDeadline(1)];
    for (const call of [...calls, () => file.dup()]) expect(call).toThrow(kernelError('EBADF'));
    await expect(file.ready()).rejects.toThrow(kernelError('EBADF'));
  });
});

describe('SYNC_IOC_MERGE', () => {
  const { fences } = kernel;

  it('makes a file that signals when both have', async () => {
    const [a, b] = [kernel.mockFence(), kernel.mockFence()];
    const merged = fences.merge('both', kernel.syncFile(a), kernel.syncFile(b));
    expect(merged.info()).toMatchObject({ name: 'both', status: 0, fences: [{}, {}] });
    const waiting = merged.ready();
    a.signal();
    await settle();
    expect(merged.poll()).toBe(0);
    b.signal();
    expect(await waiting).toBe(POLLIN);
  });

  it('is called after the merged fence without a name', () => {
    const fence = new Fence(kernel, 'functionfs', '', 5, 6);
    expect(fences.merge('', kernel.syncFile(fence), kernel.syncFile(kernel.stub)).info().name).toBe('functionfs-5-6');
  });

  it('leaves its inputs open', () => {
    const [a, b] = [kernel.syncFile(kernel.mockFence()), kernel.syncFile(kernel.mockFence())];
    fences.merge('m', a, b).close();
    expect(a.info().status).toBe(0);
    expect(b.info().status).toBe(0);
  });

  it('refuses what is not an open sync file', () => {
    const file = kernel.syncFile(kernel.stub);
    const closed = file.dup();
    closed.close();
    const buffer = kernel.heap.allocate({ size: 1 }) as unknown as SyncFile;
    expect(() => fences.merge('m', file, closed)).toThrow(kernelError('ENOENT'));
    expect(() => fences.merge('m', file, buffer)).toThrow(kernelError('ENOENT'));
    expect(() => fences.merge('m', closed, file)).toThrow(kernelError('EBADF'));
    expect(() => fences.merge('m', buffer, file)).toThrow(kernelError('ENOTTY'));
  });

  it('needs a descriptor before anything else', () => {
    const full = new DmaBufModel({ clock: kernel.clock, files: new FileTable({ limit: 4 }) });
    const file = full.syncFile(full.stub);
    expect(() => full.fences.merge('m', file, kernel.syncFile(kernel.stub))).toThrow(kernelError('EMFILE'));
    expect(() => file.dup()).toThrow(kernelError('EMFILE'));
  });
});
