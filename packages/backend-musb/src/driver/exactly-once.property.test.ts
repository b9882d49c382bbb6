import { isKernelError } from '@gadgetloom/core';
import type { UsbEndpoint } from '@gadgetloom/udc';
import { endpointDescriptor, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('in' as const, 'out' as const), length: fc.nat(2000) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('queue in' as const, 'queue out' as const), length: fc.nat(3000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['dequeue', 'halt', 'clear', 'host halts', 'host clears', 'disable', 'enable', 'flush', 'reset'] as const),
      ),
      length: fc.nat(30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), length: fc.constant(0) }) },
);
const options = fc.record({
  dma: fc.boolean(),
  indexed: fc.boolean(),
  fifoMode: fc.constantFrom(1, 4),
  quirks: fc.record({ dropsEarlyPackets: fc.boolean(), keepsEmptyPackets: fc.boolean() }),
});

/** Runs an action that may be refused. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
    return false;
  }
}

const feature = (request: number, index: number) => ({ ...{ requestType: 2, request, value: 0, index }, length: 0 });

describe('whatever gadget and host do', () => {
  it('every request completes exactly once, and nothing stays mapped', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 40 }), async (board, steps) => {
        const rig = await new ControllerRig(board).connect();
        const source = rig.endpoint('ep1in');
        const sink = rig.endpoint('ep1out');
        const enable = (): void => {
          attempt(() => source.enable(endpointDescriptor(0x81, 512)));
          attempt(() => sink.enable(endpointDescriptor(0x01, 512)));
        };
        const accepted: (readonly [UsbEndpoint, WatchedRequest])[] = [];
        const queue = (endpoint: UsbEndpoint, length: number): void => {
          const request = new WatchedRequest(pattern(length));
          if (attempt(() => endpoint.queue(request))) accepted.push([endpoint, request]);
          else expect(request.outcomes).toEqual([]);
        };
        enable();
        for (const one of steps) {
          switch (one.do) {
            case 'in':
              await rig.in(1, hostTransfer(one.length));
              break;
            case 'out':
              await rig.out(1, hostTransfer(one.length));
              break;
            case 'queue in':
              queue(source, one.length);
              break;
            case 'queue out':
              queue(sink, one.length);
              break;
            case 'dequeue': {
              const [endpoint, request] = accepted[one.length % Math.max(accepted.length, 1)] ?? [];
              if (endpoint && request) attempt(() => endpoint.dequeue(request));
              break;
            }
            case 'halt':
            case 'clear':
              attempt(() => (one.length % 2 ? source : sink).setHalt(one.do === 'halt'));
              break;
            case 'host halts':
            case 'host clears':
              rig.board.hardware.setup(feature(one.do === 'host halts' ? 3 : 1, one.length % 2 ? 0x81 : 0x01));
              await rig.settle();
              await rig.in(0, hostTransfer(0));
              break;
            case 'disable':
              attempt(() => (one.length % 2 ? source : sink).disable());
              break;
            case 'enable':
              enable();
              break;
            case 'flush':
              (one.length % 2 ? source : sink).fifoFlush?.();
              break;
            case 'reset':
              rig.board.hardware.reset();
              break;
            case 'settle':
              await rig.settle();
          }
          for (const [, request] of accepted) expect(request.outcomes.length).toBeLessThan(2);
        }
        source.disable();
        sink.disable();
        await rig.settle();
        for (const [, request] of accepted) expect(request.outcomes).toHaveLength(1);
        expect(rig.board.memory.mappedPages).toBe(0);
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});
