import type { SetupPacket } from './chapter9.ts';
import type { GadgetEndpoint } from './endpoint.ts';
import type { GadgetController } from './gadget-controller.ts';

/** Speeds for which a function has descriptors. SuperSpeedPlus uses those of SuperSpeed. */
export type DescriptorSpeed = 'full' | 'high' | 'super';

/**
 * A function inside a simulated composite device (struct usb_function): FunctionFS, and the simulated counterparts of
 * the kernel's own functions. Descriptors are the bytes that the host receives.
 */
export interface UsbFunction {
  /** `'ffs.stream'`. */
  readonly name: string;
  /** True: hides the device from bind until {@link FunctionBinding.activate} (usb_function.bind_deactivated). */
  readonly bindDeactivated?: boolean;
  /** Claims interfaces, strings and endpoints, and fixes the descriptors. @throws KernelError */
  bind(binding: FunctionBinding): void;
  /** Undoes {@link bind}: releases everything that it claimed. */
  unbind(): void;
  /** Descriptors per speed, after bind; `undefined` if the function has none for that speed. */
  descriptors(speed: DescriptorSpeed): Uint8Array | undefined;
  /**
   * SET_INTERFACE, and for alternate 0 also SET_CONFIGURATION, once per interface of the function.
   *
   * @returns 0, or DELAYED_STATUS to hold back the status stage until {@link FunctionBinding.setupContinue}
   * @throws KernelError to stall
   */
  setAlternate(interfaceNumber: number, alternate: number): number;
  /** GET_INTERFACE. Without this method the host can select only alternate 0. @throws KernelError to stall */
  alternate?(interfaceNumber: number): number;
  /** Disables its endpoints: the host chose another configuration, reset the device, or is gone. */
  disable(): void;
  /** A class or vendor request to one of its interfaces or endpoints. Throws to stall. */
  setup?(setup: SetupPacket): number;
  /**
   * True if it takes this request, which is not addressed to it (usb_function.req_match).
   *
   * @param configured false: asked before SET_CONFIGURATION (config0)
   */
  matches?(setup: SetupPacket, configured: boolean): boolean;
  /** The bus is suspended. */
  suspend?(): void;
  /** The bus resumes. */
  resume?(): void;
  /** GET_STATUS of its first interface, at SuperSpeed: USB 3.2, figure 9-5 (usb_function.get_status). */
  status?(): number;
  /** SET_FEATURE and CLEAR_FEATURE(FUNCTION_SUSPEND) with the high byte of wIndex (usb_function.func_suspend). */
  suspendFunction?(options: number): void;
  /** Microsoft OS descriptors, after bind. Only called if {@link FunctionBinding.osDescriptors} is true. */
  osDescriptors?(): readonly InterfaceOsDescriptors[];
}

/** Microsoft OS 1.0 descriptors of one interface (struct usb_os_desc). */
export interface InterfaceOsDescriptors {
  /** bFirstInterfaceNumber of the section. */
  readonly interfaceNumber: number;
  /** compatibleID and subCompatibleID, 8 bytes each, padded with zeros. */
  readonly compatibleId?: Uint8Array;
  readonly properties?: readonly OsProperty[];
}

/** One extended property. */
export interface OsProperty {
  /** dwPropertyDataType: 1 text, 2 text with environment variables, 3 binary, 6 link. */
  readonly type: number;
  readonly name: string;
  /** Text for types 1, 2 and 6; bytes for type 3. */
  readonly data: string | Uint8Array;
}

/** Services of the composite device for a function while it binds and runs. */
export interface FunctionBinding {
  readonly controller: GadgetController;
  /** Next free interface number of the configuration (usb_interface_id). @throws KernelError ENODEV more than 32 */
  interfaceId(): number;
  /**
   * Attaches strings to the device and returns the id of each (usb_gstrings_attach). The tables hold the same strings
   * in several languages.
   *
   * @throws KernelError EINVAL no table; ENODEV more than 254 strings in the device
   */
  strings(tables: readonly StringTable[]): readonly number[];
  /**
   * Like {@link strings}, but the strings belong to the function, as with FunctionFS (usb_string_ids_n and
   * usb_function.strings). String descriptor 0 lists its languages before those of the device.
   */
  functionStrings(tables: readonly StringTable[]): readonly number[];
  /**
   * Claims an endpoint for a descriptor (usb_ep_autoconfig_ss); `undefined` if none fits. It does not change the bytes:
   * the function writes {@link ClaimedEndpoint.address} into its descriptors. Claims end with the binding of the
   * configuration.
   */
  claim(descriptor: Uint8Array, companion?: Uint8Array): ClaimedEndpoint | undefined;
  /** Releases the endpoint for other functions (usb_ep_autoconfig_release). */
  release(endpoint: GadgetEndpoint): void;
  /**
   * Takes the endpoint's descriptors for the current speed from {@link UsbFunction.descriptors}
   * (config_ep_by_speed_and_alt). Call it before each enable.
   *
   * @param alternate setting of the interface, 0 unless given
   * @throws KernelError EIO the function has no descriptor for it, or at SuperSpeed no companion
   */
  configureEndpoint(endpoint: GadgetEndpoint, alternate?: number): void;
  /** Endpoint operations with the checks of the core: usb_ep_enable, usb_ep_queue and so on. */
  readonly ep0: GadgetEndpoint;
  /** Finishes a delayed SET_CONFIGURATION or SET_INTERFACE (usb_composite_setup_continue). */
  setupContinue(): void;
  /** True while the host has selected a configuration. */
  readonly configured: boolean;
  /** True if the device has Microsoft OS descriptors (usb_composite_dev.use_os_string). */
  readonly osDescriptors: boolean;
  /** Hides the device until {@link activate} has been called once per call of this (usb_function_deactivate). */
  deactivate(): void;
  /** @throws KernelError EINVAL it is not deactivated */
  activate(): void;
  /**
   * Remote wakeup by this function, at SuperSpeed (usb_func_wakeup).
   *
   * @throws KernelError EOPNOTSUPP; EINVAL not armed by the host
   */
  wakeup(): void;
  /** Unbinds the whole gadget before it returns (unregister_gadget_item). Harmless when it is not bound. */
  unregisterGadget(): void;
}

/** Strings in one language. */
export interface StringTable {
  /** Language id, 0x409 for US English. */
  readonly language: number;
  readonly strings: readonly string[];
}

/** An endpoint that a function has claimed, and the values for its descriptors. */
export interface ClaimedEndpoint {
  readonly endpoint: GadgetEndpoint;
  /** bEndpointAddress that the host will see. */
  readonly address: number;
  /** wMaxPacketSize of the descriptor; if that is 0, the endpoint's limit. */
  readonly maxPacketSize: number;
}
