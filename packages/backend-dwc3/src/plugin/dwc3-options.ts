import { type OptionCheck, option } from '@gadgetloom/core';
import type { BoardOptions } from '@gadgetloom/simulated-board';
import type { Properties } from '../driver/properties.ts';
import type { RegisterSpace } from '../face/register-space.ts';
import type { CoreParameters } from '../hardware/core-parameters.ts';
import { QUIRKS, type Quirks } from '../quirks/quirks.ts';

/** The configuration of the DWC3 and its driver. */
export interface Dwc3Configuration {
  /** Parameters that the core was built with. */
  readonly core?: CoreParameters | undefined;
  /** Properties of the device tree. */
  readonly properties?: Properties | undefined;
  /** Errata of the core and bugs of the driver, by name; none by default. See {@link QUIRKS}. */
  readonly quirks?: Quirks | undefined;
  /**
   * Wraps the registers for the driver, for example to keep a trace. By default the driver accesses the hardware
   * itself.
   */
  readonly registers?: ((hardware: RegisterSpace) => RegisterSpace) | undefined;
}

/**
 * The options of the DWC3 backend. `speed` is the property maximum-speed, by default that of the core's PHYs. `name` is
 * `'fe800000.usb'` and pages are scattered by default.
 */
export interface Dwc3Options extends BoardOptions<'full' | 'high' | 'super'>, Dwc3Configuration {}

/** The options that only this backend has and that a gadget file may contain. */
export const DWC3_FIELDS: Readonly<Record<string, OptionCheck>> = { quirks: option.switches(Object.keys(QUIRKS)) };
