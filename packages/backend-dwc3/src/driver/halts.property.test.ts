import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { pattern } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dwc3 } from '../plugin/dwc3.ts';

/** Addresses of ep1 (IN), ep2 (OUT), ep3 (IN), ep4 (OUT). */
const ADDRESSES = [0x81, 0x01, 0x82, 0x02];
const SET_FEATURE = 3;
const ENDPOINT_HALT = 0;

const step = fc.oneof(
  fc.record({ what: fc.constant('halt'), endpoint: fc.nat(3) }),
  fc.record({ what: fc.constant('clear'), endpoint: fc.nat(3) }),
  fc.record({ what: fc.constant('wrong way'), endpoint: fc.nat(3) }),
  fc.record({ what: fc.constantFrom('interface', 'configuration', 'no configuration'), endpoint: fc.constant(0) }),
);

describe('halts, from both sides', () => {
  it('never keep the host from configuring the device again, and nothing is left of them then', {
    timeout: 30_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const pieces = new TinyContainer(dwc3({ speed: 'high' }));
        const opened = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
        const { device, ep1, ep4 } = opened;
        const files = [opened.ep1, opened.ep2, opened.ep3, opened.ep4];
        let configured = true;
        for (const { what, endpoint } of steps) {
          const index = ADDRESSES[endpoint]!;
          if (what === 'configuration' || what === 'no configuration') {
            configured = what === 'configuration';
            await device.setConfiguration(configured ? 1 : 0);
          } else if (!configured) continue;
          else if (what === 'halt')
            await device.control({ requestType: 0x02, request: SET_FEATURE, value: ENDPOINT_HALT, index, length: 0 });
          else if (what === 'clear') await device.clearHalt(index);
          else if (what === 'interface') await device.setInterface(0, 0);
          else {
            const file = files[endpoint]!;
            const io = file.direction === 'in' ? file.read(new Uint8Array(8)) : file.write(new Uint8Array(8));
            await expect(io).rejects.toThrow('EBADMSG');
          }
        }
        await device.setConfiguration(1);
        await device.setConfiguration(1);
        const [, read] = await Promise.all([ep1.write(pattern(100)), device.pipe(0x81).transferIn(512)]);
        expect(read.data).toEqual(pattern(100));
        const into = new Uint8Array(512);
        const [count] = await Promise.all([ep4.read(into), device.pipe(0x02).transferOut(pattern(200))]);
        expect([count, into.subarray(0, 200)]).toEqual([200, pattern(200)]);
      }),
      { numRuns: 15, seed: 4 },
    );
  });
});
