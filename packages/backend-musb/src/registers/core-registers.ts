import { bitsOf } from './register.ts';

/**
 * The common registers. Source: drivers/usb/musb/musb_regs.h, and the register chapter of the MUSBMHDRC manual as TI
 * prints it (AM335x technical reference manual, chapter 16; OMAP35x, chapter 23) for access and reset values.
 */
export const COMMON_REGISTERS = {
  /** Address of the device, which software sets after the status stage of SET_ADDRESS. */
  FADDR: { offset: 0x00, width: 1, fields: { FUNCADDR: [0x7f, 'rw'] } },
  POWER: {
    offset: 0x01,
    width: 1,
    reset: 0x20,
    fields: {
      ISOUPDATE: [0x80, 'rw'],
      SOFTCONN: [0x40, 'rw'],
      HSENAB: [0x20, 'rw'],
      HSMODE: [0x10, 'ro'],
      RESET: [0x08, 'ro'],
      RESUME: [0x04, 'rw'],
      SUSPENDM: [0x02, 'ro'],
      ENSUSPEND: [0x01, 'rw'],
    },
  },
  /** Bit n: endpoint n has sent. Bit 0: any event of endpoint 0. */
  INTRTX: { offset: 0x02, width: 2, fields: { ENDPOINTS: [0xffff, 'rc'] } },
  INTRRX: { offset: 0x04, width: 2, fields: { ENDPOINTS: [0xfffe, 'rc'] } },
  INTRTXE: { offset: 0x06, width: 2, reset: 0xffff, fields: { ENDPOINTS: [0xffff, 'rw'] } },
  INTRRXE: { offset: 0x08, width: 2, reset: 0xfffe, fields: { ENDPOINTS: [0xfffe, 'rw'] } },
  INTRUSB: {
    offset: 0x0a,
    width: 1,
    fields: {
      SUSPEND: [0x01, 'rc'],
      RESUME: [0x02, 'rc'],
      RESET: [0x04, 'rc'],
      SOF: [0x08, 'rc'],
      CONNECT: [0x10, 'rc'],
      DISCONNECT: [0x20, 'rc'],
      SESSREQ: [0x40, 'rc'],
      VBUSERROR: [0x80, 'rc'],
    },
  },
  INTRUSBE: { offset: 0x0b, width: 1, reset: 0x06, fields: { CAUSES: [0xff, 'rw'] } },
  /** Number of the last frame, 11 bits. */
  FRAME: { offset: 0x0c, width: 2, fields: { NUMBER: [0x07ff, 'ro'] } },
  /** The endpoint whose registers appear from 0x10 on, and whose FIFO the FIFO registers describe. */
  INDEX: { offset: 0x0e, width: 1, fields: { ENDPOINT: [0x0f, 'rw'] } },
  TESTMODE: {
    offset: 0x0f,
    width: 1,
    fields: {
      FORCE_HOST: [0x80, 'rw'],
      FIFO_ACCESS: [0x40, 'rw'],
      FORCE_FS: [0x20, 'rw'],
      FORCE_HS: [0x10, 'rw'],
      PACKET: [0x08, 'rw'],
      K: [0x04, 'rw'],
      J: [0x02, 'rw'],
      SE0_NAK: [0x01, 'rw'],
    },
  },
  DEVCTL: {
    offset: 0x60,
    width: 1,
    reset: 0x80,
    fields: {
      BDEVICE: [0x80, 'ro'],
      FSDEV: [0x40, 'ro'],
      LSDEV: [0x20, 'ro'],
      VBUS: [0x18, 'ro'],
      HM: [0x04, 'ro'],
      HR: [0x02, 'rw'],
      SESSION: [0x01, 'rw'],
    },
  },
  BABBLE_CTL: { offset: 0x61, width: 1, fields: { CONTROL: [0xff, 'rw'] } },
  /**
   * This register and the next three belong to the endpoint in INDEX. SIZE: 8 bytes shifted left by SIZE; DPB: room for
   * two packets.
   */
  TXFIFOSZ: { offset: 0x62, width: 1, fields: { DPB: [0x10, 'rw'], SIZE: [0x0f, 'rw'] } },
  RXFIFOSZ: { offset: 0x63, width: 1, fields: { DPB: [0x10, 'rw'], SIZE: [0x0f, 'rw'] } },
  /** Offset of the FIFO in the RAM, in units of 8 bytes. */
  TXFIFOADD: { offset: 0x64, width: 2, fields: { ADDRESS: [0x1fff, 'rw'] } },
  RXFIFOADD: { offset: 0x66, width: 2, fields: { ADDRESS: [0x1fff, 'rw'] } },
  /** Version of the RTL: major in bits 14 to 10, minor in bits 9 to 0. */
  HWVERS: { offset: 0x6c, width: 2, fields: { RC: [0x8000, 'ro'], MAJOR: [0x7c00, 'ro'], MINOR: [0x03ff, 'ro'] } },
  EPINFO: { offset: 0x78, width: 1, fields: { RXENDPOINTS: [0xf0, 'ro'], TXENDPOINTS: [0x0f, 'ro'] } },
  RAMINFO: { offset: 0x79, width: 1, fields: { DMACHANS: [0xf0, 'ro'], RAMBITS: [0x0f, 'ro'] } },
} as const;

/** Offset of the FIFO of endpoint 0. The FIFO of each further endpoint follows after 4 bytes. */
export const FIFO_BASE = 0x20;
/** Offset of the registers of the endpoint in INDEX. */
export const INDEXED_BASE = 0x10;
/**
 * Offset of the registers of endpoint 0, independent of INDEX. Those of each further endpoint follow after 16 bytes.
 */
export const FLAT_BASE = 0x100;

/** Bits of {@link COMMON_REGISTERS}. */
export const Power = bitsOf(COMMON_REGISTERS.POWER);
/** Bits of {@link COMMON_REGISTERS}. */
export const IntrUsb = bitsOf(COMMON_REGISTERS.INTRUSB);
/** Bits of {@link COMMON_REGISTERS}. */
export const Devctl = bitsOf(COMMON_REGISTERS.DEVCTL);
/** Bits of {@link COMMON_REGISTERS}. */
export const TestMode = bitsOf(COMMON_REGISTERS.TESTMODE);
/** Bits of {@link COMMON_REGISTERS}. */
export const FifoSize = bitsOf(COMMON_REGISTERS.TXFIFOSZ);
