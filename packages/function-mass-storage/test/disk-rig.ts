import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget, type Stack } from '@gadgetloom/gadget';
import type { BulkOnlyHost } from '@gadgetloom/usb-classes/mass-storage/testing';
import type { ConnectedDevice } from '@gadgetloom/virtual-host';
import { type MassStorage, type MassStorageOptions, massStorage } from '../src/index.ts';
import { storageHost } from '../src/testing/index.ts';

/** The backends that a disk runs on, with scatter-gather and without. */
export const BACKENDS = {
  mock: () => mock(),
  'mock at SuperSpeed': () => mock({ speed: 'super' }),
  'mock at full speed': () => mock({ speed: 'full' }),
  'mock without scatter-gather': () => mock({ scatterGather: false }),
  dwc3: () => dwc3(),
  musb: () => musb(),
} as const;

/** A gadget that is a disk, and its host. */
export interface DiskRig extends AsyncDisposable {
  readonly stack: Stack;
  readonly disk: MassStorage;
  readonly device: ConnectedDevice;
  readonly host: BulkOnlyHost;
  /** What was reported to `onError`. */
  readonly errors: readonly unknown[];
}

/** Composes it, and waits until the host has it. */
export async function diskRig(backend: keyof typeof BACKENDS, options: MassStorageOptions): Promise<DiskRig> {
  const errors: unknown[] = [];
  const gadget = defineGadget({ vendorId: 0x1d6b, productId: 0x0104, functions: { disk: massStorage(options) } });
  const stack = await composeStack({
    gadget,
    backends: [BACKENDS[backend]()],
    onError: (error) => void errors.push(error),
  });
  const device = await stack.hostDevice();
  const host = storageHost(device);
  const unit = { cdb: [0, 0, 0, 0, 0, 0] };
  const units = stack.function('disk').units.length;
  for (let number = 0; number < units; number++) await host.command({ ...unit, unit: number });
  return {
    stack,
    disk: stack.function('disk'),
    device,
    host,
    errors,
    [Symbol.asyncDispose]: () => stack.close(),
  };
}
