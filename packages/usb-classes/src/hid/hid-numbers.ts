/** bRequest of the class requests (HID 1.11, 7.2). */
export const HidRequest = {
  GET_REPORT: 0x01,
  GET_IDLE: 0x02,
  GET_PROTOCOL: 0x03,
  SET_REPORT: 0x09,
  SET_IDLE: 0x0a,
  SET_PROTOCOL: 0x0b,
} as const;

/** bDescriptorType of the class (HID 1.11, 7.1). */
export const HidDescriptorType = { HID: 0x21, REPORT: 0x22 } as const;

/** Types of report, in the order of the high byte of wValue, which counts from 1 (HID 1.11, 7.2.1). */
export const REPORT_TYPES = ['input', 'output', 'feature'] as const;
/** Type of a report: to the host, from the host, or both ways on request. */
export type ReportType = (typeof REPORT_TYPES)[number];

/** bInterfaceProtocol of boot devices, whose bInterfaceSubClass is 1 (HID 1.11, 4.2 and 4.3). */
export const BOOT_PROTOCOLS = { keyboard: 1, mouse: 2 } as const;
/** Kinds of device that a BIOS knows. */
export type BootDevice = keyof typeof BOOT_PROTOCOLS;

/** Bytes of an input report in the boot protocol (HID 1.11, appendix B). */
export const BOOT_REPORT_BYTES: Readonly<Record<BootDevice, number>> = { keyboard: 8, mouse: 3 };

/** Usage pages (HID Usage Tables 1.5, section 3). */
export const UsagePage = { GENERIC_DESKTOP: 1, KEYBOARD: 7, LED: 8, BUTTON: 9, CONSUMER: 0x0c } as const;
