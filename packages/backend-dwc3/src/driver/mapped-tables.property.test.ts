import type { ScatterEntry, ScatterTable } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { UsbRequest } from '@gadgetloom/udc';
import { pattern, sameBytes } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';

interface Buffer {
  readonly memory: Uint8Array;
  readonly table: ScatterTable;
}

/** A buffer with entries of these lengths, at addresses that are nobody else's. */
function buffer(lengths: readonly number[], address: number): Buffer {
  const memory = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  const entries: ScatterEntry[] = [];
  let offset = 0;
  lengths.forEach((length, entry) => {
    // Backwards, and with a page between one and the next: no two are neighbours.
    entries.push({ dmaAddress: address + (lengths.length - entry) * 0x8000, length, memory, offset });
    offset += length;
  });
  return { memory, table: { entries } };
}

const lengths = fc.array(fc.constantFrom(4096, 4096, 4096, 8192, 1024, 100), {
  minLength: 1,
  maxLength: 60,
  size: 'max',
});
const step = fc.record({
  /** Which of the requests is used, and which buffer it gets. */
  request: fc.nat({ max: 3 }),
  buffer: fc.nat({ max: 3 }),
  /** How much of the buffer moves. */
  part: fc.constantFrom(1, 1, 1, 0.99, 0.5, 0.01),
  mapped: fc.constantFrom(true, true, true, false),
  in: fc.boolean(),
});

describe('requests for tables that are mapped', () => {
  it('move the right bytes, whatever the request and the table were used for before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(lengths, { minLength: 4, maxLength: 4 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        async (sizes, steps) => {
          const pieces = new TinyContainer(dwc3());
          const { device } = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
          const { gadget, memory } = pieces.resolve(DWC3_BOARD);
          const endpoint = (name: string) => gadget.endpoints.find((it) => it.name === name)!;
          const buffers = sizes.map((it, index) => buffer(it, 2 ** 33 + index * 2 ** 24));
          for (const { table } of buffers) memory.map(table, 'bidirectional');
          const requests = Array.from({ length: 4 }, () => new UsbRequest());
          let seed = 1;
          for (const { request: which, buffer: index, part, mapped, in: toHost } of steps) {
            const request = requests[which]!;
            const { memory: bytes, table } = buffers[index]!;
            request.sg = table;
            request.sgWasMapped = mapped;
            request.length = Math.ceil(bytes.length * part);
            const sent = pattern(request.length, seed++);
            if (toHost) {
              bytes.set(sent);
              endpoint('ep1in').queue(request);
              const { data, actual } = await device.pipe(0x81).transferIn(request.length);
              expect(actual).toBe(request.length);
              expect(sameBytes(data.subarray(0, actual), sent)).toBe(true);
            } else {
              bytes.fill(0xee);
              endpoint('ep1out').queue(request);
              await device.pipe(0x01).transferOut(sent);
              expect(sameBytes(bytes.subarray(0, sent.length), sent)).toBe(true);
              expect(bytes.subarray(sent.length).every((byte) => byte === 0xee)).toBe(true);
            }
            await settle();
            expect([request.status, request.actual]).toEqual([0, request.length]);
          }
          expect(pieces.resolve(DWC3_BOARD).dmaFaults).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('without entries, or with longer ones than a TRB can say, are not mistaken for others', async () => {
    const pieces = new TinyContainer(dwc3());
    const { device } = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
    const { gadget, memory } = pieces.resolve(DWC3_BOARD);
    const input = gadget.endpoints.find(({ name }) => name === 'ep1in')!;
    const request = new UsbRequest();
    request.sgWasMapped = true;
    const huge = buffer([2 ** 24 + 4096], 2 ** 33);
    huge.memory.set(pattern(3000));
    for (const [table, length] of [
      [buffer([1000, 1000], 2 ** 34).table, 2000],
      [{ entries: [] }, 0],
      [huge.table, 3000],
    ] as const) {
      memory.map(table, 'to-device');
      request.sg = table;
      request.length = length;
      input.queue(request);
      const { data, actual } = await device.pipe(0x81).transferIn(4096);
      expect(actual).toBe(length);
      await settle();
      if (length === 3000) expect(sameBytes(data.subarray(0, actual), pattern(3000))).toBe(true);
    }
  });
});

/** Until every deferred job has run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
