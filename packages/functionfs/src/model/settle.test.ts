import { MILLISECOND } from '@gadgetloom/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bench, outcome, settle, soFar } from '../../test/bench.ts';

it('waits until every transfer is over, in whichever order buffers are detached and transfers end', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('transfer', 'detach', 'finish'), fc.nat(3)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const bench = await Bench.configured();
      const ep1 = await bench.open('ep1');
      const hardware = bench.controller.endpoint('ep1in');
      const buffers = [0, 1, 2, 3].map(() => bench.allocate());
      for (const [what, which] of plan) {
        const buffer = buffers[which]!;
        if (what === 'finish' && hardware.requests.length > 0) hardware.finish();
        else if (what === 'detach') await outcome(() => ep1.detach(buffer));
        else if (what === 'transfer') {
          await outcome(() => ep1.transfer(buffer, 1));
          await outcome(() => ep1.attach(buffer));
        }
      }
      const left = hardware.requests.length;
      expect(await ep1.settle(MILLISECOND)).toBe(left);
      const over = ep1.settle();
      for (let at = 0; at < left; at++) {
        expect(await soFar(over)).toBe('pending');
        hardware.finish();
      }
      expect(await over).toBe(0);
    }),
    { seed: 7, numRuns: 60 },
  );
});

it('waits for a read or write, and for those that wait for their turn', async () => {
  const bench = await Bench.configured();
  const ep1 = await bench.open('ep1');
  const other = await bench.open('ep1');
  const hardware = bench.controller.endpoint('ep1in');
  expect(await ep1.settle()).toBe(0);
  const writes = [ep1.write(Uint8Array.of(1)), other.write(Uint8Array.of(2))];
  await settle();
  expect(await ep1.settle(MILLISECOND)).toBe(2);
  const over = ep1.settle();
  hardware.hostReads();
  await writes[0];
  expect(await soFar(over)).toBe('pending');
  hardware.hostReads();
  expect(await over).toBe(0);
  await writes[1];
});
