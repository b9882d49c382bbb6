import { type Token, token } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { CompanionDescriptor, EndpointDescriptor, SetupPacket, UsbDeviceState, UsbSpeed } from './chapter9.ts';
import type { UsbEndpoint } from './endpoint.ts';

/**
 * A simulated device controller from the driver's side (struct usb_gadget with usb_gadget_ops). This is what
 * `backend-mock`, `backend-dwc3` and `backend-musb` bring; everything above it is the shared kernel model.
 */
export interface GadgetController {
  /** Name of the driver, as in the uevent: `'dwc3-gadget'`, `'dummy_udc'`. */
  readonly driver: string;
  /** Name of the device in /sys/class/udc: `'fe800000.usb'`, `'dummy_udc.0'`. */
  readonly name: string;
  readonly maxSpeed: UsbSpeed;
  /** Speed of the connection; `undefined` while there is none. */
  readonly speed: UsbSpeed | undefined;
  /** Takes requests with scatter-gather tables (usb_gadget.sg_supported). Without it FunctionFS refuses DMABUFs. */
  readonly scatterGather: boolean;
  /** FunctionFS rounds reads up to whole packets (quirk_ep_out_aligned_size). */
  readonly alignsOut?: boolean;
  /** Link power management at USB 2 speeds: the device then has a BOS descriptor and is 2.01 (lpm_capable). */
  readonly lpmCapable?: boolean;
  /** Can signal remote wakeup. Matters only together with {@link setRemoteWakeup} (wakeup_capable). */
  readonly wakeupCapable?: boolean;
  /** What the BOS descriptor says about link power management (get_config_params). */
  readonly linkPower?: LinkPowerParameters;
  /** The device that buffers are mapped for. */
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];

  /**
   * Picks the endpoint for a descriptor itself; if it does not, the core takes the first that fits (match_ep).
   *
   * @param fits the core's rules: not claimed, direction, type, packet size, streams (usb_gadget_ep_match_desc)
   */
  matchEndpoint?(
    descriptor: EndpointDescriptor,
    companion: CompanionDescriptor | undefined,
    fits: (endpoint: UsbEndpoint) => boolean,
  ): UsbEndpoint | undefined;
  /** Fastest speed that the next driver allows, not above {@link maxSpeed}; called before it binds (udc_set_speed). */
  setSpeed?(speed: UsbSpeed): void;
  /** Refuses a configuration that needs more than there is, such as FIFO space (check_config). @throws KernelError */
  checkConfiguration?(): void;
  /** A driver was bound: get ready (udc_start). `core` receives what happens from now on. */
  start(driver: GadgetDriver, core: ControllerEvents): void;
  /** The driver is gone (udc_stop). */
  stop(): void;
  /** Shows the device to the host, or hides it (pullup). */
  pullup(on: boolean): void;
  /**
   * What pullup(0) sleeps for, where it does: called before `pullup(false)` by everybody who can wait, and by nobody else.
   *
   * @returns `undefined` if there is nothing to wait for
   */
  beforePullupOff?(): Promise<void> | undefined;
  /**
   * Whether the driver may be called from now on: on after start, off before the driver is unbound
   * (udc_async_callbacks). Nothing follows an off, not even from a call that is under way.
   */
  asyncCallbacks?(on: boolean): void;
  /** Microframe or frame number. @throws KernelError EOPNOTSUPP */
  frameNumber?(): number;
  /** Remote wakeup. @throws KernelError EINVAL the host has not enabled it; ENOLINK; EIO not suspended */
  wakeup?(): void;
  /** Wakes the host on behalf of the function that owns the interface (func_wakeup). */
  functionWakeup?(interfaceNumber: number): void;
  /** The configuration may wake the host, or not (set_remote_wakeup). */
  setRemoteWakeup?(on: boolean): void;
  /** Whether GET_STATUS says self-powered (usb_gadget_ops.set_selfpowered). */
  setSelfPowered?(on: boolean): void;
  /** What may be drawn from the host now, in mA (vbus_draw). */
  vbusDraw?(milliamperes: number): void;
}

/** Source: struct usb_dcd_config_params. */
export interface LinkPowerParameters {
  /** Best effort service latency, 0 to 15; not announced without. */
  readonly baselineBesl?: number;
  /** Deep best effort service latency, 0 to 15; not announced without. */
  readonly deepBesl?: number;
  /** Worst latency to leave U1, in microseconds: 0 to 10. */
  readonly u1ExitLatency: number;
  /** Worst latency to leave U2, in microseconds: 0 to 2047. */
  readonly u2ExitLatency: number;
}

/** What the controller tells the UDC core. */
export interface ControllerEvents {
  /** usb_gadget_set_state. The core itself sets only `'configured'` (SET_CONFIGURATION) and `'default'` ({@link reset}). */
  stateChanged(state: UsbDeviceState): void;
  /** Bus reset: tells the driver and sets the state to `'default'` (usb_gadget_udc_reset). */
  reset(): void;
  /** The host's power came or went: connects or disconnects, soon (usb_udc_vbus_handler). */
  vbusChanged(on: boolean): void;
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
  /** The host is gone, or the pull-up: whatever was enabled is to be disabled. */
  disconnect(): void;
  /** Bus reset. */
  reset(): void;
  /** The bus sleeps. */
  suspend(): void;
  /** The bus is awake again. */
  resume(): void;
}

/** Returned by {@link GadgetDriver.setup}: the status stage waits (USB_GADGET_DELAYED_STATUS). */
export const DELAYED_STATUS = 0x7fff;

/** The simulated controller under the simulated kernel: replace it to run another one. */
export const GADGET_CONTROLLER: Token<GadgetController> = token('@gadgetloom/udc:GadgetController');
