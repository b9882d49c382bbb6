import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { MemoryFaults } from './memory-faults.ts';

const memory = (trace?: TraceRecorder) => new MemoryFaults(new VirtualClock({ auto: false }), trace);

describe('memory that runs out', () => {
  it('does so at the n-th call, so many times', () => {
    const faults = memory();
    const fault = faults.add({ after: { calls: 1 }, times: 2 });
    expect([1, 2, 3, 4].map(() => faults.exhausts('allocate'))).toEqual([false, true, true, false]);
    expect(fault).toMatchObject({ at: 'allocate', hits: 2, over: true });
    expect(faults.pending).toEqual([]);
  });

  it('does so for one kind of call', () => {
    const faults = memory();
    faults.add({ at: 'attach' });
    expect([faults.exhausts('allocate'), faults.exhausts('attach'), faults.exhausts('attach')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('does not when that was taken back', () => {
    const faults = memory();
    faults.add({ times: Number.POSITIVE_INFINITY })[Symbol.dispose]();
    faults.add({});
    faults.clear();
    expect(faults.exhausts('allocate')).toBe(false);
  });

  it('is seen in the trace', () => {
    const trace = new TraceRecorder();
    const faults = memory(trace);
    faults.add({});
    faults.exhausts('allocate');
    expect(trace.events).toMatchObject([{ what: 'fault', details: { fault: 'ENOMEM', where: 'allocate' } }]);
  });
});
