import type { ErrnoCode } from '@gadgetloom/core';
import { USB_DIR_IN, type UsbSpeed } from '@gadgetloom/udc';
import type { HostAlternate } from '../descriptors/configuration.ts';
import type { HostEndpoint } from '../descriptors/endpoint-descriptor.ts';
import { HostPipe, type PipeContext } from './host-pipe.ts';

/** The pipes of a device: one per endpoint descriptor, open while its alternate setting is in force. */
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

  /** Ends all transfers of a setting with ESHUTDOWN; its pipes are not there any more. */
  close(alternate: HostAlternate): void {
    for (const endpoint of alternate.endpoints) {
      const pipe = this.#made.get(endpoint);
      if (pipe === undefined) continue;
      if (this.at(endpoint.address) === pipe) this.#open[slot(endpoint.address)] = undefined;
      pipe.close('ENOENT');
    }
  }

  /** Ends all transfers with ESHUTDOWN; the pipes stay, and refuse. */
  shut(refusal: ErrnoCode): void {
    for (const pipe of this.#open) pipe?.close(refusal);
  }

  /** The endpoint may answer otherwise than with NAK. */
  ready(address: number): void {
    this.#open[slot(address)]?.wake();
  }

  wakeAll(): void {
    for (const pipe of this.#open) pipe?.wake();
  }
}

/** Position of an endpoint address among 32: OUT 0 to 15, IN 16 to 31. */
function slot(address: number): number {
  return (address & 0x0f) | ((address & USB_DIR_IN) >> 3);
}
