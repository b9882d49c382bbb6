import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { Errno, errnoCode, KernelError } from '@gadgetloom/core';
import { composeStack, type KernelAttributesOf, kernelFunction } from '@gadgetloom/gadget';
import { BulkOnlyHost, type HostPipes } from '@gadgetloom/usb-classes/mass-storage/testing';
import { type ConnectedDevice, HostTransfer } from '@gadgetloom/virtual-host';
import { onTestFinished } from 'vitest';
import type { BackendName } from './serial-stack.ts';

/** A file of so many bytes, for the time of a test. */
export function imageFile(size: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'mass-storage-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'disk.img');
  writeFileSync(path, new Uint8Array(size));
  return path;
}

/** A gadget with the kernel's `mass_storage` on a backend, and its host. */
export async function diskStack(backend: BackendName, attributes: KernelAttributesOf<'mass_storage'>) {
  const stack = await composeStack({
    gadget: { vendorId: 0x1d6b, productId: 0x0104, functions: { disk: kernelFunction('mass_storage', attributes) } },
    backends: [mock(), dwc3(), musb()],
    backend,
  });
  onTestFinished(() => stack.close());
  const device = await stack.hostDevice();
  const pipes = devicePipes(device);
  return { stack, device, pipes, host: new BulkOnlyHost(pipes) };
}

/** The pipes of the only interface. */
function devicePipes(device: ConnectedDevice): HostPipes {
  const [source, sink] = device.endpoints();
  const move = (address: number, data: Uint8Array): Promise<Uint8Array | undefined> =>
    new Promise((resolve, reject) => {
      const transfer = new HostTransfer(data, ({ status, actual }) => {
        if (status === -Errno.EPIPE) resolve(undefined);
        else if (status < 0) reject(new KernelError(errnoCode(-status), 'transfer'));
        else resolve(data.subarray(0, actual));
      });
      device.pipe(address).submit(transfer);
    });
  const packet = source!.maxPacketSize;
  return {
    send: async (bytes) => (await move(sink!.address, bytes.slice())) !== undefined,
    receive: (length) => move(source!.address, new Uint8Array(Math.ceil(length / packet) * packet)),
    clearHalt: (direction) => device.clearHalt((direction === 'in' ? source : sink)!.address),
    async reset() {
      const request = { requestType: 0x21, request: 0xff, value: 0, index: 0, length: 0 };
      const status = await (await device.startControl(request)).done;
      if (status < 0) throw new KernelError(errnoCode(-status), 'reset');
    },
  };
}
