#!/usr/bin/env node
import { dwc3 } from '@gadgetloom/backend-dwc3';
import { CoreRevision } from '@gadgetloom/backend-dwc3/hardware';
import { bulk, composeStack, defineGadget } from '@gadgetloom/gadget';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { RegisterTrace, sideBySide } from '../../dwc3/register-trace.ts';
import { host, openOnDwc3, outside } from '../shared/dwc3-suite.ts';
import { guestProgram } from '../shared/guest-suite.ts';

guestProgram({
  help: `dwc3-registers

Prints, as a table in Markdown, what Linux's dwc3 driver and that of backend-dwc3 write to the same hardware for the same
work: a gadget is bound, enumerated, sends 4096 bytes to the host, and is unbound.`,
});

const LENGTH = 4096;

const gadget = defineGadget({
  name: 'registers',
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { stream: { class: 0xff, endpoints: { up: bulk.in() } } },
});

async function byLinux(): Promise<readonly string[]> {
  const trace = outside.service('trace');
  await trace.start();
  const stack = await openOnDwc3(gadget);
  await host.device();
  await stack.enabled();
  await Promise.all([stack.endpoint('stream.up').write(new Uint8Array(LENGTH)), host.receive(0x81, LENGTH, 5000)]);
  await stack.usbGadget.unbind();
  const writes = await trace.stop();
  await stack.close();
  return writes;
}

async function byOurs(): Promise<readonly string[]> {
  let trace: RegisterTrace | undefined;
  const backend = dwc3({
    core: { revision: CoreRevision.DWC3_330A },
    registers: (hardware) => {
      trace = new RegisterTrace(hardware);
      return trace;
    },
  });
  const stack = await composeStack({ gadget, backends: [backend], env: {}, bind: false });
  const before = trace!.writes.length;
  await stack.usbGadget.bind();
  const device = await stack.hostDevice();
  await stack.enabled();
  const transfer = stack.endpoint('stream.up').write(new Uint8Array(LENGTH));
  const received = new Promise<void>((resolve) => {
    device.pipe(0x81).submit(new HostTransfer(new Uint8Array(LENGTH), () => resolve()));
  });
  await Promise.all([transfer, received]);
  await stack.usbGadget.unbind();
  const writes = trace!.writes.slice(before);
  await stack.close();
  return writes;
}

console.log(sideBySide(["Linux's driver", 'backend-dwc3'], await byLinux(), await byOurs()));
outside[Symbol.dispose]();
process.exit();
