import { MILLISECOND, POLLERR, POLLIN, POLLOUT, SECOND } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel, settle, stateOf } from '../../test/kernel.ts';
import type { DmaBufFile } from './dma-buf-file.ts';
import type { Fence } from './fence.ts';
import { Usage } from './usage.ts';

const BOTH = POLLIN | POLLOUT;
const kernel = new Kernel();

function bufferWith(...fences: [Fence, Usage][]): DmaBufFile {
  const file = kernel.heap.allocate({ size: 4096 });
  for (const [fence, usage] of fences) kernel.add(file.object.resv, fence, usage);
  return file;
}

describe('polling a buffer', () => {
  it('finds one ready that nobody uses', async () => {
    const file = bufferWith();
    expect(file.poll(POLLIN)).toBe(POLLIN);
    expect(file.poll(POLLOUT)).toBe(POLLOUT);
    expect(await file.ready(BOTH)).toBe(BOTH);
  });

  it.each([
    ['KERNEL', Usage.KERNEL, 0],
    ['WRITE', Usage.WRITE, 0],
    ['READ', Usage.READ, POLLIN],
    ['BOOKKEEP', Usage.BOOKKEEP, BOTH],
  ])('with a %s fence on it', (_name, usage, ready) => {
    const fence = kernel.mockFence();
    const file = bufferWith([fence, usage]);
    expect(file.poll(BOTH)).toBe(ready);
    fence.signal();
    expect(file.poll(BOTH)).toBe(BOTH);
  });

  it('takes a fence that failed for done', () => {
    expect(bufferWith([kernel.doneFence(-104), Usage.WRITE]).poll(BOTH)).toBe(BOTH);
  });

  it('looks at POLLIN and POLLOUT only', async () => {
    const file = bufferWith();
    expect(file.poll(POLLERR)).toBe(0);
    expect(await file.ready(POLLERR, MILLISECOND)).toBe(0);
    expect(file.poll(POLLERR | POLLIN)).toBe(POLLIN);
  });

  it('leaves a callback, which keeps the buffer until the fence signals', () => {
    const fence = kernel.mockFence();
    const file = bufferWith([fence, Usage.WRITE]);
    const { object } = file;
    expect(object.references).toBe(1);
    file.poll(POLLOUT);
    expect(object.references).toBe(2);
    file.poll(POLLOUT);
    file.poll(POLLIN);
    expect(object.references).toBe(3);
    file.close();
    expect(object.references).toBe(2);
    fence.signal();
    expect(object.references).toBe(0);
  });

  it('reports nothing while a callback is left, whatever became of the fences', () => {
    const old = kernel.mockFence();
    const file = bufferWith([old, Usage.WRITE]);
    file.poll(POLLIN);
    const { resv } = file.object;
    resv.tryLock();
    resv.replace(old.context, kernel.doneFence(), Usage.WRITE);
    resv.unlock();
    expect(file.poll(BOTH)).toBe(POLLOUT);
    old.signal();
    expect(file.poll(BOTH)).toBe(BOTH);
  });
});

describe('waiting for a buffer', () => {
  it('ends when the fences are done that are in the way', async () => {
    const fences = [kernel.mockFence(), kernel.mockFence()];
    const file = bufferWith([fences[0]!, Usage.WRITE], [fences[1]!, Usage.WRITE]);
    const waiting = file.ready(POLLIN);
    expect(await stateOf(waiting)).toBe('pending');
    fences[0]!.signal();
    expect(await stateOf(waiting)).toBe('pending');
    fences[1]!.signal();
    expect(await waiting).toBe(POLLIN);
    expect(file.object.references).toBe(1);
  });

  it('ends with the first event that holds', async () => {
    const [writer, reader] = [kernel.mockFence(), kernel.mockFence()];
    const file = bufferWith([writer, Usage.WRITE], [reader, Usage.READ]);
    const waiting = file.ready(BOTH);
    await settle();
    writer.signal();
    expect(await waiting).toBe(POLLIN);
    const rest = file.ready(POLLOUT);
    reader.signal();
    expect(await rest).toBe(POLLOUT);
  });

  it('ends with 0 when the time is up, and looks once more then', async () => {
    const fence = kernel.mockFence();
    const file = bufferWith([fence, Usage.WRITE]);
    const start = kernel.clock.now();
    expect(await file.ready(BOTH, 5 * MILLISECOND)).toBe(0);
    expect(kernel.clock.now() - start).toBe(5 * MILLISECOND);
    fence.signal();
    expect(await file.ready(BOTH, 0)).toBe(BOTH);
  });

  it('wakes everybody', async () => {
    const fence = kernel.mockFence();
    const file = bufferWith([fence, Usage.WRITE]);
    const copy = file.dup();
    const all = Promise.all([file.ready(POLLIN), copy.ready(POLLOUT), file.ready(BOTH, SECOND)]);
    await settle();
    fence.signal();
    expect(await all).toEqual([POLLIN, POLLOUT, BOTH]);
  });

  it('goes on after the descriptor is closed: the call has the file', async () => {
    const fence = kernel.mockFence();
    const file = bufferWith([fence, Usage.WRITE]);
    const waiting = file.ready(POLLIN);
    await settle();
    file.close();
    fence.signal();
    expect(await waiting).toBe(POLLIN);
    await settle();
    expect(file.object.references).toBe(0);
  });

  it('begins with the lock, whatever the timeout, while a transfer waits with it', async () => {
    const file = bufferWith();
    const { resv } = file.object;
    resv.tryLock();
    const start = kernel.clock.now();
    const waiting = file.ready(BOTH, 0);
    expect(file.poll(BOTH)).toBe(BOTH);
    expect(await stateOf(waiting)).toBe('pending');
    kernel.clock.setTimer(5 * SECOND, () => resv.unlock());
    expect(await waiting).toBe(BOTH);
    expect(kernel.clock.now() - start).toBe(5 * SECOND);
    expect(resv.locked).toBe(false);
  });
});
