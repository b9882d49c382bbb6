import { TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { QuietBus } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { Board } from './board.ts';

function board() {
  const trace = new TraceRecorder();
  return { trace, board: new Board({ name: 'acme.0', bus: new QuietBus(), clock: new VirtualClock(), trace }) };
}

describe('a board', () => {
  it('keeps and traces the accesses to memory that failed, the last hundred of them', () => {
    const { board: it, trace } = board();
    for (let count = 0; count < 101; count++) expect(it.dma.read(count, new Uint8Array(4), 0, 4)).toBe(false);
    expect(it.dmaFaults).toHaveLength(100);
    expect(it.dmaFaults.at(-1)).toMatchObject({ device: 'acme.0', address: 100, reason: 'unmapped' });
    expect(trace.events.at(-1)).toMatchObject({ what: 'DMA fault', details: { device: 'acme.0', access: 'read' } });
  });

  it('lets the hardware reach what the driver mapped, unless a fault is in between', () => {
    const { board: it } = board();
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const address = it.memory.mapSingle(bytes, 0, 4, 'to-device');
    const read = new Uint8Array(4);
    it.faults.dmaError({ endpoint: 'in' });
    expect([it.dma.read(address, read, 0, 4), it.dma.read(address, read, 0, 4)]).toEqual([false, true]);
    expect(read).toEqual(bytes);
    expect(it.dmaFaults).toEqual([]);
  });

  it('takes its faults back when it is closed', () => {
    const { board: it } = board();
    const fault = it.faults.nak();
    it[Symbol.dispose]();
    expect(fault.over).toBe(true);
  });
});
