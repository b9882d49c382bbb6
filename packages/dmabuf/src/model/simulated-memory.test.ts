import { isInputError, VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { PAGE_SIZE } from '../uapi.ts';
import { HeapModel } from './heap.ts';
import { DmaBufModel } from './model.ts';
import { SimulatedPages, type SimulatedPagesOptions } from './simulated-pages.ts';

const clock = new VirtualClock({ auto: false });
const heapOf = (options: SimulatedPagesOptions = {}) => {
  const model = new DmaBufModel({ clock });
  const pages = new SimulatedPages(options);
  return { model, pages, heap: new HeapModel({ model, name: 'mock', pages }) };
};

describe('a heap of simulated pages', () => {
  it('gives zeroed buffers of whole pages, and takes the memory back when the last reference is gone', () => {
    const { heap, pages } = heapOf();
    const buffer = heap.allocate({ size: 4097 });
    const copy = buffer.dup();
    expect(buffer).toMatchObject({ size: 8192, exporterName: 'mock' });
    expect(buffer.bytes().every((byte) => byte === 0)).toBe(true);
    expect(pages.used).toBe(8192);
    buffer.close();
    expect(pages.used).toBe(8192);
    copy.close();
    expect(pages.used).toBe(0);
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

  it('runs out of memory when asked to', () => {
    let left = 1;
    const { heap } = heapOf({ exhausts: (call) => call === 'allocate' && left-- <= 0 });
    heap.allocate({ size: 1 });
    expect(() => heap.allocate({ size: 1 })).toThrow('ENOMEM');
  });

  it('can lack the memory to attach a buffer', () => {
    let lacking = true;
    const { heap, model } = heapOf({ exhausts: (call) => call === 'attach' && lacking });
    const object = model.get(heap.allocate({ size: 1 }));
    expect(() => object.attach({ name: 'device' })).toThrow('ENOMEM');
    lacking = false;
    object.attach({ name: 'device' }).detach();
  });

  it('frees what it could not open', () => {
    const { heap, model, pages } = heapOf();
    for (;;) {
      try {
        heap.allocate({ size: 1 });
      } catch {
        break;
      }
    }
    expect(model.statistics().buffers).toHaveLength(pages.used / PAGE_SIZE);
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
