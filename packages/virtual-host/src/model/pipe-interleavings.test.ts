import { Errno, MILLISECOND } from '@gadgetloom/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { enumerated, settled } from '../../test/rig.ts';
import { HostTransfer } from '../host-transfer.ts';

const transfers = 6;

/** What can happen, in any order. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('submit' as const), which: fc.nat(transfers - 1), late: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(transfers - 1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), length: fc.nat(1200) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('ready', 'settle', 'settle', 'halt', 'time', 'hold', 'flush') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('unplug', 'leave', 'reset', 'reset', 'unplug soon') }) },
);

it('whatever is interleaved, each submission completes exactly once, never from inside a call, and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, host, device, there } = await enumerated();
      const pipe = there.pipe(0x81);
      const submitted: number[] = [];
      const completed: number[] = [];
      const inOrder: number[] = [];
      let submissions = 0;
      let inside = false;
      const current = new Map<HostTransfer, number>();
      const all = Array.from({ length: transfers }, () => {
        return new HostTransfer(new Uint8Array(1024), (it) => {
          expect(inside, 'completed from inside a call').toBe(false);
          const submission = current.get(it)!;
          expect(it.status).not.toBe(-Errno.EINPROGRESS);
          completed.push(submission);
          if (it.status === 0) inOrder.push(submission);
        });
      });
      const calling = (call: () => void): void => {
        inside = true;
        try {
          call();
        } finally {
          inside = false;
        }
      };
      for (const action of steps) {
        if (action.do === 'settle') await settled();
        else if (action.do === 'time') await clock.advance(MILLISECOND);
        else if (action.do === 'reset') await there.reset().catch(() => undefined);
        else if (action.do === 'hold') host.cable.hold(0x81)[Symbol.dispose]();
        else {
          calling(() => {
            if (action.do === 'submit' && 'which' in action) {
              const transfer = all[action.which]!;
              try {
                pipe.submit(transfer, 'late' in action && action.late ? MILLISECOND : 0);
              } catch (error) {
                expect(error).toMatchObject({ code: expect.stringMatching(/EBUSY|ENODEV|ENOENT/) });
                return;
              }
              current.set(transfer, submissions);
              submitted.push(submissions++);
            } else if (action.do === 'cancel' && 'which' in action) pipe.cancel(all[action.which]!);
            else if ('length' in action) device.send(0x81, new Uint8Array(action.length));
            else if (action.do === 'ready') device.bus?.ready(0x81);
            else if (action.do === 'halt') device.endpoint(0x81).halted = !device.endpoint(0x81).halted;
            else if (action.do === 'flush') pipe.flush();
            else if (action.do === 'unplug') host.cable.unplug();
            else if (action.do === 'unplug soon') host.cable.unplugAfter({ bytes: 700 });
            else if (action.do === 'leave') device.disconnect();
          });
        }
      }
      await settled();
      if (there.connected) {
        device.endpoint(0x81).halted = false;
        for (let count = 0; count < 2 * transfers; count++) device.send(0x81, new Uint8Array(1));
        await settled();
        expect(pipe.pending, 'what the device has data for is served').toBe(0);
      }
      device.disconnect();
      host[Symbol.dispose]();
      await settled();
      expect([...completed].sort((a, b) => a - b)).toEqual(submitted);
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
      expect(pipe.pending).toBe(0);
    }),
    { numRuns: 300, seed: 1 },
  );
});
