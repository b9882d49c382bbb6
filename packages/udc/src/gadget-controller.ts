import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { CompanionDescriptor, EndpointDescriptor, SetupPacket, UsbDeviceState, UsbSpeed } from './chapter9.ts';
import type { UsbEndpoint } from './endpoint.ts';

/**
 * A simulated device controller from the driver's side (struct usb_gadget with usb_gadget_ops). This is what
 * `backend-mock`, `backend-dwc3` and `backend-musb` bring; everything above it is the shared kernel model.
 */
export interface GadgetController {
  /** Name of the gadget: `'dwc3-gadget'`, `'dummy_udc'`. Appears as the driver. */
  readonly name: string;
  /** Name in /sys/class/udc: `'fe800000.usb'`, `'dummy_udc.0'`. */
  readonly deviceName: string;
  readonly maxSpeed: UsbSpeed;
  /** Speed of the connection; `undefined` while there is none. */
  readonly speed: UsbSpeed | undefined;
  /** Takes requests with scatter-gather tables (usb_gadget.sg_supported). Without it FunctionFS refuses DMABUFs. */
  readonly scatterGather: boolean;
  /** FunctionFS rounds reads up to whole packets (quirk_ep_out_aligned_size). */
  readonly alignsOut?: boolean;
  /** The device that buffers are mapped for. */
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];

  /** Picks the endpoint for a descriptor itself; without it the core takes the first that fits (match_ep). */
  matchEndpoint?(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): UsbEndpoint | undefined;
  /** A driver was bound: get ready (udc_start). `core` receives what happens from now on. */
  start(driver: GadgetDriver, core: ControllerEvents): void;
  /** The driver is gone (udc_stop). */
  stop(): void;
  /** Shows the device to the host, or hides it (pullup). */
  pullup(on: boolean): void;
  /** Microframe or frame number. @throws KernelError EOPNOTSUPP */
  frameNumber?(): number;
  wakeup?(): void;
  setSelfPowered?(on: boolean): void;
}

/** What the controller tells the UDC core. */
export interface ControllerEvents {
  /** usb_gadget_set_state. */
  stateChanged(state: UsbDeviceState): void;
}

/** What runs on a controller (struct usb_gadget_driver): the composite device. Called with interrupts off. */
export interface GadgetDriver {
  readonly function: string;
  readonly maxSpeed: UsbSpeed;
  /**
   * A control request that the controller does not answer itself. Queue on `ep0` and return; throw a KernelError to
   * stall; return {@link DELAYED_STATUS} to finish the status stage later with a zero-length request.
   */
  setup(setup: SetupPacket): number;
  disconnect(): void;
  /** Bus reset. */
  reset(): void;
  suspend(): void;
  resume(): void;
}

/** Returned by {@link GadgetDriver.setup}: the status stage waits (USB_GADGET_DELAYED_STATUS). */
export const DELAYED_STATUS = 0x7fff;
