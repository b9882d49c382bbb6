/** A known bug and its source. */
export interface QuirkDescription {
  /** The effect of the bug, in one sentence. */
  readonly effect: string;
  readonly source: string;
}

/** Known bugs of the driver and the chip. Each is off by default. */
export const QUIRKS = {
  dropsEarlyPackets: {
    effect:
      'The chip acknowledges packets while no request is queued on an OUT endpoint, and the first request flushes them: one or two packets are lost.',
    source:
      'musb_gadget.c, musb_ep_restart; commit 3fc137386c46 ("usb: musb: Fix hardware lockup on first Rx endpoint request"), Linux 6.13 and its stable back ports. Older kernels read what is there.',
  },
  keepsEmptyPackets: {
    effect:
      'With a double FIFO and DMA, the driver does not acknowledge an empty packet from the host: every later request completes with 0 bytes.',
    source:
      'musb_gadget.c, musb_g_rx: RXPKTRDY is cleared by software for single FIFOs and for short packets that are not empty.',
  },
  losesResetInterrupt: {
    effect:
      'The chip loses the interrupt of the first bus reset: the driver detects the speed with the first SETUP packet.',
    source: 'musb_gadget_ep0.c, musb_g_ep0_irq ("peripheral reset irq lost!").',
  },
} as const satisfies Readonly<Record<string, QuirkDescription>>;

/** Name of a quirk. */
export type MusbQuirk = keyof typeof QUIRKS;

/** The quirks of a board. */
export type MusbQuirks = { readonly [Name in MusbQuirk]?: boolean };
