import { Errno, type ErrnoCode, KernelError } from '@gadgetloom/core';
import {
  type CompanionDescriptor,
  type EndpointCapabilities,
  type EndpointDescriptor,
  type EndpointLimits,
  packetSize,
  type UsbEndpoint,
  type UsbRequest,
} from '@gadgetloom/udc';

const IN_PROGRESS = -Errno.EINPROGRESS;

/**
 * What every gadget driver does for an endpoint: it enables and disables the endpoint, keeps its halt, checks requests
 * before it takes them, and completes them. The lists of requests belong to the driver that extends it;
 * {@link BoardEndpoint} has a single one. The protected methods are hooks.
 */
export abstract class DriverEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  /** Address with the direction bit, from the last descriptor; 0 for endpoint 0, and before the first descriptor. */
  address = 0;
  /** Bytes of a packet. */
  maxPacket: number;
  /** True while the endpoint answers STALL. */
  halted = false;
  /** True if the host cannot clear the halt. */
  wedged = false;
  /** The descriptor that the endpoint is enabled for; `undefined` while it is disabled. */
  descriptor: EndpointDescriptor | undefined = undefined;
  companion: CompanionDescriptor | undefined = undefined;
  /** Errno of a request on a disabled endpoint. */
  protected readonly refusal: ErrnoCode = 'ESHUTDOWN';
  /** Errno of enabling an enabled endpoint. */
  protected readonly enabledTwice: ErrnoCode = 'EINVAL';
  readonly #control: boolean;

  constructor({ name, capabilities, maxPacketLimit }: EndpointLimits) {
    this.name = name;
    this.capabilities = capabilities;
    this.maxPacketLimit = maxPacketLimit;
    this.maxPacket = maxPacketLimit;
    this.#control = capabilities.control;
  }

  /** True while the endpoint is enabled. Endpoint 0 always is. */
  get enabled(): boolean {
    return this.descriptor !== undefined || this.#control;
  }

  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    if (this.#control) throw this.error('EINVAL', 'enable', 'Endpoint 0 is always enabled.');
    if (this.enabled) throw this.error(this.enabledTwice, 'enable', 'It is enabled already.');
    this.accept(descriptor, companion);
    this.maxPacket = packetSize(descriptor);
    this.address = descriptor.address;
    this.forgetHalt();
    this.descriptor = descriptor;
    this.companion = companion;
    try {
      this.start();
    } catch (refusal) {
      this.descriptor = undefined;
      throw refusal;
    }
  }

  disable(): void {
    if (this.#control) throw this.error('EINVAL', 'disable', 'Endpoint 0 is always enabled.');
    if (this.descriptor === undefined) throw this.error('EINVAL', 'disable', 'It is not enabled.');
    this.stop();
    this.descriptor = undefined;
    this.companion = undefined;
  }

  queue(request: UsbRequest): void {
    this.admit(request);
    if (this.descriptor === undefined && !this.#control) throw this.error(this.refusal, 'queue', 'Enable it first.');
    if (request.status === IN_PROGRESS) throw this.error('EINVAL', 'queue', 'The request is queued already.');
    request.status = IN_PROGRESS;
    request.actual = 0;
    this.take(request);
  }

  dequeue(request: UsbRequest): void {
    if (!this.cancel(request))
      throw this.error('EINVAL', 'dequeue', 'The request is not queued here, or is complete already.');
  }

  setHalt(halted: boolean): void {
    this.halt(halted, false);
  }

  setWedge(): void {
    this.halt(true, true);
  }

  /** The endpoint is neither halted nor wedged any more. */
  forgetHalt(): void {
    this.halted = false;
    this.wedged = false;
  }

  /**
   * Completes a request that is in no list any more.
   *
   * @param status 0 or a negative errno; a request that has failed already keeps its own
   */
  giveBack(request: UsbRequest, status: number): void {
    if (request.status === IN_PROGRESS) request.status = status;
    request.complete(this, request);
  }

  /** Checks a descriptor before the endpoint is enabled. @throws KernelError the controller cannot serve it */
  protected accept(_descriptor: EndpointDescriptor, _companion?: CompanionDescriptor): void {}

  /** Called when the endpoint is enabled, and starts its hardware. @throws KernelError it stays disabled */
  protected start(): void {}

  /** Called when the endpoint is disabled. It completes all requests with ESHUTDOWN. */
  protected abstract stop(): void;

  /** Checks a request before it is queued. @throws KernelError the controller refuses it */
  protected admit(_request: UsbRequest): void {}

  /** Queues a request, and may start to serve it. It must not complete the request inside this call. */
  protected abstract take(request: UsbRequest): void;

  /** Cancels a request: it completes with ECONNRESET, now or later. @returns false if it is not queued here */
  protected abstract cancel(request: UsbRequest): boolean;

  /** Called when the gadget sets or clears a halt. @throws KernelError EAGAIN the host has not read all that is queued */
  protected abstract halt(halted: boolean, wedged: boolean): void;

  protected error(code: ErrnoCode, operation: string, advice: string): KernelError {
    return new KernelError(code, `${operation} ${this.name}`, advice);
  }
}
