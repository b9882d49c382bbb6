import type { SetupPacket } from './chapter9.ts';
import type { UsbEndpoint } from './endpoint.ts';
import type { GadgetController } from './gadget-controller.ts';

/**
 * A function inside a simulated composite device (struct usb_function): FunctionFS, and the simulated counterparts of
 * the kernel's own functions. Descriptors are raw bytes, as they go to the host.
 */
export interface UsbFunction {
  /** `'ffs.stream'`. */
  readonly name: string;
  /** Claims interfaces, strings and endpoints, and fixes the descriptors. @throws KernelError */
  bind(binding: FunctionBinding): void;
  unbind(): void;
  /** Descriptors per speed, after bind; `undefined` where the function has none for it. */
  descriptors(speed: 'full' | 'high' | 'super'): Uint8Array | undefined;
  /** SET_INTERFACE, and for alternate 0 also SET_CONFIGURATION. @throws KernelError to stall */
  setAlternate(interfaceNumber: number, alternate: number): number;
  alternate?(interfaceNumber: number): number;
  disable(): void;
  /** A class or vendor request to one of its interfaces or endpoints. Throws to stall. */
  setup?(setup: SetupPacket): number;
  /** True if it wants this request although it is not addressed to it (usb_function.req_match). */
  matches?(setup: SetupPacket, configured: boolean): boolean;
  suspend?(): void;
  resume?(): void;
}

/** What a function uses while it binds and runs; the composite device gives it. */
export interface FunctionBinding {
  readonly controller: GadgetController;
  /** Next free interface number of the configuration (usb_interface_id). @throws KernelError ENODEV more than 16 */
  interfaceId(): number;
  /** Registers strings by language and returns the id of each (usb_gstrings_attach). */
  strings(tables: readonly StringTable[]): readonly number[];
  /** Claims an endpoint for a descriptor (usb_ep_autoconfig_ss); `undefined` if none fits. */
  claim(descriptor: Uint8Array, companion?: Uint8Array): ClaimedEndpoint | undefined;
  /** The core's view of endpoint operations: usb_ep_enable, usb_ep_queue and so on, with their checks. */
  readonly ep0: UsbEndpoint;
  /** Finishes a delayed SET_CONFIGURATION or SET_INTERFACE (usb_composite_setup_continue). */
  setupContinue(): void;
  /** Interface and endpoint recipients are found by these. */
  readonly configured: boolean;
}

export interface StringTable {
  /** Language id, 0x409 for US English. */
  readonly language: number;
  readonly strings: readonly string[];
}

export interface ClaimedEndpoint {
  readonly endpoint: UsbEndpoint;
  /** bEndpointAddress that the host will see. */
  readonly address: number;
}
