/** Class codes of a serial port (CDC 1.2, section 4). */
export const CdcClass = {
  /** bInterfaceClass of the control interface. */
  COMMUNICATIONS: 0x02,
  /** bInterfaceClass of the data interface. */
  DATA: 0x0a,
  /** bInterfaceSubClass of the control interface: abstract control model. */
  ACM: 0x02,
  /** bInterfaceProtocol of the control interface: AT commands of V.250. */
  AT_V250: 0x01,
} as const;

/** bDescriptorSubtype of the functional descriptors (CDC 1.2, table 13). */
export const DescriptorSubtype = {
  HEADER: 0x00,
  CALL_MANAGEMENT: 0x01,
  ACM: 0x02,
  UNION: 0x06,
} as const;

/** bRequest of the requests to a serial port (PSTN 1.2, table 13), and bNotificationType of its notification. */
export const AcmRequest = {
  SET_LINE_CODING: 0x20,
  GET_LINE_CODING: 0x21,
  SET_CONTROL_LINE_STATE: 0x22,
  SEND_BREAK: 0x23,
  SERIAL_STATE: 0x20,
} as const;
