/** Properties of a controller in the device tree (snps,dwc3.yaml). All are off unless given. */
export interface Properties {
  /** snps,dis_u1_entry_quirk: never accept or ask for U1. */
  readonly disableU1?: boolean | undefined;
  /** snps,dis_u2_entry_quirk: never accept or ask for U2. */
  readonly disableU2?: boolean | undefined;
  /** snps,usb2-gadget-lpm-disable: no link power management below SuperSpeed. */
  readonly disableLpm?: boolean | undefined;
  /** snps,dis_enblslpm_quirk: the PHY never sleeps in L1. */
  readonly disablePhySleep?: boolean | undefined;
  /** snps,is-utmi-l1-suspend: UTMI's L1 signal is used. */
  readonly utmiL1Suspend?: boolean | undefined;
  /** snps,hird-threshold, 0 to 15; 12 unless given. */
  readonly hirdThreshold?: number | undefined;
  /** snps,dis_u2_susphy_quirk: the USB 2 PHY never sleeps. */
  readonly disablePhy2Suspend?: boolean | undefined;
  /** snps,dis_u3_susphy_quirk: the USB 3 PHY never sleeps. */
  readonly disablePhy3Suspend?: boolean | undefined;
}

/** Default of snps,hird-threshold (dwc3_get_properties). */
export const DEFAULT_HIRD_THRESHOLD = 12;
