import { MICROSECOND } from '@gadgetloom/core';
import type { FaultOptions, FaultThreshold } from '@gadgetloom/udc/faults';
import { endpointDescriptor, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

const threshold: fc.Arbitrary<FaultThreshold> = fc.oneof(
  fc.record({ bytes: fc.nat(5000) }),
  fc.record({ packets: fc.nat(10) }),
  fc.record({ transfers: fc.nat(5) }),
  fc.record({ microframes: fc.nat(20) }),
);
const options: fc.Arbitrary<FaultOptions> = fc.record(
  {
    endpoint: fc.constantFrom<(number | 'in' | 'out')[]>(0x81, 0x02, 'in', 'out'),
    after: threshold,
    times: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: [] },
);
const fault = fc.record({
  kind: fc.constantFrom(
    'nak',
    'stall',
    'babble',
    'crcError',
    'lateInterrupt',
    'loseEvent',
    'fail',
    'refuse',
    'disconnect',
  ),
  options,
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('in'), length: fc.nat(4096), budget: fc.nat(3000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('out'), length: fc.nat(4096), budget: fc.nat(3000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('queue in'), length: fc.nat(3000), budget: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('queue out'), length: fc.nat(3000), budget: fc.nat(1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('dequeue', 'clear halt', 'reset', 'disable', 'reconnect', 'wait', 'clear faults'),
      length: fc.nat(20),
      budget: fc.nat(1),
    }),
  },
);

/** Queues again as a function does: what is refused never completes. */
function tryTo(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

describe('under any faults', () => {
  it('every request that was accepted completes exactly once, and none that was refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 6 }),
        fc.array(step, { maxLength: 60 }),
        async (faultsAskedFor, steps) => {
          const rig = new ControllerRig().connect();
          const { faults } = rig;
          const endpoints = { in: rig.enable('ep1in-bulk', 0x81), out: rig.enable('ep2out-bulk', 0x02) };
          for (const { kind, options: where } of faultsAskedFor) {
            if (kind === 'lateInterrupt') faults.lateInterrupt({ ...where, by: 300 * MICROSECOND });
            else if (kind === 'disconnect') faults.disconnectAfter(where.after ?? { transfers: 2 });
            else faults[kind as 'nak'](where);
          }
          const accepted: WatchedRequest[] = [];
          const refused: WatchedRequest[] = [];
          for (const { do: what, length, budget } of steps) {
            if (what === 'in') rig.in(1, hostTransfer(length), budget);
            else if (what === 'out') rig.out(2, hostTransfer(length), budget);
            else if (what === 'queue in' || what === 'queue out') {
              const request = new WatchedRequest(pattern(length));
              const endpoint = what === 'queue in' ? endpoints.in : endpoints.out;
              (tryTo(() => endpoint.queue(request)) ? accepted : refused).push(request);
            } else if (what === 'dequeue') {
              const request = accepted.filter((candidate) => candidate.queued).at(-1);
              if (request) tryTo(() => endpoints.in.dequeue(request)) || tryTo(() => endpoints.out.dequeue(request));
            } else if (what === 'clear halt') tryTo(() => endpoints.in.setHalt(false));
            else if (what === 'reset') rig.controller.reset();
            else if (what === 'disable') {
              tryTo(() => endpoints.out.disable());
              tryTo(() => endpoints.out.enable(endpointDescriptor(0x02, 512)));
            } else if (what === 'reconnect') {
              faults.reconnect();
              rig.controller.reset();
            } else if (what === 'wait') await rig.clock.advance(length * 125 * MICROSECOND);
            else faults.clear();
          }
          tryTo(() => endpoints.in.disable());
          tryTo(() => endpoints.out.disable());
          await rig.clock.runUntilIdle();
          expect(accepted.map((request) => request.outcomes.length)).toEqual(accepted.map(() => 1));
          expect(refused.map((request) => request.outcomes.length)).toEqual(refused.map(() => 0));
        },
      ),
      { numRuns: 150 },
    );
  });
});
