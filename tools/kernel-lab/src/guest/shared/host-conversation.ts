import { setTimeout as pause } from 'node:timers/promises';
import { isKernelError } from '@gadgetloom/core';
import { bulk, defineGadget, type SetupAnswer, type SetupHandler, type Stack } from '@gadgetloom/gadget';
import type { UsbDevice } from '@gadgetloom/virtual-host';

/** A gadget that has one of each thing that a WebUSB program can talk to. */
export const talker = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  manufacturer: 'Gadgetloom',
  product: 'Talker',
  serialNumber: 'S1',
  functions: { talk: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});

const KEEP = 0x50;
const GIVE = 0x51;

/** Keeps what one vendor request brings, gives it back on another, and refuses all others. */
export function keepAndGive(): SetupHandler {
  let kept = new Uint8Array();
  return async (request): Promise<SetupAnswer> => {
    if (request.setup.request === KEEP) kept = (await request.data()).slice();
    else if (request.setup.request === GIVE) return kept;
    return request.setup.request === KEEP;
  };
}

/** The things that both ends of a conversation share. */
interface Scene {
  readonly stack: Stack<typeof talker>;
  readonly usb: UsbDevice;
}

const setup = (request: number) =>
  ({ requestType: 'vendor', recipient: 'interface', request, value: 7, index: 0 }) as const;
const pattern = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, at) => at * 7);
const SHORT = 1000;

async function toHost({ stack, usb }: Scene): Promise<string> {
  const written = stack.endpoint('talk.up').write(pattern(SHORT));
  const { status, data } = await usb.transferIn(1, 4096);
  const got = new Uint8Array(data?.buffer ?? new ArrayBuffer(0), data?.byteOffset, data?.byteLength);
  const same = Buffer.compare(got, pattern(SHORT)) === 0;
  return `${status} ${got.length} ${same} ${await written}`;
}

async function toGadget({ stack, usb }: Scene): Promise<string> {
  const into = new Uint8Array(4096);
  const read = stack.endpoint('talk.down').read(into);
  const { status, bytesWritten } = await usb.transferOut(2, pattern(SHORT));
  const got = into.subarray(0, await read);
  return `${status} ${bytesWritten} ${Buffer.compare(got, pattern(SHORT)) === 0}`;
}

/** A host that waits for data, and something that ends its waiting. */
async function interrupted({ usb }: Scene, end: () => Promise<unknown>): Promise<string> {
  const waiting = outcome(usb.transferIn(1, 512).then(({ status }) => status));
  const ended = await outcome(end());
  return `${await waiting}, ${ended}`;
}

async function prepared({ stack, usb }: Scene): Promise<void> {
  if (!usb.opened) await usb.open();
  if (usb.configuration === null) await usb.selectConfiguration(1);
  await usb.claimInterface(0);
  await stack.enabled();
}

/**
 * What a WebUSB program can do with a device and what it is told then, one after the other: the same on every backend.
 * A step gives what it saw.
 */
export const CONVERSATION: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'is known by its descriptors': async ({ usb }) => [
    ...[usb.vendorId, usb.productId, usb.manufacturerName, usb.productName, usb.serialNumber],
    usb.configuration?.interfaces[0]?.alternate.endpoints,
  ],
  'cannot be used before it is opened': ({ usb }) => outcome(usb.claimInterface(0)),
  'is opened': ({ usb }) => outcome(usb.open()),
  'cannot be read before the interface is claimed': ({ usb }) => outcome(usb.transferIn(1, 64)),
  'has no interface 1': ({ usb }) => outcome(usb.claimInterface(1)),
  'is claimed, twice': async ({ usb }) => [await outcome(usb.claimInterface(0)), await outcome(usb.claimInterface(0))],
  'has no endpoint 5': ({ usb }) => outcome(usb.transferIn(5, 64)),
  'sends to the host': toHost,
  'hears from the host': toGadget,
  'hears nothing at all from the host': async ({ stack, usb }) => {
    const read = stack.endpoint('talk.down').read(new Uint8Array(512));
    return [await usb.transferOut(2, new Uint8Array()), await read];
  },
  'keeps and gives in control transfers': async ({ usb }) => {
    const sent = await usb.controlTransferOut(setup(KEEP), pattern(100));
    const { status, data } = await usb.controlTransferIn(setup(GIVE), 255);
    return [sent.status, sent.bytesWritten, status, data?.byteLength, data?.getUint8(99)];
  },
  'refuses other control transfers': async ({ usb }) => [
    (await usb.controlTransferIn(setup(0x52), 4)).status,
    (await usb.controlTransferOut(setup(0x52), pattern(4))).status,
    (await usb.controlTransferOut(setup(0x52))).status,
  ],
  'halts an endpoint, until it is cleared': async (scene) => {
    const halted = await outcome(scene.stack.endpoint('talk.up').read(new Uint8Array(1)));
    const { status } = await scene.usb.transferIn(1, 64);
    return [halted, status, await outcome(scene.usb.clearHalt('in', 1)), await toHost(scene)];
  },
  'is released while it is read': (scene) => interrupted(scene, () => scene.usb.releaseInterface(0)),
  'cannot be read then': ({ usb }) => outcome(usb.transferIn(1, 64)),
  'talks again once claimed': async (scene) => {
    await prepared(scene);
    return [await toHost(scene), await toGadget(scene)];
  },
  'is configured anew while it is read': (scene) => interrupted(scene, () => scene.usb.selectConfiguration(1)),
  'talks after it was configured': async (scene) => {
    await prepared(scene);
    return [await toHost(scene), await toGadget(scene)];
  },
  'is reset while it is read': (scene) => interrupted(scene, () => scene.usb.reset()),
  'talks after it was reset': async (scene) => {
    await prepared(scene);
    return [await toHost(scene), await toGadget(scene)];
  },
  'is closed while it is read': (scene) => interrupted(scene, () => scene.usb.close()),
  'talks after it was closed': async (scene) => {
    await prepared(scene);
    return [await toHost(scene), await toGadget(scene)];
  },
  'is unbound while it is read': (scene) => interrupted(scene, () => scene.stack.usbGadget.unbind()),
  'is gone soon': async ({ usb }) => {
    while (usb.opened) await pause(1);
    return [await outcome(usb.transferIn(1, 64)), await outcome(usb.open())];
  },
  'comes back as another one': async ({ stack, usb }) => {
    await stack.usbGadget.bind();
    const again = await stack.host();
    const scene = { stack, usb: again };
    await prepared(scene);
    return [again === usb, await toHost(scene), await toGadget(scene)];
  },
};

/** Describes in a word how a promise was settled. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    return String((await promise) ?? 'done');
  } catch (error) {
    if (isKernelError(error)) return error.code;
    return error instanceof Error ? error.name : String(error);
  }
}
