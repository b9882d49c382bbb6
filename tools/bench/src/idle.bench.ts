import { dwc3 } from '@gadgetloom/backend-dwc3';
import { musb } from '@gadgetloom/backend-musb';
import { type Plugin, SECOND, sleep } from '@gadgetloom/core';
import { bulk, composeStack, defineGadget, interrupt } from '@gadgetloom/gadget';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { benchmark, type Contestant } from './benchmark.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: {
    idle: {
      class: 0xff,
      endpoints: { source: bulk.in(), sink: bulk.out(), keys: interrupt.in({ interval: 1 }) },
    },
  },
});

/** A device that is configured and has nothing to say, and a host that waits for it at every endpoint. */
async function open(backend: Plugin): Promise<Contestant> {
  const stack = await composeStack({ gadget, backends: [backend], backend: backend.name });
  const device = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  let ended = 0;
  for (const pipe of device.endpoints()) {
    // More than any FIFO holds.
    pipe.submit(new HostTransfer(new Uint8Array(65_536), () => ended++));
  }
  return {
    run: async (seconds) => {
      for (let second = 0; second < seconds; second++) await sleep(stack.clock, SECOND);
      if (ended > 0) throw new Error(`${ended} transfers did not wait`);
    },
    close: () => stack.close(),
  };
}

const BUSES: Readonly<Record<string, () => Plugin>> = {
  'backend-dwc3': () => dwc3({ speed: 'super' }),
  'backend-dwc3 on a timed bus': () => dwc3({ speed: 'super', timed: true }),
  'backend-musb': () => musb(),
  'backend-musb on a timed bus': () => musb({ host: { timed: true } }),
};

for (const [name, backend] of Object.entries(BUSES)) {
  benchmark({
    kind: 'rate',
    name: `${name}: an idle bus`,
    unit: 'simulated s/s',
    ours: () => open(backend()),
    // A simulated second takes less than a millisecond.
    target: { atLeast: 1000 },
  });
}
