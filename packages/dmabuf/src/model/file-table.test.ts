import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelError } from '../../test/kernel.ts';
import { FileTable } from './file-table.ts';

describe('a table of descriptors', () => {
  it('hands out the lowest that is free, from 3 on', () => {
    const table = new FileTable();
    expect([table.open({}), table.open({}), table.open({})]).toEqual([3, 4, 5]);
    table.close(4);
    table.close(3);
    expect([table.open({}), table.open({}), table.open({})]).toEqual([3, 4, 6]);
    expect(table.count).toBe(4);
  });

  it('knows what is open', () => {
    const table = new FileTable();
    const file = {};
    const fd = table.open(file);
    expect(table.get(fd)).toBe(file);
    table.close(fd);
    expect(table.get(fd)).toBe(undefined);
  });

  it('is full at its limit, which is a number of descriptors from 0 on', () => {
    const table = new FileTable({ limit: 5 });
    table.open({});
    table.open({});
    expect(() => table.open({}, 'DMA_HEAP_IOCTL_ALLOC')).toThrow(kernelError('EMFILE'));
    expect(() => table.open({}, 'DMA_HEAP_IOCTL_ALLOC')).toThrow('DMA_HEAP_IOCTL_ALLOC: EMFILE: All 5 descriptors');
    table.close(3);
    expect(table.open({})).toBe(3);
  });

  it('allows 1024 unless told otherwise', () => {
    const table = new FileTable();
    for (let fd = 3; fd < 1024; fd++) expect(table.open({})).toBe(fd);
    expect(() => table.assertRoom('open')).toThrow(kernelError('EMFILE'));
  });

  it.each([-1, 0, 3, 7, Number.NaN])('does not mind closing %d, which is not open', (fd) => {
    const table = new FileTable();
    table.close(fd);
    expect(table.count).toBe(0);
  });

  it('closes what is open when it is disposed, in the order of the numbers', () => {
    const table = new FileTable();
    const log: number[] = [];
    for (let files = 0; files < 3; files++) {
      const fd = table.open({
        [Symbol.dispose]: () => {
          table.close(fd);
          log.push(fd);
        },
      });
    }
    table.open({});
    table[Symbol.dispose]();
    table[Symbol.dispose]();
    expect(log).toEqual([3, 4, 5]);
    expect(table.count).toBe(1);
  });

  it('always hands out the lowest', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 3, max: 12 }), { nil: undefined })), (steps) => {
        const table = new FileTable();
        const open = new Set<number>();
        for (const close of steps) {
          if (close === undefined) {
            let lowest = 3;
            while (open.has(lowest)) lowest++;
            expect(table.open({})).toBe(lowest);
            open.add(lowest);
          } else {
            table.close(close);
            open.delete(close);
          }
          expect(table.count).toBe(open.size);
        }
      }),
    );
  });
});
