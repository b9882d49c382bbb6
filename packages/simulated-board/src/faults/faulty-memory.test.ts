import { VirtualClock } from '@gadgetloom/core';
import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { FaultEngine } from '@gadgetloom/udc/faults';
import { describe, expect, it } from 'vitest';
import { FaultyMemory } from './faulty-memory.ts';

describe('memory with faults', () => {
  it('does not let a device rely on what it found before, as long as there are some', () => {
    const engine = new FaultEngine({ clock: new VirtualClock() });
    const space = new DmaAddressSpace({ name: 'device' });
    const memory = new FaultyMemory(space, engine);
    expect(memory.mappings).toBe(space.mappings);
    const rule = engine.add('bus error', {});
    expect(memory.mappings).toBeNaN();
    rule[Symbol.dispose]();
    expect(memory.mappings).toBe(space.mappings);
  });

  it('does not let it either where the memory cannot say what has changed', () => {
    const silent = { read: () => true, write: () => true, read32: () => 0, write32: () => true };
    expect(new FaultyMemory(silent, new FaultEngine({ clock: new VirtualClock() })).mappings).toBeNaN();
  });
});
