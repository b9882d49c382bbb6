import type { CompanionDescriptor, EndpointDescriptor } from './chapter9.ts';
import type { UsbRequest } from './request.ts';

/** What an endpoint of a controller can do (struct usb_ep_caps). */
export interface EndpointCapabilities {
  readonly control: boolean;
  readonly isochronous: boolean;
  readonly bulk: boolean;
  readonly interrupt: boolean;
  readonly in: boolean;
  readonly out: boolean;
}

/**
 * An endpoint of a simulated controller (struct usb_ep with usb_ep_ops). The UDC core of `@gadgetloom/udc/model` calls
 * it; a call that cannot be done throws a KernelError with the errno that the driver would return.
 */
export interface UsbEndpoint {
  /** `'ep0'`, `'ep1in'`, `'ep-a'`: a number after `ep` fixes the address. */
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  /** Largest packet in bytes that the hardware can take. */
  readonly maxPacketLimit: number;
  readonly maxBurstLimit?: number;
  readonly maxStreams?: number;

  /** Enables the endpoint for a descriptor. @throws KernelError EINVAL it cannot be served; EBUSY; ESHUTDOWN */
  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void;
  /** Disables it; every queued request completes with ESHUTDOWN before this returns. */
  disable(): void;
  /**
   * Queues a request; it completes later, never from inside this call, in the order of queueing.
   * @throws KernelError ESHUTDOWN disabled or disconnected; EINVAL; ENODATA
   */
  queue(request: UsbRequest): void;
  /** Cancels a request: it completes with ECONNRESET. @throws KernelError EINVAL not queued here */
  dequeue(request: UsbRequest): void;
  /** Halts or resumes. @throws KernelError EAGAIN requests are queued; EINVAL isochronous */
  setHalt(halted: boolean): void;
  /** Halts until the gadget, not the host, clears it. */
  setWedge?(): void;
  /** Bytes in the FIFO. @throws KernelError EOPNOTSUPP */
  fifoStatus?(): number;
  fifoFlush?(): void;
}
