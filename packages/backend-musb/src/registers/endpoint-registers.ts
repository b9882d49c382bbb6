import { bitsOf } from './register.ts';

/**
 * The registers that every endpoint has, in peripheral mode. Endpoint 0 has CSR0 where the others have TXCSR, and
 * CONFIGDATA where they have FIFOSIZE. Source: as for the common registers.
 */
export const ENDPOINT_REGISTERS = {
  /** Bytes of a packet, and the number of packets in one load of the FIFO, less one. */
  TXMAXP: { offset: 0x0, width: 2, fields: { MULTIPLIER: [0xf800, 'rw'], PACKET: [0x07ff, 'rw'] } },
  TXCSR: {
    offset: 0x2,
    width: 2,
    fields: {
      AUTOSET: [0x8000, 'rw'],
      ISO: [0x4000, 'rw'],
      MODE: [0x2000, 'rw'],
      DMAENAB: [0x1000, 'rw'],
      FRCDATATOG: [0x0800, 'rw'],
      DMAMODE: [0x0400, 'rw'],
      INCOMPTX: [0x0080, 'w0c'],
      CLRDATATOG: [0x0040, 'strobe'],
      SENTSTALL: [0x0020, 'w0c'],
      SENDSTALL: [0x0010, 'rw'],
      FLUSHFIFO: [0x0008, 'strobe'],
      UNDERRUN: [0x0004, 'w0c'],
      FIFONOTEMPTY: [0x0002, 'ro'],
      TXPKTRDY: [0x0001, 'w1s'],
    },
  },
  RXMAXP: { offset: 0x4, width: 2, fields: { MULTIPLIER: [0xf800, 'rw'], PACKET: [0x07ff, 'rw'] } },
  RXCSR: {
    offset: 0x6,
    width: 2,
    fields: {
      AUTOCLEAR: [0x8000, 'rw'],
      ISO: [0x4000, 'rw'],
      DMAENAB: [0x2000, 'rw'],
      DISNYET: [0x1000, 'rw'],
      DMAMODE: [0x0800, 'rw'],
      INCOMPRX: [0x0100, 'w0c'],
      CLRDATATOG: [0x0080, 'strobe'],
      SENTSTALL: [0x0040, 'w0c'],
      SENDSTALL: [0x0020, 'rw'],
      FLUSHFIFO: [0x0010, 'strobe'],
      DATAERROR: [0x0008, 'ro'],
      OVERRUN: [0x0004, 'w0c'],
      FIFOFULL: [0x0002, 'ro'],
      RXPKTRDY: [0x0001, 'w0c'],
    },
  },
  /** Unread bytes of the packet in the FIFO. */
  RXCOUNT: { offset: 0x8, width: 2, fields: { COUNT: [0x3fff, 'ro'] } },
  TXTYPE: { offset: 0xa, width: 1, fields: { TYPE: [0xff, 'rw'] } },
  TXINTERVAL: { offset: 0xb, width: 1, fields: { INTERVAL: [0xff, 'rw'] } },
  RXTYPE: { offset: 0xc, width: 1, fields: { TYPE: [0xff, 'rw'] } },
  RXINTERVAL: { offset: 0xd, width: 1, fields: { INTERVAL: [0xff, 'rw'] } },
  /** Exponents of the sizes of fixed FIFOs. The model has dynamic FIFOs, where they are 0. */
  FIFOSIZE: { offset: 0xf, width: 1, fields: { RX: [0xf0, 'ro'], TX: [0x0f, 'ro'] } },
} as const;

/** The registers that only endpoint 0 has. */
export const CONTROL_REGISTERS = {
  CSR0: {
    offset: 0x2,
    width: 2,
    fields: {
      FLUSHFIFO: [0x0100, 'strobe'],
      SVDSETUPEND: [0x0080, 'strobe'],
      SVDRXPKTRDY: [0x0040, 'strobe'],
      SENDSTALL: [0x0020, 'w1s'],
      SETUPEND: [0x0010, 'ro'],
      DATAEND: [0x0008, 'w1s'],
      SENTSTALL: [0x0004, 'w0c'],
      TXPKTRDY: [0x0002, 'w1s'],
      RXPKTRDY: [0x0001, 'ro'],
    },
  },
  COUNT0: { offset: 0x8, width: 2, fields: { COUNT: [0x007f, 'ro'] } },
  /** The options that the silicon was made with. */
  CONFIGDATA: {
    offset: 0xf,
    width: 1,
    fields: {
      MPRXE: [0x80, 'ro'],
      MPTXE: [0x40, 'ro'],
      BIGENDIAN: [0x20, 'ro'],
      HBRXE: [0x10, 'ro'],
      HBTXE: [0x08, 'ro'],
      DYNFIFO: [0x04, 'ro'],
      SOFTCONE: [0x02, 'ro'],
      UTMIDW: [0x01, 'ro'],
    },
  },
} as const;

/** Bits of {@link ENDPOINT_REGISTERS}. */
export const Txcsr = bitsOf(ENDPOINT_REGISTERS.TXCSR);
/** Bits of {@link ENDPOINT_REGISTERS}. */
export const Rxcsr = bitsOf(ENDPOINT_REGISTERS.RXCSR);
/** Bits of {@link ENDPOINT_REGISTERS}. */
export const Maxp = bitsOf(ENDPOINT_REGISTERS.TXMAXP);
/** Bits of {@link CONTROL_REGISTERS}. */
export const Csr0 = bitsOf(CONTROL_REGISTERS.CSR0);
/** Bits of {@link CONTROL_REGISTERS}. */
export const ConfigData = bitsOf(CONTROL_REGISTERS.CONFIGDATA);
