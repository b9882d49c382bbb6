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
  /** Packet size in use. Controllers give it for ep0, where it depends on the speed; 64 without. */
  readonly maxPacket?: number;
  /** Most packets in a row at SuperSpeed, 1 to 16; 1 without (usb_ep.maxburst). */
  readonly maxBurstLimit?: number;
  /** Most bulk streams; none without. */
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
  /** Halts until the gadget, not the host, clears it. Without it, wedging is halting. */
  setWedge?(): void;
  /** Bytes in the FIFO. @throws KernelError EOPNOTSUPP */
  fifoStatus?(): number;
  /** Drops what the FIFO holds (usb_ep_ops.fifo_flush). */
  fifoFlush?(): void;
}

/**
 * An endpoint as a function sees it: the controller's, with what the UDC core knows about it and with the core's checks
 * (struct usb_ep and the usb_ep_* calls of drivers/usb/gadget/udc/core.c).
 */
export interface GadgetEndpoint extends UsbEndpoint {
  /** bEndpointAddress that the host uses; 0 for endpoint 0 and before the endpoint was claimed. */
  readonly address: number;
  /** Endpoint 0 is always enabled. */
  readonly enabled: boolean;
  /** Set by {@link FunctionBinding.configureEndpoint} or {@link enable}, forgotten by the next claim. */
  readonly descriptor: EndpointDescriptor | undefined;
  readonly companion: CompanionDescriptor | undefined;
  /** Bytes of a packet, without the high-bandwidth bits. */
  readonly maxPacket: number;
  /** Packets of a burst; 0 below SuperSpeed. */
  readonly maxBurst: number;
  /** Transactions, or bursts, of a service interval. */
  readonly multiplier: number;

  /**
   * usb_ep_enable. Enabling an enabled endpoint does nothing, whatever the descriptor.
   *
   * @param descriptor replaces the one that was configured
   * @throws KernelError EINVAL no descriptor, packet size 0, or the controller refuses
   */
  enable(descriptor?: EndpointDescriptor, companion?: CompanionDescriptor): void;
  /** usb_ep_disable. Disabling a disabled endpoint does nothing. */
  disable(): void;
  /** usb_ep_queue. @throws KernelError ESHUTDOWN not enabled; and what the controller answers */
  queue(request: UsbRequest): void;
  /** usb_ep_set_wedge: halts where the controller cannot wedge. */
  setWedge(): void;
  /** usb_ep_fifo_status. @throws KernelError EOPNOTSUPP the controller cannot tell */
  fifoStatus(): number;
  /** usb_ep_fifo_flush: nothing where the controller cannot flush. */
  fifoFlush(): void;
}
