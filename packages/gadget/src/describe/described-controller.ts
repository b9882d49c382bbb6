import { Errno, isKernelError, KernelError } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import {
  type CompanionDescriptor,
  type ControllerEvents,
  type EndpointDescriptor,
  type EndpointLimits,
  endpointDirection,
  type GadgetController,
  type GadgetDriver,
  type LinkPowerParameters,
  type SetupPacket,
  type UsbEndpoint,
  type UsbRequest,
  type UsbSpeed,
} from '@gadgetloom/udc';

/** Packet size of endpoint 0: 64 bytes, and 512 at SuperSpeed (USB 3.2, 8.12.2). */
const EP0_PACKET = { usb2: 64, usb3: 512 } as const;

/** What a simulated controller tells the kernel beside its endpoints, and what shows in descriptors. */
export type DescribedHardware = Pick<
  GadgetController,
  'lpmCapable' | 'linkPower' | 'wakeupCapable' | 'setRemoteWakeup'
>;

/**
 * A controller without a bus. It sends requests to its bound gadget at any speed, as a host would.
 */
export class DescribedController implements GadgetController {
  readonly driver = 'described';
  readonly name: string;
  readonly maxSpeed: UsbSpeed;
  readonly scatterGather = true;
  readonly lpmCapable: boolean;
  readonly wakeupCapable: boolean;
  readonly linkPower?: LinkPowerParameters;
  readonly setRemoteWakeup?: () => void;
  readonly dmaDevice: DmaDevice;
  readonly ep0: ControlEndpoint;
  readonly endpoints: readonly UsbEndpoint[];
  speed: UsbSpeed | undefined = undefined;
  readonly #keepsNumbers: boolean;
  #driver: GadgetDriver | undefined;

  /**
   * @param endpoints the endpoints of the real controller; every possible endpoint unless given
   * @param hardware the simulated controller to describe
   */
  constructor(
    name: string,
    maxSpeed: UsbSpeed,
    endpoints?: readonly EndpointLimits[],
    hardware: DescribedHardware = {},
  ) {
    this.name = name;
    this.dmaDevice = { name };
    this.maxSpeed = maxSpeed;
    this.ep0 = new ControlEndpoint(() => this.speed);
    this.endpoints = (endpoints ?? ALL_ENDPOINTS).map((limits) => new IdleEndpoint(limits));
    this.#keepsNumbers = endpoints === undefined;
    this.lpmCapable = hardware.lpmCapable ?? false;
    this.wakeupCapable = hardware.wakeupCapable ?? false;
    if (hardware.linkPower !== undefined) this.linkPower = hardware.linkPower;
    if (hardware.setRemoteWakeup !== undefined) this.setRemoteWakeup = () => {};
  }

  start(driver: GadgetDriver, _core: ControllerEvents): void {
    this.#driver = driver;
  }

  stop(): void {
    this.#driver = undefined;
  }

  pullup(): void {}

  /** Returns the answer of the gadget, or `undefined` if it stalls. */
  ask(setup: SetupPacket): Uint8Array | undefined {
    try {
      this.#driver?.setup(setup);
    } catch (refusal) {
      if (isKernelError(refusal)) return undefined;
      throw refusal;
    }
    return this.ep0.complete();
  }

  /** Returns the endpoint with the number in the descriptor. A controller with its own matching decides itself. */
  matchEndpoint(
    descriptor: EndpointDescriptor,
    _: CompanionDescriptor | undefined,
    fits: (endpoint: UsbEndpoint) => boolean,
  ): UsbEndpoint | undefined {
    if (!this.#keepsNumbers) return undefined;
    const name = `ep${descriptor.address & 0x0f}${endpointDirection(descriptor.address)}`;
    return this.endpoints.find((endpoint) => endpoint.name === name && fits(endpoint));
  }
}

const ALL_ENDPOINTS: readonly EndpointLimits[] = Array.from({ length: 15 }, (_, index) =>
  (['in', 'out'] as const).map((direction) => ({
    name: `ep${index + 1}${direction}`,
    maxPacketLimit: 1024,
    capabilities: {
      control: false,
      isochronous: true,
      bulk: true,
      interrupt: true,
      in: direction === 'in',
      out: direction === 'out',
    },
  })),
).flat();

/** A data endpoint that carries no data. */
class IdleEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointLimits['capabilities'];
  readonly maxPacketLimit: number;
  readonly maxStreams = 16;

  constructor({ name, capabilities, maxPacketLimit }: EndpointLimits) {
    this.name = name;
    this.capabilities = capabilities;
    this.maxPacketLimit = maxPacketLimit;
  }

  enable(): void {}
  disable(): void {}
  setHalt(): void {}

  queue(): void {
    throw new KernelError('ESHUTDOWN', `queue ${this.name}`, 'there is no host: the gadget is only described.');
  }

  dequeue(): void {
    throw new KernelError('EINVAL', `dequeue ${this.name}`, 'nothing is queued.');
  }
}

/** Endpoint 0. It keeps the request that holds the answer. */
class ControlEndpoint extends IdleEndpoint {
  readonly #speed: () => UsbSpeed | undefined;
  #request: UsbRequest | undefined;

  constructor(speed: () => UsbSpeed | undefined) {
    const capabilities = { control: true, isochronous: false, bulk: false, interrupt: false, in: true, out: true };
    super({ name: 'ep0', maxPacketLimit: EP0_PACKET.usb3, capabilities });
    this.#speed = speed;
  }

  get maxPacket(): number {
    const speed = this.#speed();
    return speed === 'super' || speed === 'super-plus' ? EP0_PACKET.usb3 : EP0_PACKET.usb2;
  }

  override queue(request?: UsbRequest): void {
    this.#request = request;
  }

  override dequeue(): void {
    this.#finish(-Errno.ECONNRESET);
  }

  /** Takes the bytes of the answer. */
  complete(): Uint8Array | undefined {
    const { buffer, length = 0 } = this.#request ?? {};
    const answer = buffer?.slice(0, length);
    this.#finish(0, length);
    return answer;
  }

  #finish(status: number, actual = 0): void {
    const request = this.#request;
    this.#request = undefined;
    if (request === undefined) return;
    request.status = status;
    request.actual = actual;
    request.complete(this, request);
  }
}
