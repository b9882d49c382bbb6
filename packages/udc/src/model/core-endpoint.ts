import { KernelError } from '@gadgetloom/core';
import type { CompanionDescriptor, EndpointDescriptor, UsbSpeed } from '../chapter9.ts';
import { packetSize, transactionsPerInterval, transferType } from '../descriptors/endpoint-descriptor.ts';
import type { EndpointCapabilities, GadgetEndpoint, UsbEndpoint } from '../endpoint.ts';
import type { UsbRequest } from '../request.ts';
import { isSuperSpeed } from '../speed.ts';

/**
 * An endpoint with the checks of the UDC core. It lives as long as its controller, and keeps its state when the gadget
 * unbinds, as struct usb_ep does.
 * Source: drivers/usb/gadget/udc/core.c, usb_ep_*.
 */
export class CoreEndpoint implements GadgetEndpoint {
  /** The controller's endpoint. */
  readonly hardware: UsbEndpoint;
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  readonly maxStreams: number;
  enabled: boolean;
  address = 0;
  descriptor: EndpointDescriptor | undefined = undefined;
  companion: CompanionDescriptor | undefined = undefined;
  maxBurst = 0;
  multiplier = 1;
  /** Name of the function that claimed it while binding; `undefined` if none did. */
  claimedBy: string | undefined = undefined;
  readonly #control: boolean;

  constructor(hardware: UsbEndpoint, control: boolean) {
    this.hardware = hardware;
    this.name = hardware.name;
    this.capabilities = hardware.capabilities;
    this.maxPacketLimit = hardware.maxPacketLimit;
    this.maxStreams = hardware.maxStreams ?? 0;
    // Endpoint 0 needs no enable. Marking it as enabled keeps queue() at one check.
    this.enabled = control;
    this.#control = control;
  }

  get maxPacket(): number {
    if (this.descriptor !== undefined) return packetSize(this.descriptor);
    return this.hardware.maxPacket ?? (this.#control ? Math.min(64, this.maxPacketLimit) : this.maxPacketLimit);
  }

  /** The assignments of config_ep_by_speed_and_alt. */
  configure(
    descriptor: EndpointDescriptor,
    companion: CompanionDescriptor | undefined,
    speed: UsbSpeed | undefined,
  ): void {
    const type = transferType(descriptor);
    this.descriptor = descriptor;
    this.companion = companion;
    this.maxBurst = 0;
    this.multiplier = 1;
    if (speed === 'high' && (type === 'isochronous' || type === 'interrupt')) {
      this.multiplier = transactionsPerInterval(descriptor);
    }
    if (companion === undefined || !isSuperSpeed(speed)) return;
    if (type === 'isochronous') this.multiplier = (companion.attributes & 0x3) + 1;
    this.maxBurst = type === 'control' ? 1 : companion.maxBurst + 1;
  }

  /** Clears the state that a new claim must not inherit. */
  forget(): void {
    this.descriptor = undefined;
    this.companion = undefined;
  }

  enable(descriptor?: EndpointDescriptor, companion?: CompanionDescriptor): void {
    if (this.enabled) return;
    if (descriptor !== undefined) {
      this.descriptor = descriptor;
      this.companion = companion;
    }
    if (this.descriptor === undefined || packetSize(this.descriptor) === 0) {
      const reason = this.descriptor === undefined ? 'it has no descriptor' : 'its wMaxPacketSize is 0';
      throw new KernelError('EINVAL', `usb_ep_enable ${this.name}`, `${reason}. Configure the endpoint first.`);
    }
    this.hardware.enable(this.descriptor, this.companion);
    this.enabled = true;
  }

  disable(): void {
    if (!this.enabled || this.#control) return;
    this.hardware.disable();
    this.enabled = false;
  }

  queue(request: UsbRequest): void {
    if (!this.enabled) throw notEnabled(this.name);
    this.hardware.queue(request);
  }

  dequeue(request: UsbRequest): void {
    this.hardware.dequeue(request);
  }

  setHalt(halted: boolean): void {
    this.hardware.setHalt(halted);
  }

  setWedge(): void {
    if (this.hardware.setWedge === undefined) this.hardware.setHalt(true);
    else this.hardware.setWedge();
  }

  fifoStatus(): number {
    if (this.hardware.fifoStatus === undefined) {
      throw new KernelError('EOPNOTSUPP', `usb_ep_fifo_status ${this.name}`, 'this controller cannot tell.');
    }
    return this.hardware.fifoStatus();
  }

  fifoFlush(): void {
    this.hardware.fifoFlush?.();
  }
}

function notEnabled(name: string): KernelError {
  return new KernelError(
    'ESHUTDOWN',
    `usb_ep_queue ${name}`,
    'the endpoint is not enabled. It is from SET_CONFIGURATION or SET_INTERFACE on, until reset, disconnect or unbind.',
  );
}
