import { VirtualClock } from '@gadgetloom/core';
import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { FaultEngine } from '@gadgetloom/udc/faults';
import { describe, expect, it } from 'vitest';
import { FaultyMemory } from './faulty-memory.ts';

function memory() {
  const engine = new FaultEngine({ clock: new VirtualClock() });
  const space = new DmaAddressSpace({ name: 'device' });
  const bytes = new Uint8Array(8);
  return {
    engine,
    bytes,
    memory: new FaultyMemory(space, engine),
    address: space.mapSingle(bytes, 0, 8, 'bidirectional'),
  };
}

describe('memory with faults', () => {
  it('fails the data of a transfer once, in the direction of the fault, and no descriptors', () => {
    const { engine, bytes, memory: faulty, address } = memory();
    engine.add('bus error', { endpoint: 'out' });
    const data = Uint8Array.of(1, 2, 3, 4);
    expect([faulty.write32(address, 7), faulty.read32(address)]).toEqual([true, 7]);
    expect(faulty.read(address, data, 0, 4)).toBe(true);
    expect(faulty.write(address, Uint8Array.of(9), 0, 1)).toBe(false);
    expect(bytes[0]).toBe(7);
    expect(faulty.write(address, Uint8Array.of(9), 0, 1)).toBe(true);
    expect(bytes[0]).toBe(9);
  });

  it('works again as soon as a fault is taken back', () => {
    const { engine, memory: faulty, address } = memory();
    const fault = engine.add('bus error', {});
    fault[Symbol.dispose]();
    expect(faulty.read(address, new Uint8Array(1), 0, 1)).toBe(true);
  });
});
