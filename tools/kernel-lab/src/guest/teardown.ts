#!/usr/bin/env node
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { linux } from '@gadgetloom/backend-linux';
import { CLOCK, type Clock, MILLISECOND, POLLIN, SECOND, sleep } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, type DmaBuf, type DmaFence } from '@gadgetloom/dmabuf';
import {
  type EndpointFile,
  encodeDescriptors,
  encodeStrings,
  FUNCTION_FS,
  type FunctionDescriptor,
} from '@gadgetloom/functionfs';
import { composePieces } from '@gadgetloom/gadget';
import { type GadgetConfig, USB_DEVICE_CONTROLLER, type UsbDeviceController, type UsbGadget } from '@gadgetloom/udc';
import { SuiteReport } from './suite-report.ts';
import { UsbfsHost } from './usbfs-host.ts';

const HELP = `teardown --helper PROGRAM

Ends transfers in every way, on the kernel that this runs on, as root: each must complete exactly once, and nothing may
be left behind.`;

const SIZE = 65536;
const DEPTHS = [1, 2, 4, 8];
const BULK = 2;

const { values } = parseArgs({ options: { helper: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help || values.helper === undefined) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}

const config: GadgetConfig = {
  name: 'teardown',
  vendorId: 0x1d6b,
  productId: 0x0104,
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'teardown' }] }],
};

const endpoints = (maxPacketSize: number): FunctionDescriptor[] => [
  { type: 'interface', number: 0, alternate: 0, endpoints: 2, class: 0xff, subClass: 0, protocol: 0, string: 0 },
  { type: 'endpoint', address: 0x81, attributes: BULK, maxPacketSize, interval: 0 },
  { type: 'endpoint', address: 0x02, attributes: BULK, maxPacketSize, interval: 0 },
];

/** What is there to end. */
interface Scene {
  readonly clock: Clock;
  readonly host: UsbfsHost;
  readonly controller: UsbDeviceController;
  readonly gadget: UsbGadget;
  readonly endpoint: EndpointFile;
  readonly buffers: readonly DmaBuf[];
}

interface Way {
  readonly status: readonly number[];
  readonly end: (scene: Scene) => Promise<void> | void;
}

const ECONNRESET = -104;
const ESHUTDOWN = -108;

/** How transfers come to an end, and what they then report; 1 is success. */
const WAYS: Readonly<Record<string, Way>> = {
  detach: {
    status: [ECONNRESET],
    end: ({ endpoint, buffers }) => buffers.forEach((buffer) => void endpoint.detach(buffer)),
  },
  close: { status: [ECONNRESET], end: ({ endpoint }) => endpoint.close() },
  'close of the buffers': {
    status: [ECONNRESET],
    end: ({ endpoint, buffers }) => {
      for (const buffer of buffers) buffer.close();
      endpoint.close();
    },
  },
  disable: { status: [ESHUTDOWN], end: ({ host }) => host.setConfiguration(0) },
  unbind: { status: [ESHUTDOWN], end: ({ gadget }) => gadget.unbind() },
  reset: { status: [ESHUTDOWN], end: ({ host }) => host.reset() },
  disconnect: { status: [ESHUTDOWN], end: ({ controller }) => controller.disconnect() },
};

async function round({ status, end }: Way, file: 'ep1' | 'ep2', depth: number): Promise<void> {
  await using pieces = await composePieces({ plugins: [linux({ virtual: true })] });
  const clock = pieces.resolve(CLOCK);
  using host = new UsbfsHost(values.helper!);
  const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
  await using gadget = await controller.createGadget(config);
  await using mount = await pieces.resolve(FUNCTION_FS).mount('teardown');
  const ep0 = await mount.openEp0({ nonblock: true });
  await ep0.write(encodeDescriptors({ full: endpoints(64), high: endpoints(512) }));
  await ep0.write(encodeStrings([]));
  const endpoint = await mount.openEndpoint(file, { nonblock: true });
  await gadget.bind();
  await host.configured();
  await ep0.ready(POLLIN, SECOND);
  const buffers = Array.from({ length: depth }, () => pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: SIZE }));
  const completions = new Map<DmaFence, number>();
  for (const buffer of buffers) {
    endpoint.attach(buffer);
    const fence = endpoint.transfer(buffer, SIZE);
    completions.set(fence, 0);
    fence.addCallback({ fenceSignaled: () => completions.set(fence, completions.get(fence)! + 1) });
  }
  await end({ clock, host, controller, gadget, endpoint, buffers });
  const got = await Promise.all([...completions.keys()].map((fence) => fence.wait(5 * SECOND)));
  await sleep(clock, 20 * MILLISECOND);
  for (const buffer of buffers) buffer.close();
  const counts = [...completions.values()];
  const wrong = got.filter((each) => !status.includes(each));
  if (wrong.length > 0 || counts.some((count) => count !== 1))
    throw new Error(`statuses ${got.join(' ')}, completions ${counts.join(' ')}`);
}

const open = (): number => readdirSync('/proc/self/fd').length;

const report = new SuiteReport();
let before = 0;
for (const [name, way] of Object.entries(WAYS)) {
  for (const file of ['ep1', 'ep2'] as const) {
    for (const depth of DEPTHS) {
      await report.check(`${name}, ${file}, depth ${depth}`, async () => {
        await round(way, file, depth);
        const left = [
          ...readdirSync('/sys/kernel/config/usb_gadget'),
          ...readdirSync('/run/gadgetloom/ffs'),
          ...readdirSync('/run/gadgetloom/gadgets'),
        ];
        if (left.length > 0) throw new Error(`left behind: ${left.join(' ')}`);
        // Node opens a few descriptors of its own when the first program is started.
        before ||= open();
        if (open() > before) throw new Error(`${open() - before} descriptors more than before`);
      });
    }
  }
}
report.end();
