/** A bug that somebody has met: where it is, and what tells of it. */
export interface QuirkDescription {
  /** One sentence on what goes wrong. */
  readonly effect: string;
  readonly source: string;
}

/** Known bugs of the driver and the chip. All are off unless asked for, one by one. */
export const QUIRKS = {
  dropsEarlyPackets: {
    effect:
      'What the host sends while no request is queued on an OUT endpoint is acknowledged, and then flushed by the first request: one or two packets are lost.',
    source:
      'musb_gadget.c, musb_ep_restart; commit 3fc137386c46 ("usb: musb: Fix hardware lockup on first Rx endpoint request"), Linux 6.13 and its stable back ports. Older kernels read what is there.',
  },
  keepsEmptyPackets: {
    effect:
      'With a double FIFO and DMA, an empty packet from the host is not acknowledged: every request that follows completes with 0 bytes.',
    source:
      'musb_gadget.c, musb_g_rx: RXPKTRDY is cleared by software for single FIFOs and for short packets that are not empty.',
  },
  losesResetInterrupt: {
    effect:
      'The interrupt of the first bus reset does not come: the driver finds the speed when the first SETUP packet is there.',
    source: 'musb_gadget_ep0.c, musb_g_ep0_irq ("peripheral reset irq lost!").',
  },
} as const satisfies Readonly<Record<string, QuirkDescription>>;

/** Name of a quirk. */
export type MusbQuirk = keyof typeof QUIRKS;

/** Which quirks to have. */
export type MusbQuirks = { readonly [Name in MusbQuirk]?: boolean };
