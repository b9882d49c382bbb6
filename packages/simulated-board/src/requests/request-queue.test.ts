import { UsbRequest } from '@gadgetloom/udc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestQueue } from './request-queue.ts';

describe('the queue of an endpoint', () => {
  it('gives requests back in the order they came, whatever is taken out in between, and however many there are', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ do: 'push' as const, at: 0 }) },
      { weight: 2, arbitrary: fc.constant({ do: 'shift' as const, at: 0 }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new RequestQueue();
        const list: UsbRequest[] = [];
        for (const { do: what, at } of steps) {
          if (what === 'push') {
            const request = new UsbRequest();
            queue.push(request);
            list.push(request);
          } else if (what === 'shift') {
            expect(queue.shift()).toBe(list.shift());
          } else {
            const request = list[at] ?? new UsbRequest();
            expect(queue.remove(request)).toBe(at < list.length);
            if (at < list.length) list.splice(at, 1);
          }
          expect(queue.size).toBe(list.length);
          expect(queue.first).toBe(list[0]);
          expect(queue.last).toBe(list.at(-1));
          expect([...queue]).toEqual(list);
          expect(list.every((request) => queue.includes(request))).toBe(true);
        }
        while (list.length > 0) expect(queue.shift()).toBe(list.shift());
        expect(queue.shift()).toBeUndefined();
      }),
    );
  });
});
