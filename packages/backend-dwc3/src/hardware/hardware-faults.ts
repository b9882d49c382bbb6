import type { BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import type { Dwc3Hardware } from './dwc3-hardware.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';

/** Stands between the host and the core while something is to go wrong there. */
export interface HardwareFaults {
  /** In place of {@link Dwc3Hardware.exchange}, which it calls for what goes well. */
  serve(hardware: Dwc3Hardware, endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake;
}
