import { isInputError, VirtualClock } from '@gadgetloom/core';
import { PAGE_SIZE } from '@gadgetloom/dmabuf';
import { DmaBufModel } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { MockFaults, MockHeap, type MockHeapOptions } from '../index.ts';

const clock = new VirtualClock({ auto: false });
const heapOf = (options: MockHeapOptions = {}) => {
  const model = new DmaBufModel({ clock });
  return { model, heap: new MockHeap({ model, ...options }) };
};

describe('a mock heap', () => {
  it('gives zeroed buffers of whole pages, and takes the memory back when the last reference is gone', () => {
    const { heap } = heapOf();
    const buffer = heap.allocate({ size: 4097 });
    const copy = buffer.dup();
    expect(buffer).toMatchObject({ size: 8192, exporterName: 'mock' });
    expect(buffer.bytes().every((byte) => byte === 0)).toBe(true);
    expect(heap.used).toBe(8192);
    buffer.close();
    expect(heap.used).toBe(8192);
    copy.close();
    expect(heap.used).toBe(0);
  });

  it('is named as asked', () => {
    const { heap } = heapOf({ name: 'system' });
    expect(heap.name).toBe('system');
    expect(heap.allocate({ size: 1 }).exporterName).toBe('system');
  });

  it('runs out of memory at its budget, and has it again after closing', () => {
    const { heap } = heapOf({ budget: 3 * PAGE_SIZE });
    const first = heap.allocate({ size: 2 * PAGE_SIZE });
    expect(() => heap.allocate({ size: PAGE_SIZE + 1 })).toThrow(/ENOMEM.*8192 of 12288 bytes are in use/);
    heap.allocate({ size: PAGE_SIZE });
    first.close();
    heap.allocate({ size: 2 * PAGE_SIZE });
  });

  it('refuses allocations larger than its largest', () => {
    const { heap } = heapOf({ largest: PAGE_SIZE });
    expect(() => heap.allocate({ size: PAGE_SIZE + 1 })).toThrow('ENOMEM');
    heap.allocate({ size: PAGE_SIZE });
  });

  it('runs out of memory when asked to: at the n-th call, so many times', () => {
    const faults = new MockFaults({ clock });
    const { heap } = heapOf({ faults });
    const fault = faults.outOfMemory({ after: { calls: 1 }, times: 2 });
    heap.allocate({ size: 1 });
    expect(() => heap.allocate({ size: 1 })).toThrow('ENOMEM');
    expect(() => heap.allocate({ size: 1 })).toThrow('ENOMEM');
    heap.allocate({ size: 1 });
    expect(fault).toMatchObject({ hits: 2, over: true });
    expect(faults.pending).toEqual([]);
  });

  it('can lack the memory to attach a buffer', () => {
    const faults = new MockFaults({ clock });
    const { heap, model } = heapOf({ faults });
    const object = model.get(heap.allocate({ size: 1 }));
    faults.outOfMemory({ at: 'attach' });
    expect(() => object.attach({ name: 'device' })).toThrow('ENOMEM');
    object.attach({ name: 'device' }).detach();
  });

  it('frees what it could not open', () => {
    const { heap, model } = heapOf();
    for (;;) {
      try {
        heap.allocate({ size: 1 });
      } catch {
        break;
      }
    }
    expect(model.statistics().buffers).toHaveLength(heap.used / PAGE_SIZE);
  });

  it.each([['budget'], ['largest']] as const)('names the field %s when it is wrong', (field) => {
    let caught: unknown;
    try {
      heapOf({ [field]: -1 });
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && caught.field).toBe(field);
  });
});
