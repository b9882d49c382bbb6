import type { CompanionDescriptor, EndpointDescriptor } from './chapter9.ts';
import type { UsbRequest } from './request.ts';

/** Capabilities of an endpoint (struct usb_ep_caps). */
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
 * it. A call that fails throws a KernelError with the errno that the driver would return.
 */
export interface UsbEndpoint {
  /** `'ep0'`, `'ep1in'`, `'ep-a'`: a number after `ep` fixes the address. */
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  /** Largest packet in bytes that the hardware can take. */
  readonly maxPacketLimit: number;
  /** Packet size in use. Controllers give it for ep0, where it depends on the speed; 64 unless given. */
  readonly maxPacket?: number;
  /** Most packets of a burst at SuperSpeed, 1 to 16; 1 unless given (usb_ep.maxburst). */
  readonly maxBurstLimit?: number;
  /** Most bulk streams; none unless given. */
  readonly maxStreams?: number;

  /** Enables the endpoint for a descriptor. @throws KernelError EINVAL it cannot be served; EBUSY; ESHUTDOWN */
  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void;
  /** Disables it; every queued request completes with ESHUTDOWN before this returns. */
  disable(): void;
  /**
   * Queues a request. Requests complete in the order of queueing, and never inside this call.
   * @throws KernelError ESHUTDOWN disabled or disconnected; EINVAL; ENODATA
   */
  queue(request: UsbRequest): void;
  /** Cancels a request: it completes with ECONNRESET. @throws KernelError EINVAL not queued here */
  dequeue(request: UsbRequest): void;
  /** Halts or resumes. @throws KernelError EAGAIN requests are queued; EINVAL isochronous */
  setHalt(halted: boolean): void;
  /** Halts the endpoint until the gadget, not the host, clears the halt. Without this method the core halts instead. */
  setWedge?(): void;
  /** Bytes in the FIFO. @throws KernelError EOPNOTSUPP */
  fifoStatus?(): number;
  /** Discards the content of the FIFO (usb_ep_ops.fifo_flush). */
  fifoFlush?(): void;
}

/**
 * An endpoint as a function sees it: the controller's endpoint with the state and checks of the UDC core (struct usb_ep
 * and the usb_ep_* calls of drivers/usb/gadget/udc/core.c).
 */
export interface GadgetEndpoint extends UsbEndpoint {
  /** bEndpointAddress that the host uses; 0 for endpoint 0 and before the endpoint was claimed. */
  readonly address: number;
  /** Endpoint 0 is always enabled. */
  readonly enabled: boolean;
  /** Set by {@link FunctionBinding.configureEndpoint} or {@link enable}, forgotten by the next claim. */
  readonly descriptor: EndpointDescriptor | undefined;
  readonly companion: CompanionDescriptor | undefined;
  /** Packet size in bytes, without the high-bandwidth bits. */
  readonly maxPacket: number;
  /** Packets of a burst; 0 below SuperSpeed. */
  readonly maxBurst: number;
  /** Transactions per microframe, or at SuperSpeed bursts per service interval. */
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
  /** usb_ep_queue. @throws KernelError ESHUTDOWN not enabled; or the controller's errno */
  queue(request: UsbRequest): void;
  /** usb_ep_set_wedge. Halts the endpoint if the controller cannot wedge it. */
  setWedge(): void;
  /** usb_ep_fifo_status. @throws KernelError EOPNOTSUPP the controller cannot tell */
  fifoStatus(): number;
  /** usb_ep_fifo_flush. Does nothing if the controller cannot flush. */
  fifoFlush(): void;
}
