import { Errno, type ErrnoCode, KernelError } from '@gadgetloom/core';
import {
  type CompanionDescriptor,
  type EndpointCapabilities,
  type EndpointDescriptor,
  type EndpointLimits,
  packetSize,
  USB_DIR_IN,
  type UsbEndpoint,
  type UsbRequest,
} from '@gadgetloom/udc';
import { RequestQueue } from './request-queue.ts';

const IN_PROGRESS = -Errno.EINPROGRESS;

/**
 * An endpoint of a simulated controller, with the tasks that every gadget driver has: it enables, disables and halts
 * the endpoint, keeps its requests in order, and gives each of them back exactly once. A driver extends it and moves
 * the bytes: it looks at {@link requests} and calls {@link finish}. The protected methods are hooks.
 */
export abstract class BoardEndpoint implements UsbEndpoint {
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
  /** The requests that wait for the host, in order. */
  readonly requests: RequestQueue = new RequestQueue();
  /** Errno of a request on a disabled endpoint. */
  protected readonly refusal: ErrnoCode = 'ESHUTDOWN';
  #descriptor: EndpointDescriptor | undefined;

  constructor({ name, capabilities, maxPacketLimit }: EndpointLimits) {
    this.name = name;
    this.capabilities = capabilities;
    this.maxPacketLimit = maxPacketLimit;
    this.maxPacket = maxPacketLimit;
  }

  /** True while the endpoint is enabled. Endpoint 0 always is. */
  get enabled(): boolean {
    return this.#descriptor !== undefined || this.capabilities.control;
  }

  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    if (this.enabled) throw this.error('EINVAL', 'enable', 'It is enabled already.');
    this.accept(descriptor, companion);
    this.maxPacket = packetSize(descriptor);
    this.address = descriptor.address;
    this.halted = false;
    this.wedged = false;
    this.#descriptor = descriptor;
    this.started();
  }

  disable(): void {
    if (this.#descriptor === undefined) throw this.error('EINVAL', 'disable', 'It is not enabled.');
    this.#descriptor = undefined;
    this.stopped();
    this.nuke(-Errno.ESHUTDOWN);
  }

  queue(request: UsbRequest): void {
    if (request.status === IN_PROGRESS) throw this.error('EINVAL', 'queue', 'The request is queued already.');
    if (!this.enabled) throw this.error(this.refusal, 'queue', 'Enable it first.');
    this.admit(request);
    request.status = IN_PROGRESS;
    request.actual = 0;
    this.take(request);
  }

  dequeue(request: UsbRequest): void {
    if (!this.release(request))
      throw this.error('EINVAL', 'dequeue', 'The request is not queued here, or is complete already.');
    this.giveBack(request, -Errno.ECONNRESET);
  }

  setHalt(halted: boolean): void {
    this.halt(halted, false);
  }

  setWedge(): void {
    this.halt(true, true);
  }

  /**
   * Called when the host sets or clears ENDPOINT_HALT. The host cannot clear it on an endpoint that the gadget wedged.
   */
  hostSetsHalt(halted: boolean): void {
    if (halted || !this.wedged) this.halted = halted;
    this.haltChanged();
  }

  /** Completes all requests with a status, in order. */
  nuke(status: number): void {
    for (let request = this.requests.shift(); request !== undefined; request = this.requests.shift())
      this.giveBack(request, status);
  }

  /** Takes the first request out of the queue and completes it. @param status 0, or a negative errno */
  finish(status: number): void {
    const request = this.requests.shift();
    if (request !== undefined) this.giveBack(request, status);
  }

  /** Completes a request that is no longer in a queue. */
  giveBack(request: UsbRequest, status: number): void {
    request.status = status;
    request.complete(this, request);
  }

  /** Checks a descriptor before the endpoint is enabled. @throws KernelError the controller cannot serve it */
  protected accept(_descriptor: EndpointDescriptor, _companion?: CompanionDescriptor): void {}

  /** Called when the endpoint was enabled. */
  protected started(): void {}

  /** Called when the endpoint was disabled, before its requests are given back. */
  protected stopped(): void {}

  /** Checks a request before it is queued. @throws KernelError the controller refuses it */
  protected admit(_request: UsbRequest): void {}

  /** Queues a request, and may start to serve it. It must not complete the request inside this call. */
  protected take(request: UsbRequest): void {
    this.requests.push(request);
  }

  /** Removes a queued request. @returns false if it is not here */
  protected release(request: UsbRequest): boolean {
    return this.requests.remove(request);
  }

  /** Called when {@link halted} or {@link wedged} changed. */
  protected haltChanged(): void {}

  /**
   * Called when the gadget sets or clears a halt.
   *
   * @throws KernelError EAGAIN the host has not read all that is queued
   */
  protected halt(halted: boolean, wedged: boolean): void {
    if (halted && (this.address & USB_DIR_IN) !== 0 && this.#descriptor !== undefined && this.requests.size > 0)
      throw this.error('EAGAIN', 'setHalt', 'Requests are queued: wait until the host has read them.');
    this.halted = halted;
    this.wedged = halted && (wedged || this.wedged);
    this.haltChanged();
  }

  protected error(code: ErrnoCode, operation: string, advice: string): KernelError {
    return new KernelError(code, `${operation} ${this.name}`, advice);
  }
}
