import type { ErrnoCode } from '@gadgetloom/core';
import { USB_DIR_IN, type UsbSpeed } from '@gadgetloom/udc';
import type { HostAlternate } from '../descriptors/configuration.ts';
import type { HostEndpoint } from '../descriptors/endpoint-descriptor.ts';
import { HostPipe, type PipeContext } from './host-pipe.ts';

/** The pipes of a device: one per endpoint descriptor, open while its alternate setting is selected. */
export class PipeSet {
  readonly #speed: UsbSpeed;
  readonly #context: PipeContext;
  readonly #made = new Map<HostEndpoint, HostPipe>();
  readonly #open: (HostPipe | undefined)[] = new Array<HostPipe | undefined>(32).fill(undefined);

  constructor(speed: UsbSpeed, context: PipeContext) {
    this.#speed = speed;
    this.#context = context;
  }

  /** The open pipe at an address. */
  at(address: number): HostPipe | undefined {
    return this.#open[slot(address)];
  }

  open(alternate: HostAlternate): void {
    for (const endpoint of alternate.endpoints) {
      let pipe = this.#made.get(endpoint);
      if (pipe === undefined) {
        pipe = new HostPipe(endpoint, this.#speed, this.#context);
        this.#made.set(endpoint, pipe);
      }
      this.#open[slot(endpoint.address)] = pipe;
      pipe.open();
    }
  }

  /** Ends all transfers of a setting with ESHUTDOWN and removes its pipes. */
  close(alternate: HostAlternate): void {
    for (const endpoint of alternate.endpoints) {
      const pipe = this.#made.get(endpoint);
      if (pipe === undefined) continue;
      if (this.at(endpoint.address) === pipe) this.#open[slot(endpoint.address)] = undefined;
      pipe.close('ENOENT');
    }
  }

  /** Ends all transfers with ESHUTDOWN. The pipes stay and refuse transfers. */
  shut(refusal: ErrnoCode): void {
    for (const pipe of this.#open) pipe?.close(refusal);
  }

  /** Asks the endpoint again: it may no longer answer NAK. */
  ready(address: number): void {
    this.#open[slot(address)]?.wake();
  }

  wakeAll(): void {
    for (const pipe of this.#open) pipe?.wake();
  }
}

/** The index of an endpoint address: 0 to 15 for OUT, 16 to 31 for IN. */
function slot(address: number): number {
  return (address & 0x0f) | ((address & USB_DIR_IN) >> 3);
}
