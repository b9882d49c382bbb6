import { KernelError } from '@gadgetloom/core';
import type { ConfigurationConfig } from '../controller.ts';
import type { DescriptorSpeed } from '../usb-function.ts';
import type { LinkedFunction } from './linked-function.ts';

/** Source: include/linux/usb/composite.h, MAX_CONFIG_INTERFACES. */
export const MAX_INTERFACES = 32;
/** Default current of a configuration in mA: Kconfig's default for USB_GADGET_VBUS_DRAW. */
export const DEFAULT_VBUS_DRAW = 2;

/** bmAttributes of a configuration (USB 2.0, table 9-10). */
export const ConfigurationAttribute = { ALWAYS: 0x80, SELF_POWERED: 0x40, REMOTE_WAKEUP: 0x20 } as const;

/**
 * A configuration of a composite device (struct usb_configuration): its functions, and which of them owns which
 * interface while it is bound.
 */
export class Configuration {
  /** bConfigurationValue. */
  readonly value: number;
  readonly label: string;
  /** mA. */
  readonly maxPower: number;
  readonly config: ConfigurationConfig;
  /** bmAttributes, with the bit that is always set. */
  attributes: number;
  /** iConfiguration. */
  textId = 0;
  /** Linked functions, in the order of the links. */
  readonly links: LinkedFunction[] = [];
  /** The bound ones among them. */
  functions: LinkedFunction[] = [];
  /** Owner of each interface number. */
  readonly interfaces: LinkedFunction[] = [];
  readonly #speeds = new Set<DescriptorSpeed>();

  constructor(config: ConfigurationConfig) {
    this.config = config;
    this.value = config.value;
    this.label = config.label ?? 'c';
    this.maxPower = config.maxPower ?? DEFAULT_VBUS_DRAW;
    this.attributes =
      ConfigurationAttribute.ALWAYS |
      (config.selfPowered ? ConfigurationAttribute.SELF_POWERED : 0) |
      (config.remoteWakeup ? ConfigurationAttribute.REMOTE_WAKEUP : 0);
  }

  get selfPowered(): boolean {
    return (this.attributes & ConfigurationAttribute.SELF_POWERED) !== 0;
  }

  get remoteWakeup(): boolean {
    return (this.attributes & ConfigurationAttribute.REMOTE_WAKEUP) !== 0;
  }

  /** True if a function has descriptors for this speed. */
  runsAt(speed: DescriptorSpeed): boolean {
    return this.#speeds.has(speed);
  }

  /** Records the speeds for which a function has descriptors (usb_add_function). */
  noteSpeeds(link: LinkedFunction): void {
    for (const speed of ['full', 'high', 'super'] as const) {
      if (link.function.descriptors(speed) !== undefined) this.#speeds.add(speed);
    }
  }

  /** usb_interface_id. @throws KernelError ENODEV all numbers are taken */
  takeInterface(owner: LinkedFunction): number {
    if (this.interfaces.length >= MAX_INTERFACES) {
      throw new KernelError('ENODEV', 'usb_interface_id', `a configuration has at most ${MAX_INTERFACES} interfaces.`);
    }
    return this.interfaces.push(owner) - 1;
  }

  /** Clears the state of the binding, once the functions are unbound (purge_configs_funcs). */
  clear(): void {
    this.functions = [];
    this.interfaces.length = 0;
    this.#speeds.clear();
  }

  /** Current in mA when selected, limited to the bus's maximum at this speed. */
  power(superSpeed: boolean): number {
    const wanted = this.maxPower > 0 || this.selfPowered ? this.maxPower : DEFAULT_VBUS_DRAW;
    return Math.min(wanted, superSpeed ? 900 : 500);
  }
}
