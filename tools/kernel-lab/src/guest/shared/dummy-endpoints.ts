import type { EndpointLimits } from '@gadgetloom/udc';

/** Names of the endpoints of dummy_hcd, in its order. Names with two words carry the type that the second one tells. */
const NAMES = [
  ...['ep1in-bulk', 'ep2out-bulk', 'ep5in-int', 'ep6in-bulk', 'ep7out-bulk', 'ep10in-int', 'ep11in-bulk'],
  ...['ep12out-bulk', 'ep15in-int', 'ep1out-bulk', 'ep2in-bulk'],
  ...['ep-aout', 'ep-bin', 'ep-cout', 'ep-dout', 'ep-ein', 'ep-fout', 'ep-gin', 'ep-hout', 'ep-iout', 'ep-jin'],
  ...['ep-kout', 'ep-lin', 'ep-mout'],
];

/** The endpoints of dummy_hcd (drivers/usb/gadget/udc/dummy_hcd.c, ep_info), which sysfs does not tell. */
export const DUMMY_ENDPOINTS: readonly EndpointLimits[] = NAMES.map((name) => ({
  name,
  // The driver sets no limit; 1024 bytes is the most that USB allows.
  maxPacketLimit: 1024,
  capabilities: {
    control: false,
    isochronous: false,
    bulk: !name.endsWith('-int'),
    interrupt: !name.endsWith('-bulk'),
    in: /^ep(\d+|-.)in/.test(name),
    out: /^ep(\d+|-.)out/.test(name),
  },
}));
