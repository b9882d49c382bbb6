import { Errno, errnoCode, InputError, KernelError } from '@gadgetloom/core';
import { BulkOnlyHost, type HostPipes } from '@gadgetloom/usb-classes/mass-storage/testing';
import { type ConnectedDevice, HostTransfer } from '@gadgetloom/virtual-host';

const MASS_STORAGE = 8;
const BULK_ONLY = 0x50;
/** A class request to an interface, from host to device. */
const CLASS_OUT = 0x21;
const RESET = 0xff;

/**
 * A host of the disk in a gadget, for tests: `storageHost(await stack.hostDevice())`. It takes the first interface of the
 * class that it finds.
 *
 * @throws InputError the device has no such interface
 */
export function storageHost(device: ConnectedDevice): BulkOnlyHost {
  return new BulkOnlyHost(storagePipes(device));
}

/** The pipes of {@link storageHost}. */
export function storagePipes(device: ConnectedDevice): HostPipes {
  const found = device.alternates.find(
    (setting) => setting.interfaceClass === MASS_STORAGE && setting.interfaceProtocol === BULK_ONLY,
  );
  if (found === undefined) throw new InputError('the device has no interface for mass storage (class 8, Bulk-Only).');
  const address = (direction: 'in' | 'out'): number =>
    found.endpoints.find((endpoint) => endpoint.address >= 0x80 === (direction === 'in'))!.address;
  const move = (direction: 'in' | 'out', data: Uint8Array): Promise<Uint8Array | undefined> =>
    new Promise((resolve, reject) => {
      const transfer = new HostTransfer(data, ({ status, actual }) => {
        if (status === -Errno.EPIPE) resolve(undefined);
        else if (status < 0) reject(new KernelError(errnoCode(-status), `transfer ${direction.toUpperCase()}`));
        else resolve(data.subarray(0, actual));
      });
      device.pipe(address(direction)).submit(transfer);
    });
  return {
    send: async (bytes) => (await move('out', bytes.slice())) !== undefined,
    receive: (length) => {
      // Whole packets: what does not fit would be babble.
      const packet = device.pipe(address('in')).maxPacketSize;
      return move('in', new Uint8Array(Math.ceil(length / packet) * packet));
    },
    clearHalt: (direction) => device.clearHalt(address(direction)),
    async reset() {
      const index = found.interfaceNumber;
      const request = { requestType: CLASS_OUT, request: RESET, value: 0, index, length: 0 };
      const status = await (await device.startControl(request)).done;
      if (status < 0) throw new KernelError(errnoCode(-status), 'Bulk-Only Mass Storage Reset');
    },
  };
}
