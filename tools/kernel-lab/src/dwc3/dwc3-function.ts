import type { RegisterSpace } from '@gadgetloom/backend-dwc3/hardware';
import type { PciFunction } from '@gadgetloom/vhost-device';

/** As on a prototyping board of Synopsys, a "HAPS", which dwc3-haps of Linux looks for (drivers/usb/dwc3/dwc3-haps.c). */
const SYNOPSYS = 0x16c3;
const HAPS_USB3_AXI = 0xabce;
/** Serial bus controller, USB, device. */
const USB_DEVICE = 0x0c03fe;
const REGISTER_BYTES = 1 << 20;

/** A DWC3 as a PCI function: its registers are BAR 0, at the offsets that they have in the core. */
export function dwc3Function(registers: RegisterSpace, removed: () => void): PciFunction {
  return {
    configuration: {
      vendor: SYNOPSYS,
      device: HAPS_USB3_AXI,
      subsystemVendor: SYNOPSYS,
      classCode: USB_DEVICE,
      bars: [
        {
          size: REGISTER_BYTES,
          space: {
            // Words only, as on the bus of the core.
            read: (offset, size) => (size === 4 ? registers.read(offset) : 0),
            write: (offset, size, value) => {
              if (size === 4) registers.write(offset, value);
            },
          },
        },
      ],
    },
    removed,
  };
}
