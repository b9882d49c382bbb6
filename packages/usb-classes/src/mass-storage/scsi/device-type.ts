/** Peripheral device types (SPC-4, table 137). */
const DISK = 0x00;
const CD = 0x05;

/** Byte 0 of INQUIRY and of every page of vital product data. */
export const deviceType = (cdrom: boolean): number => (cdrom ? CD : DISK);
