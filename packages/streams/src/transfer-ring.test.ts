import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fakeBuffers } from '../test/fake-buffer.ts';
import { TransferRing } from './transfer-ring.ts';

const buffers = fakeBuffers(1);

it('keeps transfers in order, up to its depth, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.boolean(), { maxLength: 200 }), (depth, pushes) => {
      const ring = new TransferRing(depth, 'ep1', () => {});
      const wanted: number[] = [];
      pushes.forEach((push, sequence) => {
        if (push && !ring.full) {
          ring.push(buffers[0]!, 512, sequence);
          wanted.push(sequence);
        } else if (ring.count > 0) {
          ring.shift();
          wanted.shift();
        }
        expect(wanted.map((_, position) => ring.at(position).sequence)).toEqual(wanted);
        expect([ring.count, ring.full]).toEqual([wanted.length, wanted.length === depth]);
      });
    }),
    { seed: 7, numRuns: 200 },
  );
});

it('costs nothing for a depth that is never reached', () => {
  const ring = new TransferRing(Number.MAX_SAFE_INTEGER, 'ep1', () => {});
  for (let sequence = 0; sequence < 10; sequence++) {
    ring.push(buffers[0]!, 512, sequence);
    expect(ring.at(0).sequence).toBe(sequence);
    ring.shift();
  }
});
