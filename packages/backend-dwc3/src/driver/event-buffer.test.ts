import { VirtualClock } from '@gadgetloom/core';
import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { GLOBAL_REGISTERS } from '../registers/global-registers.ts';
import { DriverState } from './driver-state.ts';
import { EventBuffer } from './event-buffer.ts';

const { GEVNTADRLO, GEVNTCOUNT } = GLOBAL_REGISTERS;

/** An event buffer, and a core that writes words to it. */
function eventBuffer() {
  let waiting = 0;
  let ring = 0;
  const registers = {
    read: (offset: number) => (offset === GEVNTCOUNT.offset ? waiting : 0),
    write: (offset: number, value: number) => {
      if (offset === GEVNTADRLO.offset) ring = value;
      if (offset === GEVNTCOUNT.offset) waiting -= value;
    },
  };
  const memory = new DmaAddressSpace({ name: 'core' });
  const events = new EventBuffer(new DriverState(registers, memory, new VirtualClock(), undefined, 'core', {}, {}));
  events.setUp();
  let position = 0;
  const write = (...words: number[]): void => {
    for (const word of words) {
      memory.write32(ring + position, word);
      position = (position + 4) % 4096;
    }
    waiting += 4 * words.length;
  };
  return { events, write };
}

describe('the event buffer', () => {
  it('hands on every event once and in order, past the end of the ring', () => {
    const { events, write } = eventBuffer();
    const seen: number[] = [];
    for (let round = 0; round < 5; round++) {
      const words = Array.from({ length: 300 }, (_, event) => round * 300 + event);
      write(...words);
      expect(events.interrupt((word) => seen.push(word))).toBe(true);
    }
    expect(seen).toEqual(Array.from({ length: 1500 }, (_, event) => event));
  });

  it('keeps the events behind one whose handler throws for the next interrupt', () => {
    const { events, write } = eventBuffer();
    const seen: number[] = [];
    write(1, 2, 3);
    const handle = (word: number): void => {
      seen.push(word);
      if (word === 1) throw new Error('a completion failed');
    };
    expect(() => events.interrupt(handle)).toThrow('a completion failed');
    write(4);
    events.interrupt(handle);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('does not begin anew while it handles events', () => {
    const { events, write } = eventBuffer();
    write(1, 2);
    const seen: number[] = [];
    const handle = (word: number): void => {
      expect([events.busy, events.interrupt(() => seen.push(-1))]).toEqual([true, true]);
      seen.push(word);
    };
    events.interrupt(handle);
    expect([seen, events.busy]).toEqual([[1, 2], false]);
  });

  it('reports a count that is larger than the ring', () => {
    const { events, write } = eventBuffer();
    write(...new Array<number>(1025).fill(1));
    expect(events.interrupt(() => {})).toBe(false);
  });
});
