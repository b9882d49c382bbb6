/** The effect of a quirk, and its source. */
export interface QuirkDescription {
  /** `'hardware'`: the core does it. `'driver'`: Linux's driver does it. */
  readonly of: 'hardware' | 'driver';
  readonly effect: string;
  readonly source: string;
}

/** Errata of the core and bugs of Linux's driver. Each can be switched on; all are off by default. */
export const QUIRKS = {
  controlOutLosesSetup: {
    of: 'driver',
    effect:
      'A reset, a stall or a cancel in the OUT data stage of a control transfer leaves endpoint 0 without a TRB for the next SETUP packet: it answers no more until the bus is reset again; with resetLosesSetup, until the gadget is disconnected and connected.',
    source: 'ep0.c of 6.12, dwc3_ep0_stall_and_restart: TRANSFER_STARTED is kept although the transfer was ended',
  },
  resetLosesSetup: {
    of: 'driver',
    effect:
      'A bus reset while a function has not answered a SETUP packet does not make endpoint 0 ready for the next: it answers no more until the function answers the old one.',
    source: 'gadget.c of 6.12, dwc3_ep0_reset_state: nothing is done while ep0state is EP0_SETUP_PHASE',
  },
  staleEndTransfer: {
    of: 'driver',
    effect:
      'An endpoint that is disabled while halted, and enabled again at once, takes the event of its old End Transfer for one of its new transfer: the next request fails with ECONNRESET, later ones with no transfer resource.',
    source: 'gadget.c of 6.12, __dwc3_gadget_ep_disable and dwc3_gadget_endpoint_command_complete',
  },
  missingSuperSpeedReset: {
    of: 'hardware',
    effect: 'There is no reset event when a SuperSpeed link comes up. The driver knows of it before release 1.90a.',
    source: 'STAR#9000483510, gadget.c, dwc3_gadget_conndone_interrupt',
  },
  missingDisconnect: {
    of: 'hardware',
    effect: 'There is no disconnect event while a SETUP packet waits for its TRB: the driver sees the next reset only.',
    source: 'STAR#9000466709, gadget.c, dwc3_gadget_reset_interrupt',
  },
  spuriousResume: {
    of: 'hardware',
    effect: 'A resume by the host also causes an event of a link change to Resume, although hibernation is off.',
    source: 'STAR#9000570034, gadget.c, dwc3_gadget_linksts_change_interrupt',
  },
  unmaskedInterrupt: {
    of: 'hardware',
    effect: 'GEVNTSIZ.INTMASK does not mask the interrupt: it comes while events are handled.',
    source: 'STAR#9000961433 (3.00a only), core.c, dwc3_check_params',
  },
} as const satisfies Readonly<Record<string, QuirkDescription>>;

/** Name of a quirk. */
export type QuirkName = keyof typeof QUIRKS;

/** Which quirks are on. */
export type Quirks = { readonly [Name in QuirkName]?: boolean | undefined };
