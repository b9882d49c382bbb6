import { idlName } from './idl-name.ts';
import type { UsbTransferStatus } from './types.ts';

const statuses: readonly UsbTransferStatus[] = ['ok', 'stall', 'babble'];
/** The IDL says `DataView?`, so an absent view is null. `@types/w3c-web-usb`, which our types fit, omits the null. */
const noData = null as never;

/** `USBInTransferResult`. */
export class UsbInTransferResult {
  static {
    idlName(UsbInTransferResult, 'USBInTransferResult');
  }

  readonly status: UsbTransferStatus;
  /** The bytes that arrived; `null` if none did and the transfer was not `'ok'`. */
  readonly data?: DataView | undefined;

  /** @throws TypeError no such status */
  constructor(status: UsbTransferStatus, data?: DataView | null) {
    this.status = checked(status);
    this.data = data ?? noData;
  }
}

/** `USBOutTransferResult`. */
export class UsbOutTransferResult {
  static {
    idlName(UsbOutTransferResult, 'USBOutTransferResult');
  }

  readonly status: UsbTransferStatus;
  /** Bytes that the device took. */
  readonly bytesWritten: number;

  /** @throws TypeError no such status */
  constructor(status: UsbTransferStatus, bytesWritten = 0) {
    this.status = checked(status);
    this.bytesWritten = bytesWritten >>> 0;
  }
}

/** `USBIsochronousInTransferPacket`. */
export class UsbIsochronousInTransferPacket {
  static {
    idlName(UsbIsochronousInTransferPacket, 'USBIsochronousInTransferPacket');
  }

  readonly status: UsbTransferStatus;
  /** The bytes of this packet, within the buffer of the whole transfer. */
  readonly data?: DataView | undefined;

  /** @throws TypeError no such status */
  constructor(status: UsbTransferStatus, data?: DataView | null) {
    this.status = checked(status);
    this.data = data ?? noData;
  }
}

/** `USBIsochronousInTransferResult`. */
export class UsbIsochronousInTransferResult {
  static {
    idlName(UsbIsochronousInTransferResult, 'USBIsochronousInTransferResult');
  }

  /** The buffer of the whole transfer; packets that were not filled leave gaps in it. */
  readonly data?: DataView | undefined;
  /** Frozen. */
  readonly packets: UsbIsochronousInTransferPacket[];

  /** @throws TypeError there are no packets */
  constructor(packets: Iterable<UsbIsochronousInTransferPacket>, data?: DataView | null) {
    this.packets = frozen([...packets]);
    this.data = data ?? noData;
  }
}

/** `USBIsochronousOutTransferPacket`. */
export class UsbIsochronousOutTransferPacket {
  static {
    idlName(UsbIsochronousOutTransferPacket, 'USBIsochronousOutTransferPacket');
  }

  readonly status: UsbTransferStatus;
  /** Bytes of this packet that the device took. */
  readonly bytesWritten: number;

  /** @throws TypeError no such status */
  constructor(status: UsbTransferStatus, bytesWritten = 0) {
    this.status = checked(status);
    this.bytesWritten = bytesWritten >>> 0;
  }
}

/** `USBIsochronousOutTransferResult`. */
export class UsbIsochronousOutTransferResult {
  static {
    idlName(UsbIsochronousOutTransferResult, 'USBIsochronousOutTransferResult');
  }

  /** Frozen. */
  readonly packets: UsbIsochronousOutTransferPacket[];

  /** @throws TypeError there are no packets */
  constructor(packets: Iterable<UsbIsochronousOutTransferPacket>) {
    this.packets = frozen([...packets]);
  }
}

function checked(status: UsbTransferStatus): UsbTransferStatus {
  if (statuses.includes(status)) return status;
  throw new TypeError(`"${status}" is no transfer status; use one of ${statuses.join(', ')}.`);
}

function frozen<T>(items: T[]): T[] {
  Object.freeze(items);
  return items;
}
