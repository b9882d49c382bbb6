#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { HAZARDS, type HazardName, linux } from '@gadgetloom/backend-linux';
import { isKernelError, SECOND } from '@gadgetloom/core';
import { DMA_BUF_SYNC_READ } from '@gadgetloom/dmabuf';
import { DescriptorFlag, encodeDescriptors, encodeStrings, FUNCTION_FS } from '@gadgetloom/functionfs';
import { composePieces } from '@gadgetloom/gadget';
import { type GadgetConfig, USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { expectEqual } from '../shared/expect.ts';
import { type FfsScene, openScene, sceneDescriptors } from '../shared/ffs-scene.ts';
import { guestSuite, NEEDED, OPTIONAL } from '../shared/guest-suite.ts';

const { values, report } = guestSuite({
  help: `guards --helper PROGRAM [--only HAZARD]

Tries through the Linux backend what would harm the kernel that this runs on, as root: each must be refused.`,
  options: { helper: NEEDED, only: OPTIONAL },
});

const helper = values.helper;
const SIZE = 65536;
const GADGET = {
  name: 'guards',
  vendorId: 0x1d6b,
  productId: 0x0104,
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'guards' }] }],
} as const satisfies GadgetConfig;
const UDC = '/sys/kernel/config/usb_gadget/guards/UDC';

/** Acts as another process would: this process learns of it from the kernel alone. */
const unbindBehindOurBack = (): void => writeFileSync(UDC, '\n');

interface Attempt {
  readonly name: string;
  readonly hazard: HazardName;
  /** @param refused does the harmful thing, which must throw */
  readonly run: (refused: (attempt: () => unknown) => Promise<void>) => Promise<void>;
}

/** The attempts at a hazard, with an attached buffer on an endpoint that is set up. */
async function onScene(file: 'ep1' | 'ep2', run: (scene: FfsScene) => Promise<void>): Promise<void> {
  await using scene = await openScene('guards', helper, file);
  await run(scene);
}

/** The same with a flag and a count for full speed, which is 0. */
function withEmptyFullSpeed(blob: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from([...blob.subarray(0, 12), 0, 0, 0, 0, ...blob.subarray(12)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, bytes.length, true);
  view.setUint32(8, view.getUint32(8, true) | DescriptorFlag.HAS_FS_DESC, true);
  return bytes;
}

const ATTEMPTS: readonly Attempt[] = [
  {
    name: 'a transfer after unbind',
    hazard: 'transfer-unbound',
    run: (refused) =>
      onScene('ep2', async ({ exporter, endpoint, gadget }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        await gadget.unbind();
        await refused(() => endpoint.transfer(buffer, SIZE));
      }),
  },
  {
    name: 'a transfer after another process unbound',
    hazard: 'transfer-unbound',
    run: (refused) =>
      onScene('ep2', async ({ exporter, endpoint }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        unbindBehindOurBack();
        await refused(() => endpoint.transfer(buffer, SIZE));
      }),
  },
  {
    name: 'a detach after unbind',
    hazard: 'detach-unbound',
    run: (refused) =>
      onScene('ep2', async ({ exporter, endpoint, gadget }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        await gadget.unbind();
        await refused(() => endpoint.detach(buffer));
      }),
  },
  {
    name: 'a detach after another process unbound',
    hazard: 'detach-unbound',
    run: (refused) =>
      onScene('ep2', async ({ exporter, endpoint }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        unbindBehindOurBack();
        await refused(() => endpoint.detach(buffer));
      }),
  },
  {
    name: 'a second transfer of a buffer on an IN endpoint',
    hazard: 'overlapping-in',
    run: (refused) =>
      onScene('ep1', async ({ exporter, endpoint, gadget }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        const first = endpoint.transfer(buffer, SIZE);
        await refused(() => endpoint.transfer(buffer, SIZE));
        await gadget.unbind();
        await first.wait(SECOND);
      }),
  },
  {
    name: 'a sync file that is used after the detach',
    hazard: 'sync-file-after-detach',
    run: (refused) =>
      onScene('ep2', async ({ exporter, fences, endpoint }) => {
        using buffer = exporter.allocate({ size: SIZE });
        endpoint.attach(buffer);
        const transfer = endpoint.transfer(buffer, SIZE);
        using file = buffer.exportSyncFile(DMA_BUF_SYNC_READ);
        await file.ready(0);
        endpoint.detach(buffer);
        await transfer.wait(SECOND);
        // Asking is harmless: the answer is known.
        const { status } = file.info();
        expectEqual(status, await transfer.wait(0), 'answer of the sync file');
        await refused(() => fences.merge('merged', file, file));
      }),
  },
  {
    name: 'descriptors for high speed and SuperSpeed alone',
    hazard: 'no-full-speed',
    async run(refused) {
      await using pieces = await composePieces({ plugins: [linux({ virtual: true })] });
      await using _gadget = await pieces.resolve(USB_DEVICE_CONTROLLER).createGadget(GADGET);
      await using mount = await pieces.resolve(FUNCTION_FS).mount('guards');
      const ep0 = await mount.openEp0();
      const companion = { type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 } as const;
      const [described, ...endpoints] = sceneDescriptors(1024);
      const superSpeed = [described!, ...endpoints.flatMap((endpoint) => [endpoint, companion])];
      const blob = encodeDescriptors({ high: sceneDescriptors(512), super: superSpeed });
      await refused(() => ep0.write(blob));
      await refused(() => ep0.write(withEmptyFullSpeed(blob)));
    },
  },
  {
    name: 'ep0 of a function that was left bound',
    hazard: 'reopen-bound',
    async run(refused) {
      await using pieces = await composePieces({ plugins: [linux({ virtual: true })] });
      const controller = pieces.resolve(USB_DEVICE_CONTROLLER);
      await using gadget = await controller.createGadget(GADGET);
      await using mount = await pieces.resolve(FUNCTION_FS).mount('guards', { noDisconnect: true });
      {
        using ep0 = await mount.openEp0();
        await ep0.write(encodeDescriptors({ full: sceneDescriptors(64), high: sceneDescriptors(512) }));
        await ep0.write(encodeStrings([]));
        await gadget.bind();
      }
      await refused(() => mount.openEp0());
      await gadget.unbind();
      using _ = await mount.openEp0();
    },
  },
];

for (const { name, hazard, run } of ATTEMPTS.filter((attempt) => attempt.hazard === (values.only ?? attempt.hazard))) {
  await report.check(`${hazard}: ${name}`, () =>
    run(async (attempt) => {
      const { code, why } = HAZARDS[hazard];
      try {
        await attempt();
      } catch (error) {
        if (!isKernelError(error, code) || !error.message.includes(why)) throw error;
        if (values.only !== undefined) console.log(error.message);
        return;
      }
      throw new Error('it was not refused');
    }),
  );
}
report.end();
