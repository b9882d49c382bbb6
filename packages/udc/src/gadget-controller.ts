import { type Token, token } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { CompanionDescriptor, EndpointDescriptor, SetupPacket, UsbDeviceState, UsbSpeed } from './chapter9.ts';
import type { UsbEndpoint } from './endpoint.ts';

/**
 * A simulated device controller from the driver's side (struct usb_gadget with usb_gadget_ops). `backend-mock`,
 * `backend-dwc3` and `backend-musb` implement it; the layers above it are the shared kernel model.
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
  /** Link power management at USB 2 speeds: gives the device a BOS descriptor and bcdUSB 2.01 (lpm_capable). */
  readonly lpmCapable?: boolean;
  /** Can signal remote wakeup. Matters only together with {@link setRemoteWakeup} (wakeup_capable). */
  readonly wakeupCapable?: boolean;
  /** Link power management as in the BOS descriptor (get_config_params). */
  readonly linkPower?: LinkPowerParameters;
  /** The device that buffers are mapped for. */
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];

  /**
   * Chooses the endpoint for a descriptor. If it chooses none, the core takes the first that fits (match_ep).
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
  /** Refuses a configuration that needs too many resources, such as FIFO space (check_config). @throws KernelError */
  checkConfiguration?(): void;
  /** Starts the controller for the driver that was bound (udc_start). It reports to `core` from now on. */
  start(driver: GadgetDriver, core: ControllerEvents): void;
  /** Stops the controller after its driver (udc_stop). */
  stop(): void;
  /** Shows the device to the host, or hides it (pullup). */
  pullup(on: boolean): void;
  /**
   * The wait in which pullup(0) sleeps. Callers that can wait call it before `pullup(false)`; the others leave it out.
   *
   * @returns `undefined` if there is nothing to wait for
   */
  beforePullupOff?(): Promise<void> | undefined;
  /**
   * Enables the driver's callbacks after start, and disables them before the driver is unbound (udc_async_callbacks).
   * No callback follows once they are disabled, not even from a call that is under way.
   */
  asyncCallbacks?(on: boolean): void;
  /** Microframe or frame number. @throws KernelError EOPNOTSUPP */
  frameNumber?(): number;
  /** Remote wakeup. @throws KernelError EINVAL the host has not enabled it; ENOLINK; EIO not suspended */
  wakeup?(): void;
  /** Wakes the host on behalf of the function that owns the interface (func_wakeup). */
  functionWakeup?(interfaceNumber: number): void;
  /** Sets whether the configuration may wake the host (set_remote_wakeup). */
  setRemoteWakeup?(on: boolean): void;
  /** Sets whether GET_STATUS reports self-powered (usb_gadget_ops.set_selfpowered). */
  setSelfPowered?(on: boolean): void;
  /** Sets the current that the device may draw from the host, in mA (vbus_draw). */
  vbusDraw?(milliamperes: number): void;
}

/** Source: struct usb_dcd_config_params. */
export interface LinkPowerParameters {
  /** Best effort service latency, 0 to 15; left out of the BOS descriptor unless given. */
  readonly baselineBesl?: number;
  /** Deep best effort service latency, 0 to 15; left out of the BOS descriptor unless given. */
  readonly deepBesl?: number;
  /** Worst latency to leave U1, in microseconds: 0 to 10. */
  readonly u1ExitLatency: number;
  /** Worst latency to leave U2, in microseconds: 0 to 2047. */
  readonly u2ExitLatency: number;
}

/** Calls from the controller to the UDC core. */
export interface ControllerEvents {
  /**
   * usb_gadget_set_state. The core itself sets only `'configured'` (SET_CONFIGURATION) and `'default'` ({@link reset}).
   */
  stateChanged(state: UsbDeviceState): void;
  /** Bus reset: tells the driver and sets the state to `'default'` (usb_gadget_udc_reset). */
  reset(): void;
  /** VBUS came or went: the core connects or disconnects soon (usb_udc_vbus_handler). */
  vbusChanged(on: boolean): void;
}

/**
 * The driver that runs on a controller (struct usb_gadget_driver): the composite device. Called with interrupts off.
 */
export interface GadgetDriver {
  readonly function: string;
  readonly maxSpeed: UsbSpeed;
  /**
   * A control request that the controller does not answer itself. Queue on `ep0` and return; throw a KernelError to
   * stall; return {@link DELAYED_STATUS} to finish the status stage later with a zero-length request.
   */
  setup(setup: SetupPacket): number;
  /** The host is gone, or the pull-up is off. The driver disables every endpoint that it enabled. */
  disconnect(): void;
  /** Bus reset. */
  reset(): void;
  /** The bus is suspended. */
  suspend(): void;
  /** The bus resumes. */
  resume(): void;
}

/** Returned by {@link GadgetDriver.setup}: the status stage waits (USB_GADGET_DELAYED_STATUS). */
export const DELAYED_STATUS = 0x7fff;

/** The simulated controller under the simulated kernel: replace it to run another one. */
export const GADGET_CONTROLLER: Token<GadgetController> = token('@gadgetloom/udc:GadgetController');
