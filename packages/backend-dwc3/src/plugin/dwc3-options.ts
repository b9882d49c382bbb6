import { type OptionCheck, option } from '@gadgetloom/core';
import type { BoardOptions } from '@gadgetloom/simulated-board';
import type { Properties } from '../driver/properties.ts';
import type { RegisterSpace } from '../face/register-space.ts';
import type { CoreParameters } from '../hardware/core-parameters.ts';
import { QUIRKS, type Quirks } from '../quirks/quirks.ts';

/** The DWC3 and its driver. */
export interface Dwc3Configuration {
  /** How the core was configured. */
  readonly core?: CoreParameters | undefined;
  /** What the device tree says. */
  readonly properties?: Properties | undefined;
  /** Errata of the core and bugs of the driver, by name; none unless given. See {@link QUIRKS}. */
  readonly quirks?: Quirks | undefined;
  /** What the driver reaches the registers through, such as one that keeps a trace; the hardware itself unless given. */
  readonly registers?: ((hardware: RegisterSpace) => RegisterSpace) | undefined;
}

/**
 * The options of the DWC3 backend. `speed` is the property maximum-speed, and that of the core's PHYs unless given; `name`
 * is `'fe800000.usb'`, and pages are scattered.
 */
export interface Dwc3Options extends BoardOptions<'full' | 'high' | 'super'>, Dwc3Configuration {}

/** The options of this backend alone that may stand in a gadget file. */
export const DWC3_FIELDS: Readonly<Record<string, OptionCheck>> = { quirks: option.switches(Object.keys(QUIRKS)) };
