import { bitsOf } from './register.ts';

/** Offset of the registers of the Inventra DMA controller (MUSB_HSDMA_BASE). */
export const DMA_BASE = 0x200;
/** Bytes between the registers of two neighbouring channels. */
export const DMA_STRIDE = 0x10;
/** Most channels that the controller can have (MUSB_HSDMA_CHANNELS). */
export const DMA_CHANNELS = 8;

/** The DMA controller. Each channel has its own CONTROL, ADDRESS and COUNT. Source: musb_dma.h, musbhsdma.c. */
export const DMA_REGISTERS = {
  /** Bit n: channel n is done or failed. */
  INTR: { offset: 0x0, width: 1, fields: { CHANNELS: [0xff, 'rc'] } },
  CONTROL: {
    offset: 0x4,
    width: 2,
    fields: {
      BURSTMODE: [0x0600, 'rw'],
      BUSERROR: [0x0100, 'rw'],
      ENDPOINT: [0x00f0, 'rw'],
      IRQENABLE: [0x0008, 'rw'],
      MODE1: [0x0004, 'rw'],
      TRANSMIT: [0x0002, 'rw'],
      ENABLE: [0x0001, 'rw'],
    },
  },
  ADDRESS: { offset: 0x8, width: 4, fields: { ADDRESS: [0xffff_ffff, 'rw'] } },
  COUNT: { offset: 0xc, width: 4, fields: { COUNT: [0xffff_ffff, 'rw'] } },
} as const;

/** Bits of {@link DMA_REGISTERS}. */
export const DmaControl = bitsOf(DMA_REGISTERS.CONTROL);
/** Shift of the endpoint field in {@link DmaControl}. */
export const DMA_ENDPOINT_SHIFT = 4;
