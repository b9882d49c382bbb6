/**
 * Whether a controller's driver sets usb_gadget.sg_supported. FunctionFS requires it for DMABUFs (ffs_dmabuf_attach),
 * and user space cannot see it. A string is the condition under which the driver sets it. Keys are names of the driver
 * or of its gadget, whichever `UdcEntry.driver` finds. Read in drivers/usb of Linux 6.12.117, in the files that the
 * comments name.
 *
 * dummy_udc is not listed: the kernel's own copies, and the kernel lab runs one that is patched.
 */
export const SCATTER_GATHER: Readonly<Record<string, boolean | string>> = {
  'dwc3-gadget': true, // dwc3/gadget.c
  'cdnsp-gadget': true, // cdns3/cdnsp-gadget.c
  'usbhs-gadget': true, // gadget/udc/cdns2/cdns2-gadget.c
  ci_hdrc: true, // chipidea/udc.c
  'usb-ss-gadget': 'from version 2 of the controller on', // cdns3/cdns3-gadget.c, DEV_VER_V2
  // dwc2/gadget.c, using_desc_dma. GHWCFG4 of BCM2835 to BCM2711 is 0x1ff00020: no GHWCFG4_DESC_DMA.
  dwc2: 'only with descriptor DMA, which a Raspberry Pi (Zero to 4) lacks',
  'musb-hdrc': false, // nowhere in musb
  mtu3: false, // mtu3/mtu3_gadget.c
  fotg210_udc: false, // fotg210/fotg210-udc.c
  isp1761_udc: false, // isp1760/isp1760-udc.c
  renesas_usbhs_udc: false, // renesas_usbhs/mod_gadget.c
  'usbip-vudc': false, // usbip/vudc_dev.c
  // All others of gadget/udc: bdc says so, the rest never mention it.
  ...Object.fromEntries(
    [
      ...[
        'aspeed-udc',
        'aspeed_vhub',
        'at91_udc',
        'atmel_usba_udc',
        'bcm63xx_udc',
        'bdc',
        'fsl-usb2-udc',
        'fsl_qe_udc',
      ],
      ...[
        'fusb300_udc',
        'goku_udc',
        'gr_udc',
        'lpc32xx_udc',
        'm66592_udc',
        'max3420-udc',
        'mv_u3d',
        'mv_udc',
        'net2272',
      ],
      ...['net2280', 'omap_udc', 'pch_udc', 'pxa25x_udc', 'pxa27x_udc', 'r8a66597_udc', 'renesas_usb3', 'tegra-xudc'],
      ...['udc', 'usbf_renesas', 'xilinx-udc'], // `udc` is snps_udc_core.c
    ].map((name) => [name, false]),
  ),
};

/** The entry of {@link SCATTER_GATHER}; `undefined` where the driver is not listed or the hardware decides. */
export function takesScatterGather(driver: string): boolean | undefined {
  const known = SCATTER_GATHER[driver];
  return typeof known === 'string' ? undefined : known;
}
