import type { EndpointLimits } from '@gadgetloom/udc';

/**
 * Largest value of 16 bits (usb_ep_set_maxpacket_limit with ~0): the controller checks the packet size when enabling.
 */
const NO_PACKET_LIMIT = 0xffff;

/**
 * Name, transfer types (b bulk, i interrupt) and direction, in the order in which endpoints are claimed: the table
 * `ep_info` of dummy_hcd.c. A number in the name fixes the address; `ep-...` takes the next free one.
 */
const table = [
  ['ep1in-bulk', 'b', 'in'],
  ['ep2out-bulk', 'b', 'out'],
  ['ep5in-int', 'i', 'in'],
  ['ep6in-bulk', 'b', 'in'],
  ['ep7out-bulk', 'b', 'out'],
  ['ep10in-int', 'i', 'in'],
  ['ep11in-bulk', 'b', 'in'],
  ['ep12out-bulk', 'b', 'out'],
  ['ep15in-int', 'i', 'in'],
  ['ep1out-bulk', 'b', 'out'],
  ['ep2in-bulk', 'b', 'in'],
  ['ep-aout', 'bi', 'out'],
  ['ep-bin', 'bi', 'in'],
  ['ep-cout', 'bi', 'out'],
  ['ep-dout', 'bi', 'out'],
  ['ep-ein', 'bi', 'in'],
  ['ep-fout', 'bi', 'out'],
  ['ep-gin', 'bi', 'in'],
  ['ep-hout', 'bi', 'out'],
  ['ep-iout', 'bi', 'out'],
  ['ep-jin', 'bi', 'in'],
  ['ep-kout', 'bi', 'out'],
  ['ep-lin', 'bi', 'in'],
  ['ep-mout', 'bi', 'out'],
] as const;

/**
 * The data endpoints of dummy_hcd: bulk and interrupt, no isochronous ones. {@link MockController} has them by default.
 */
export const DUMMY_ENDPOINTS: readonly EndpointLimits[] = table.map(([name, types, direction]) => ({
  name,
  maxPacketLimit: NO_PACKET_LIMIT,
  capabilities: {
    control: false,
    isochronous: false,
    bulk: types.includes('b'),
    interrupt: types.includes('i'),
    in: direction === 'in',
    out: direction === 'out',
  },
}));
